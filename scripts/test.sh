#!/bin/sh
# `npm test` begins here, under whatever Node the host has: it brings the project's own Node and packages, then runs scripts/test.ts.
# It says what it installs before it does. The options are read here, before anything is installed.
set -eu

stages='format lint types dist unit kernel fib interop lab'

usage() {
  cat <<EOF
npm test [-- [--no-install] [--stage NAME]...]

  --no-install   install nothing; tests that lack a tool skip and say so
  --stage NAME   run this stage only; may be given several times: $stages
  --help         print this
EOF
}

refuse() {
  echo "npm test: $1" >&2
  exit 2
}

root=$(CDPATH='' cd "$(dirname "$0")/.." && pwd -P)
cd "$root"

may_install=yes
expects_stage=no
for arg in "$@"; do
  if [ "$expects_stage" = yes ]; then
    case " $stages " in
      *" $arg "*) expects_stage=no ;;
      *) refuse "--stage $arg: choose from $stages" ;;
    esac
    continue
  fi
  case $arg in
    --no-install) may_install=no ;;
    --stage) expects_stage=yes ;;
    -h | --help)
      usage
      exit 0
      ;;
    *) refuse "unknown option $arg: use --no-install, --stage NAME or --help" ;;
  esac
done
[ "$expects_stage" = no ] || refuse "--stage needs a name: choose from $stages"

fail() {
  echo "npm test: $1" >&2
  exit 1
}

if ! scripts/install-node-modules.sh --check; then
  missing='node_modules is missing or not what package-lock.json asks for'
  [ "$may_install" = yes ] || fail "$missing and --no-install forbids installing: run 'npm ci'"
  echo "== install: npm packages ($missing)"
  # In the background, so that a signal to this script alone reaches the installation, which ends npm before it ends.
  trap 'kill -TERM "$!" 2>/dev/null; wait "$!"; exit 130' INT TERM HUP
  scripts/install-node-modules.sh --loglevel=error &
  wait "$!" || fail "'npm ci' failed"
  trap - INT TERM HUP
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
# One kubectl for all; without it the tests take one that is on PATH, or skip and say so.
[ "$may_install" = no ] || node scripts/install-kubectl.ts || true

exec node scripts/test.ts "$@"
