#!/bin/sh
# `npm test` begins here, under whatever Node the host has: it brings the project's own Node and packages, then runs scripts/test.ts.
# It says what it installs before it does. --no-install forbids installing; the other options are those of scripts/test.ts.
set -eu

root=$(CDPATH='' cd "$(dirname "$0")/.." && pwd -P)
cd "$root"

may_install=yes
for arg in "$@"; do
  case $arg in
    --no-install) may_install=no ;;
  esac
done

fail() {
  echo "npm test: $1" >&2
  exit 1
}

# npm writes node_modules/.package-lock.json last, so it is older than the lock file exactly when the lock file changed since.
missing=
if [ ! -f node_modules/.package-lock.json ]; then
  missing='node_modules is missing'
elif [ package-lock.json -nt node_modules/.package-lock.json ]; then
  missing='package-lock.json is newer than node_modules'
fi
if [ -n "$missing" ]; then
  [ "$may_install" = yes ] || fail "$missing and --no-install forbids installing: run 'npm ci'"
  command -v npm >/dev/null || fail "$missing and npm is not installed: install npm"
  echo "== install: npm packages ($missing)"
  npm ci --include=dev --include=optional --loglevel=error || fail "'npm ci' failed"
fi

# npm 9, which is Debian 12's, takes the link to the binary away again together with the Node package of the other architecture.
if [ ! -e node_modules/.bin/node ]; then
  for binary in node_modules/node-linux-*/bin/node; do
    if [ -x "$binary" ]; then ln -sf "../${binary#node_modules/}" node_modules/.bin/node; fi
  done
fi

PATH=$root/node_modules/.bin:$PATH
export PATH
version=$(node --version 2>/dev/null) || fail "no Node found: node_modules/.bin/node is missing and so is the host's"
major=${version#v}
[ "${major%%.*}" -ge 24 ] || fail "needs Node 24 or newer, found $version: is there a node-linux package for this machine?"

# Real routers and tools for the kernel, interop and lab suites; the lab knows which packages and says what it installs.
if [ "$may_install" = yes ] && [ -x frr-lab/lab ]; then
  echo '== install: Debian packages'
  frr-lab/lab install || fail "packages for the lab are missing (above); 'npm test -- --no-install' runs without them and skips what needs them"
fi

exec node scripts/test.ts "$@"
