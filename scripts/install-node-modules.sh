#!/bin/sh
# Makes node_modules what package-lock.json asks for; does nothing when it is. One installation at a time: a second waits. A signal ends
# npm before this script ends, and what was made by half counts for nothing: it is made anew. Used by `npm test` and by the lab, under
# whatever shell and npm the host has. With --check only the exit code says whether there is something to do.
set -eu

root=$(CDPATH='' cd "$(dirname "$0")/.." && pwd -P)
cd "$root"

is_fresh() {
  [ -x node_modules/.bin/node ] && node_modules/.bin/node frr-lab/lock-check.ts "$root" >/dev/null 2>&1
}

# npm has a process group of its own, with whatever it starts.
end_npm() {
  trap '' INT TERM HUP
  if [ -n "${!:-}" ]; then
    kill -TERM "-$!" 2>/dev/null || true
    wait "$!" || true
    kill -KILL "-$!" 2>/dev/null || true
  fi
  echo 'npm ci was interrupted' >&2
  exit "$1"
}

if [ "${1:-}" = --check ]; then
  is_fresh
  exit
fi
command -v npm >/dev/null || { echo 'npm is not installed: install npm' >&2; exit 1; }

# A directory can be locked too, and leaves no lock file behind. npm inherits the lock: an orphan of a killed call keeps it.
exec 8<"$root"
if ! flock -n 8; then
  echo 'another installation of node_modules is running here; waiting for it'
  flock 8
fi
! is_fresh || exit 0

# npm writes this file last; without it nobody takes a half-made node_modules for a whole one.
rm -f node_modules/.package-lock.json
[ ! -d node_modules ] || find node_modules/ -mindepth 1 -delete

trap 'end_npm 130' INT
trap 'end_npm 143' TERM
trap 'end_npm 129' HUP
setsid npm ci --include=dev --include=optional --no-audit --no-fund "$@" </dev/null &
wait "$!"

# npm 9, which is Debian 12's, takes the link to the binary away again together with the Node package of the other architecture.
if [ ! -e node_modules/.bin/node ]; then
  for binary in node_modules/node-linux-*/bin/node; do
    if [ -x "$binary" ]; then ln -sf "../${binary#node_modules/}" node_modules/.bin/node; fi
  done
fi
is_fresh || { echo "npm ci ran, but $root/node_modules/.bin/node does not start: is this machine x64 or arm64?" >&2; exit 1; }
