// The state file between one process and the next: what counts as a restart, and what does not.

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { readHabitat, StateFile, type RunEnd } from '#daemon/state-file.ts';

const habitat = { bootId: 'boot-1', networkNamespace: 'net:[1]' };

function inFolder(implementation: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'waggle-state-'));
  try {
    implementation(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function leave(folder: string, end: RunEnd): void {
  if (new StateFile(folder, 0, habitat).write(end) !== undefined) throw new Error('not written');
}

test('without a file it is a first start', (t) => {
  inFolder((folder) => {
    const past = new StateFile(folder, 0, habitat).read();
    t.deepEqual(past, { isRestarting: false, reason: 'the first start here', problem: undefined });
    t.false(existsSync(join(folder, 'process.json')));
  });
});

test('after a process of the same boot it is a restart, whether that was killed or stopped for one', (t) => {
  for (const [end, words] of [
    ['running', /started at 1970-01-01T00:00:00.000Z, ended without a word/],
    ['restart', /ended for a restart/],
  ] as const) {
    inFolder((folder) => {
      leave(folder, end);
      const past = new StateFile(folder, 1000, habitat).read();
      t.true(past.isRestarting);
      t.regex(past.reason, words);
    });
  }
});

test('after a reboot, in another network namespace, and after a last stop it is none', (t) => {
  inFolder((folder) => {
    leave(folder, 'running');
    t.like(new StateFile(folder, 0, { ...habitat, bootId: 'boot-2' }).read(), {
      isRestarting: false,
      reason: 'the machine was started since',
      problem: undefined,
    });
    t.false(new StateFile(folder, 0, { ...habitat, networkNamespace: 'net:[2]' }).read().isRestarting);
    leave(folder, 'final');
    t.false(new StateFile(folder, 0, habitat).read().isRestarting);
  });
});

test('what cannot be understood is told, counts as a first start, and is replaced', (t) => {
  const whole = (folder: string): string => {
    leave(folder, 'restart');
    return readFileSync(join(folder, 'process.json'), 'utf8');
  };
  inFolder((folder) => {
    const text = whole(folder);
    const broken = [
      '',
      '{',
      'null',
      '[]',
      '{}',
      text.slice(0, text.length / 2),
      text.replace('"formatVersion": 1', '"formatVersion": 2'),
      text.replace('"restart"', '"resting"'),
      text.replace(/"startedAt": "[^"]*"/, '"startedAt": "yesterday"'),
      text.replace('"boot-1"', '17'),
    ];
    for (const content of broken) {
      writeFileSync(join(folder, 'process.json'), content);
      const state = new StateFile(folder, 0, habitat);
      const past = state.read();
      t.false(past.isRestarting, content);
      t.regex(past.problem ?? '', /process\.json (is damaged|has format version)/, content);
      t.is(state.write('running'), undefined);
      t.true(new StateFile(folder, 0, habitat).read().isRestarting);
    }
  });
});

test('a file that cannot be read or written is one line each', (t) => {
  const past = new StateFile('/proc/version', 0, habitat).read();
  t.false(past.isRestarting);
  t.regex(past.problem ?? '', /cannot be read: ENOTDIR/);
  t.regex(
    new StateFile('/proc/version', 0, habitat).write('running') ?? '',
    /cannot be written: .*next start will not be taken for a restart/,
  );
});

test('the file is for the daemon and its group alone, and a write leaves nothing else behind', (t) => {
  inFolder((folder) => {
    leave(folder, 'running');
    t.is(statSync(join(folder, 'process.json')).mode & 0o007, 0);
    t.false(existsSync(join(folder, 'process.json.next')));
  });
});

test('this machine has a boot id and a network namespace', (t) => {
  const { bootId, networkNamespace } = readHabitat();
  t.regex(bootId, /^[0-9a-f-]{36}$/);
  t.regex(networkNamespace, /^net:\[\d+\]$/);
});
