# Installs what the lab needs and starts nothing: Debian packages, a Node and npm to bootstrap with, the npm packages of the
# lock file. Sourced by `lab`. Says what it installs before it does; when nothing is missing it costs a few dozen milliseconds.

# Every package with the reason why it is here. node-modules needs its own C++ runtime, which a bare system lacks.
packages_wanted=(
  frr             # the reference router: zebra, bgpd, vtysh
  bird2           # peers of the zoo
  gobgpd
  exabgp
  openbgpd
  tshark          # lab capture, and the tests that let a third party read our messages
  iproute2        # links, addresses, routes
  iputils-ping    # traffic checks
  netcat-openbsd
  libstdc++6      # the project's Node
  ca-certificates # npm
)

policy_file=/usr/sbin/policy-rc.d
policy_saved=/usr/sbin/policy-rc.d.before-waggle-lab
lock_target=/var/lib/dpkg # a directory can be locked too, and then there is no lock file to leave behind
units_before=/var/lib/waggle-lab-units-before
install_log=$lab_dir/.run/install.log
npm_log=$lab_dir/.run/npm.log
units_installed=(/lib/systemd/system /usr/lib/systemd/system)
units_enabled=/etc/systemd/system
init_scripts=/etc/init.d
policy_mark='# written by waggle lab for the length of one installation'

fail() {
  local code=$1
  shift
  printf 'lab: %s\n' "$*" >&2
  exit "$code"
}

# Runs a long step with its output in a log, and shows every few seconds how far it has come. The step has a session of its own:
# Ctrl-C reaches this script, which then ends the step and waits for it.
run_logged() {
  local log=$1 step ticks=0
  shift
  trap 'interrupted 130' INT
  trap 'interrupted 143' TERM
  trap 'interrupted 129' HUP
  setsid "$@" >>"$log" 2>&1 </dev/null &
  step=$!
  while kill -0 "$step" 2>/dev/null; do
    sleep 0.5
    ticks=$((ticks + 1))
    [ $((ticks % 20)) -ne 0 ] || say "    $((ticks / 2)) s: $(tail -n 1 "$log" | cut -c 1-100)"
  done
  trap - INT TERM HUP
  wait "$step"
}

# The step's first process is asked to end: apt-get then lets dpkg finish the package at hand, and npm's script ends npm.
# What is still there after a while is ended for good.
interrupted() {
  trap '' INT TERM HUP
  say "interrupted; ending the installation" >&2
  local step=${!:-} ticks=0
  if [ -n "$step" ]; then
    kill -TERM "$step" 2>/dev/null || true
    while kill -0 "$step" 2>/dev/null && [ "$ticks" -lt 60 ]; do
      sleep 0.5
      ticks=$((ticks + 1))
    done
    kill -KILL "-$step" 2>/dev/null || true
    wait "$step" 2>/dev/null || true
  fi
  say "nothing is running any more; the same command again goes on from here" >&2
  exit "$1"
}

say() { printf 'lab: %s\n' "$*"; }

install_all() {
  local repo=$1 may_install=$2
  local missing
  tidy_after_killed_install
  missing=$(missing_packages)
  node_modules_fresh "$repo" || have_npm || missing="$missing nodejs npm"
  missing=$(echo $missing)
  if [ -n "$missing" ]; then
    [ "$may_install" = yes ] || fail 1 "missing Debian packages: $missing (--no-install forbids installing them)"
    command -v apt-get >/dev/null || fail 1 "missing packages: $missing, and there is no apt-get here to install them with"
    [ "$(id -u)" = 0 ] || fail 1 "missing Debian packages: $missing; run this once as root"
    install_packages $missing
  fi
  if ! node_modules_fresh "$repo"; then
    [ "$may_install" = yes ] || fail 1 "node_modules is missing or older than package-lock.json (--no-install forbids npm ci)"
    install_node_modules "$repo"
  fi
  # Labs go up without it; what needs kubectl then takes one that is on PATH.
  [ "$may_install" = no ] || "$repo/node_modules/.bin/node" "$repo/scripts/install-kubectl.ts" || true
}

missing_packages() {
  local package status
  for package in "${packages_wanted[@]}"; do
    status=$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) || status=
    [ "${status:0:2}" = ii ] || printf '%s ' "$package"
  done
}

have_npm() { command -v npm >/dev/null && command -v node >/dev/null; }

# Fresh: the project's Node runs, and what npm says it installed is what the lock file asks for.
node_modules_fresh() { "$1/scripts/install-node-modules.sh" --check; }

install_node_modules() {
  say "installing the npm packages of package-lock.json (log: $npm_log)"
  mkdir -p "${npm_log%/*}"
  : >"$npm_log"
  if ! run_logged "$npm_log" "$1/scripts/install-node-modules.sh" --loglevel=http; then
    tail -n 12 "$npm_log" >&2
    fail 1 "npm ci failed; its last lines are above"
  fi
}

# One installation at a time; a policy-rc.d of our own for the length of the call, and what was there before put back.
# What was there before is on disk, so that a later call can finish what a killed one began. apt-get inherits the lock: as
# long as an orphan of a killed call still runs, nobody puts the policy back under its feet.
install_packages() {
  exec 9<"$lock_target"
  if ! flock -n 9; then
    say "another installation is running; waiting for it"
    flock 9
  fi
  end_installation
  say "installing Debian packages: $* (log: $install_log)"
  remember_units
  forbid_starts
  trap end_installation EXIT
  if ! run_apt "$@"; then
    tail -n 15 "$install_log" >&2
    fail 1 "apt-get could not install: $* (whole log: $install_log)"
  fi
  end_installation
  trap - EXIT
  exec 9>&-
}

# The units of before the first call of several that were interrupted. Whole or not at all: what it lacks would be disabled.
remember_units() {
  [ ! -e "$units_before" ] || return 0
  list_units >"$units_before.new"
  mv "$units_before.new" "$units_before"
}

# Puts the policy back and disables the units that the installation enabled. While packages are half installed, their units are there
# but not yet enabled; then the list of what was there before is kept for the next call. Call it with the lock held.
end_installation() {
  restore_policy
  [ -e "$units_before" ] || return 0
  disable_new_units
  if [ -z "$(dpkg --audit)" ]; then rm -f "$units_before"; fi
}

# For every command: did a killed installation leave something to finish? If one is still running, it is left alone.
tidy_after_killed_install() {
  [ -e "$units_before" ] && [ "$(id -u)" = 0 ] || return 0
  exec 9<"$lock_target"
  if flock -n 9; then end_installation; fi
  exec 9>&-
}

run_apt() {
  # DPkg::Use-Pty=0 keeps the log readable. Conffiles of the user's are kept.
  local apt=(apt-get -y -q --no-install-recommends -o DPkg::Use-Pty=0 -o DPkg::Lock::Timeout=300
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold)
  export DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true
  mkdir -p "${install_log%/*}"
  : >"$install_log"
  say "  reading package lists"
  run_logged "$install_log" apt-get -q update || say "  apt-get update failed; trying with the lists that are here"
  # apt-get refuses to go on after a dpkg that was killed half-way.
  [ -z "$(dpkg --audit)" ] || run_logged "$install_log" dpkg --configure -a || true
  say "  downloading and unpacking$(download_size "$@")"
  run_logged "$install_log" "${apt[@]}" install "$@"
}

# What apt-get would say before it asks; nothing if it cannot tell.
download_size() {
  LC_ALL=C apt-get --assume-no --no-install-recommends install "$@" 2>/dev/null |
    sed -n 's/^Need to get \(.*\) of archives\.$/: \1/p' || true
}

forbid_starts() {
  if [ -e "$policy_file" ]; then mv "$policy_file" "$policy_saved"; fi
  printf '#!/bin/sh\n%s\nexit 101\n' "$policy_mark" >"$policy_file.new"
  chmod 755 "$policy_file.new"
  mv "$policy_file.new" "$policy_file"
}

restore_policy() {
  if [ -e "$policy_file" ] && grep -qF "$policy_mark" "$policy_file"; then rm -f "$policy_file"; fi
  if [ -e "$policy_saved" ] && [ ! -e "$policy_file" ]; then mv "$policy_saved" "$policy_file"; fi
}

# Unit files and, for a system without systemd, init scripts; one a line.
list_units() {
  {
    find "${units_installed[@]}" -maxdepth 1 -name '*.*' -printf '%f\n' 2>/dev/null || true
    find "$init_scripts" -maxdepth 1 -type f -printf 'init.d/%f\n' 2>/dev/null || true
  } | sort -u
}

# A daemon that only the lab wants must not start at the next boot either. What a unit is, its links say, whatever they are called:
# getty@tty1.service is a link to getty@.service.
disable_new_units() {
  local unit new link
  new=$(list_units | comm -13 "$units_before" -)
  for unit in $new; do
    case $unit in
      init.d/*) if command -v update-rc.d >/dev/null; then update-rc.d "${unit#init.d/}" disable >/dev/null 2>&1 || true; fi ;;
    esac
  done
  while read -r link; do
    unit=$(readlink "$link")
    unit=${unit##*/}
    grep -qxF -- "$unit" <<<"$new" || continue
    say "  leaving ${link##*/} disabled"
    if command -v systemctl >/dev/null; then systemctl disable "${link##*/}" >/dev/null 2>&1 || true; fi
    rm -f "$link"
  done < <(find "$units_enabled" -type l 2>/dev/null | sort)
}
