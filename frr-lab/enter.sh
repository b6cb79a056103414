# `lab exec` and `lab shell`: enters every namespace of a node and becomes the command, so that the terminal, signals, the
# exit code and open descriptors are the command's own. Sourced by `lab`; Node is not involved.

# As in paths.ts: tests keep their labs in a space of their own.
space_suffix=${WAGGLE_LAB_SPACE:+-$WAGGLE_LAB_SPACE}
run_root=/run/waggle-lab$space_suffix

# The topology that is meant: the one given by -t, or the only one that is up, or the only one with a node of that name.
# Arguments: topology or nothing, node.
chosen_topology() {
  if [ -n "$1" ]; then
    [ -d "$run_root/$1" ] || fail 1 "lab $1 is not up"
    printf '%s' "$1"
    return
  fi
  local found=()
  local path
  for path in "$run_root"/*/; do
    if [ -d "$path" ]; then found+=("$(basename "$path")"); fi
  done
  case ${#found[@]} in
    0) fail 1 "no lab is up; start one with: lab up" ;;
    1) printf '%s' "${found[0]}" ;;
    *) only_lab_with "$2" "${found[@]}" ;;
  esac
}

only_lab_with() {
  local name=$1 having=() lab
  shift
  for lab in "$@"; do
    if [ -e "$run_root/$lab/$name/net" ]; then having+=("$lab"); fi
  done
  [ ${#having[@]} -eq 1 ] || fail 2 "more than one lab is up ($*), and $name is in ${having[*]:-none of them}; say which with -t"
  printf '%s' "${having[0]}"
}

# In a chroot a node's mount namespace is entered at the root of what is outside: its programs would be another system's.
# So the mount that is our root has to be the one that is entered.
refuse_chroot() {
  [ "$(id -u)" = 0 ] || return 0
  local ours entered
  [ -r /proc/self/mountinfo ] || fail 1 "/proc is not mounted"
  ours=$(root_mount </proc/self/mountinfo)
  entered=$(nsenter --mount=/proc/self/ns/mnt cat /proc/self/mountinfo 2>/dev/null | root_mount) || entered=$ours
  if [ -z "$ours" ] || [ "$ours" != "$entered" ]; then
    fail 1 "this is a chroot, out of which nodes would fall; what works: pivot_root (as in test/lab/bare-root.sh), systemd-nspawn, a container"
  fi
}

# The id of the mount at /, the uppermost if there are several; nothing where / is no mount point.
root_mount() {
  local id place found=
  while read -r id _ _ _ place _; do
    if [ "$place" = / ]; then found=$id; fi
  done
  printf '%s' "$found"
}

# Arguments: topology, node, command…
enter_node() {
  local topology=$1 name=$2
  shift 2
  local node=$run_root/$topology/$name
  [ "$(id -u)" = 0 ] || fail 1 "entering a node needs root"
  if ! nsenter "--net=$node/net" "--mount=$node/mnt" true 2>/dev/null; then
    fail 1 "lab $topology has no node $name; there are: $(cd "$run_root/$topology" && echo */ | tr -d /)"
  fi
  local directory=$PWD
  case $directory in /run | /run/* | /var/lib | /var/lib/*) directory=/ ;; esac
  export PATH="$repo_dir/bin:$repo_dir/node_modules/.bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
  export WAGGLE_LAB=$topology$space_suffix NODE_NAME=$name
  # As in run.ts: kubectl works as the administrator, and what it keeps goes with the node.
  if [ "$name" = mgmt ]; then
    export KUBECONFIG=/var/lib/waggle/apiserver/admin.kubeconfig KUBECACHEDIR=/run/lab/kubectl
  fi
  exec nsenter "--net=$node/net" "--uts=$node/uts" "--mount=$node/mnt" "--wdns=$directory" -- "$@"
}
