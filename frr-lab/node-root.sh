#!/bin/sh
# Runs once inside the new namespaces of a lab node, before anything else: gives it a name, a /run of its own, an empty-looking
# /var/lib for what daemons write there, and the folders listed in the mounts file ("bind SOURCE TARGET", one a line).
# Arguments: name, mounts file. Nothing it does is seen outside: the mount namespace is private.
set -eu
name=$1
mounts=$2

hostname "$name" 2>/dev/null || echo "$name" >/proc/sys/kernel/hostname

# The host's view of other nodes would keep their namespaces alive as long as ours lives.
for place in /run/waggle-lab*; do
  for lab in "$place"/*; do umount -R -l "$lab" 2>/dev/null || true; done
done
for file in /run/netns/waggle-*; do
  [ ! -e "$file" ] || umount -l "$file" 2>/dev/null || true
done

mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lab /run/lock /run/netns
chmod 1777 /run/lock

# sysfs shows the network of the namespace in which it is mounted; the control groups stay where they were.
if [ -d /sys/fs/cgroup ]; then
  mkdir /run/lab/cgroup
  mount --rbind /sys/fs/cgroup /run/lab/cgroup
fi
mount -t sysfs sysfs /sys
if [ -d /run/lab/cgroup ]; then mount --rbind /run/lab/cgroup /sys/fs/cgroup; fi

# Daemons keep state in /var/lib/<name>, which may not exist on the host. A fresh /var/lib with links to what was there
# lets them make their own directory without leaving one behind.
mkdir /run/lab/var-lib
mount --rbind /var/lib /run/lab/var-lib
mount -t tmpfs -o mode=755 tmpfs /var/lib
for entry in /run/lab/var-lib/*; do
  case ${entry##*/} in waggle | frr | gobgp) continue ;; esac
  ln -s "$entry" "/var/lib/${entry##*/}"
done

while read -r verb source target; do
  case $verb in
    dir) mkdir -p "$target"; chown "$source" "$target" ;;
    bind)
      # Only under directories that are the node's own may a target be made: elsewhere it would stay behind on the host.
      case $target in
        /run/* | /var/lib/*) if [ -d "$source" ]; then mkdir -p "$target"; else : >"$target"; fi ;;
      esac
      mount --bind "$source" "$target"
      ;;
    *) echo "unknown line in $mounts: $verb" >&2; exit 1 ;;
  esac
done <"$mounts"
