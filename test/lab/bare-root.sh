#!/bin/sh
# Proves the promise of the two commands on a machine that has nothing: makes a bare Debian root file system (debootstrap,
# variant minbase), puts a clone of this checkout's HEAD in it and runs `frr-lab/lab up`, twice, then `down` there, in mount and process
# namespaces of its own. Needs root, debootstrap and the network; takes a few minutes, so it is not part of `npm test`.
# Usage: bare-root.sh [DIRECTORY [COMMAND...]]; the directory is reused if it holds a root file system, and is left there.
set -eu

repo=$(CDPATH='' cd "$(dirname "$0")/../.." && pwd -P)
base=${1:-/tmp/waggle-bare}
[ $# -eq 0 ] || shift
suite=${SUITE:-bookworm}
mirror=${MIRROR:-}
root=$base/root

if [ ! -x "$root/bin/sh" ]; then
  mkdir -p "$base"
  debootstrap --variant=minbase "$suite" "$root" ${mirror:+"$mirror"}
fi
rm -rf "$root/srv/waggle"
git clone -q --no-hardlinks "$repo" "$root/srv/waggle"
cp /etc/resolv.conf "$root/etc/resolv.conf"
# Where this machine reaches its package registry by settings of its own, the bare one needs them too.
registry=$(npm config get registry 2>/dev/null || true)
authorities=$(npm config get cafile 2>/dev/null || true)
: >"$root/root/.npmrc"
[ -z "$registry" ] || printf 'registry=%s\n' "$registry" >>"$root/root/.npmrc"
if [ -f "$authorities" ]; then
  cp "$authorities" "$root/root/authorities.pem"
  echo 'cafile=/root/authorities.pem' >>"$root/root/.npmrc"
fi

cat >"$base/inside.sh" <<'INSIDE'
set -eu
mount --make-rprivate /
mount --bind "$1" "$1"
cd "$1"
mkdir -p old
mount --rbind /dev dev
mount -t proc proc proc
mount -t sysfs sysfs sys
pivot_root . old
umount -l /old
shift
cd /srv/waggle
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
unset NODE_PATH
exec "$@"
INSIDE

if [ $# -eq 0 ]; then
  set -- bash -ec 'time ./frr-lab/lab up; time ./frr-lab/lab up; ./frr-lab/lab down
    test ! -e /run/waggle-lab; test ! -e /usr/sbin/policy-rc.d; find /etc/systemd/system -path "*.wants/*" | grep -E "frr|bird|bgp" && exit 1; true'
fi
# A process namespace of its own: whatever would be left running ends with it.
exec unshare --mount --pid --fork --uts sh "$base/inside.sh" "$root" "$@"
