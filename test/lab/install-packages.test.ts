// The installation of Debian packages, interrupted and repeated, with an apt-get, dpkg and systemctl of ours in a directory of their own:
// which units are enabled at the end.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const installScript = fileURLToPath(new URL('../../frr-lab/install.sh', import.meta.url));

/** Unpacks units, takes as long as it is told to, configures: that is what enables them. */
const aptGet = `#!/bin/bash
case " $* " in *" install "*) ;; *) exit 0 ;; esac
case " $* " in *" --assume-no "*) echo 'Need to get 5 MB of archives.'; exit 1 ;; esac
touch "$place/units/new.service" "$place/units/getty@.service" "$place/units/remote.target" "$place/half"
sleep "$patience"
ln -s "$place/units/new.service" "$place/enabled/multi-user.target.wants/new.service"
ln -s "$place/units/getty@.service" "$place/enabled/multi-user.target.wants/getty@tty1.service"
ln -s "$place/units/remote.target" "$place/enabled/multi-user.target.wants/remote.target"
rm "$place/half"
`;
const dpkg = `#!/bin/bash
if [ "$1" = --audit ] && [ -e "$place/half" ]; then echo 'new: not configured'; fi
`;

function makePlace(): string {
  const place = mkdtempSync(join(tmpdir(), 'waggle-packages-'));
  for (const path of ['bin', 'units', 'enabled/multi-user.target.wants', 'lab/.run']) {
    mkdirSync(join(place, path), { recursive: true });
  }
  for (const [name, text] of [
    ['apt-get', aptGet],
    ['dpkg', dpkg],
    ['systemctl', '#!/bin/sh\n'],
  ]) {
    writeFileSync(join(place, 'bin', name), text);
    chmodSync(join(place, 'bin', name), 0o755);
  }
  writeFileSync(join(place, 'units/old.service'), '');
  symlinkSync(join(place, 'units/old.service'), join(place, 'enabled/multi-user.target.wants/old.service'));
  return place;
}

const script = `set -euo pipefail
lab_dir=$place/lab
. "$1"
policy_file=$place/policy-rc.d policy_saved=$place/policy-rc.d.saved lock_target=$place units_before=$place/before
units_installed=("$place/units") units_enabled=$place/enabled init_scripts=$place/init.d
install_packages new`;

function startInstall(place: string, patience: number): { readonly ended: Promise<readonly unknown[]>; end(): void } {
  const environment = {
    ...process.env,
    PATH: `${join(place, 'bin')}:${process.env['PATH'] ?? ''}`,
    place,
    patience: String(patience),
  };
  const child = spawn('bash', ['-c', script, 'bash', installScript], { env: environment, stdio: 'ignore' });
  return { ended: once(child, 'close'), end: () => child.kill('SIGINT') };
}

function listEnabled(place: string): readonly string[] {
  return readdirSync(join(place, 'enabled/multi-user.target.wants')).toSorted();
}

test('units that were not there before are disabled, by whatever name they are enabled', async (t) => {
  const place = makePlace();
  writeFileSync(join(place, 'policy-rc.d'), "somebody's own\n");
  t.deepEqual(await startInstall(place, 0).ended, [0, null]);
  t.deepEqual(listEnabled(place), ['old.service']);
  t.false(existsSync(join(place, 'before')));
  t.deepEqual(
    readdirSync(place).filter((name) => name.startsWith('policy')),
    ['policy-rc.d'],
  );
  rmSync(place, { recursive: true });
});

test('an interrupted installation leaves no policy, and the next one still knows which units are new', async (t) => {
  const place = makePlace();
  const first = startInstall(place, 600);
  while (!existsSync(join(place, 'half'))) await sleep(20);
  t.true(existsSync(join(place, 'policy-rc.d')), 'while it runs, nothing may be started');
  first.end();
  t.deepEqual(await first.ended, [130, null]);
  t.false(existsSync(join(place, 'policy-rc.d')));
  t.true(existsSync(join(place, 'before')), 'half installed: what was there before is still known');
  t.deepEqual(await startInstall(place, 0).ended, [0, null]);
  t.deepEqual(listEnabled(place), ['old.service']);
  t.false(existsSync(join(place, 'before')));
  rmSync(place, { recursive: true });
});
