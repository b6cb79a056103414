// A lab in a chroot would run the outer system's programs: it is refused before anything is made. Mounts stay in a namespace of ours.
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { labPath } from './lab-tool.ts';
import { run } from '#lab/run.ts';
import { needs, root } from '../support/skip.ts';

const checkout = dirname(dirname(labPath));

/** Runs `lab up` with another root, which the script makes at $1; $3 is the checkout. */
async function upWithin(t: ExecutionContext, makeRoot: string): Promise<void> {
  const place = mkdtempSync(join(tmpdir(), 'waggle-chroot-'));
  const script = `set -e; ${makeRoot}; exec chroot "$1/root" "$2" --no-install up atlantis`;
  const { code, stdout, stderr } = await run([
    'unshare',
    '--mount',
    'sh',
    '-c',
    script,
    'sh',
    place,
    labPath,
    checkout,
  ]);
  rmdirSync(place);
  t.is(code, 1, stderr);
  t.regex(`${stdout}${stderr}`, /^lab: this is a chroot[^\n]*pivot_root[^\n]*\n$/);
}

// Nothing of the host is in the directory but mounts: on top of it lies a tmpfs, which goes with the namespace.
test(
  'a chroot into a plain directory is refused',
  needs([root], async (t) => {
    const makeRoot = `mount -t tmpfs tmpfs "$1"; mkdir "$1/root"
      for entry in /*; do
        if [ -L "$entry" ]; then cp -a "$entry" "$1/root/"
        elif [ -d "$entry" ] && [ "$entry" != /tmp ]; then mkdir "$1/root$entry"; mount --rbind "$entry" "$1/root$entry"; fi
      done
      # The checkout may lie below /tmp.
      mkdir -p "$1/root$3"; mount --rbind "$3" "$1/root$3"`;
    await upWithin(t, makeRoot);
  }),
);

test(
  'a chroot into a mount of its own is refused',
  needs([root], async (t) => {
    await upWithin(t, 'mount -t tmpfs tmpfs "$1"; mkdir "$1/root"; mount --rbind / "$1/root"');
  }),
);

test(
  'a root that was pivoted into is none',
  needs([root], async (t) => {
    const place = mkdtempSync(join(tmpdir(), 'waggle-chroot-'));
    const script = `set -e; mount -t tmpfs tmpfs "$1"; mkdir "$1/root"; mount --rbind / "$1/root"; cd "$1/root"
      pivot_root . mnt; exec "$2" --no-install up atlantis`;
    const { code, stdout, stderr } = await run(['unshare', '--mount', 'sh', '-c', script, 'sh', place, labPath]);
    rmdirSync(place);
    t.is(code, 1);
    t.regex(`${stdout}${stderr}`, /no topology is called atlantis/);
  }),
);
