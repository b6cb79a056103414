// Password files: which bytes are a password, which hold the neighbor down, and that no value is ever said.

import test from 'ava';
import { type Password, readPassword, withPasswords } from '#control/router/passwords.ts';
import { readRouterFile, type RouterSettings } from '#control/router/settings.ts';
import { RouterFileValidator } from '#control/router/validate.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const good: readonly (readonly [content: string, mode: number, password: string])[] = [
  ['hunter2\n', 0o100600, 'hunter2'],
  ['hunter2', 0o100400, 'hunter2'],
  ['two words\r\n', 0o100640, 'two words'],
  [`${'x'.repeat(80)}\n`, 0o100440, 'x'.repeat(80)],
];

for (const [content, mode, password] of good) {
  test(`${JSON.stringify(content.slice(0, 20))} with mode ${(mode & 0o777).toString(8)} is a password`, (t) => {
    t.deepEqual(readPassword('k', bytes(content), mode), { password });
  });
}

const bad: readonly (readonly [title: string, content: Uint8Array, mode: number, reason: string])[] = [
  ['an empty file', bytes(''), 0o600, 'is empty'],
  ['an empty line', bytes('\n'), 0o600, 'is empty'],
  ['two lines', bytes('hunter2\nhunter3\n'), 0o600, 'has more than one line: expected the password alone'],
  ['81 octets', bytes('ä'.repeat(40) + 'x'), 0o600, 'has 81 octets: at most 80 fit'],
  ['no UTF-8', Uint8Array.of(0xff, 0xfe), 0o600, 'is not UTF-8 text'],
  [
    'a file that others read',
    bytes('hunter2'),
    0o644,
    'its mode is 0644, so that others may read or change it: expected 0600 or 0640',
  ],
  [
    'a file that the group writes',
    bytes('hunter2'),
    0o660,
    'its mode is 0660, so that others may read or change it: expected 0600 or 0640',
  ],
];

for (const [title, content, mode, reason] of bad) {
  test(`${title} holds the neighbor down and says why, without the value`, (t) => {
    t.deepEqual(readPassword('keys/a', content, mode), { heldDownReason: `password file keys/a: ${reason}` });
  });
}

function settings(): RouterSettings {
  const reading = readRouterFile(
    `router:
  asn: 65000
  routerId: 198.51.100.1
  neighbors:
    - {address: 192.0.2.1, remoteAsn: 1, passwordFile: a}
    - {address: 192.0.2.2, remoteAsn: 1, passwordFile: b}
    - {address: 192.0.2.3, remoteAsn: 1}
    - {address: 192.0.2.4, remoteAsn: 1, passwordFile: c}
    - {prefix: 10.0.0.0/8, remoteAsn: 1, passwordFile: a}
`,
    new RouterFileValidator(),
  );
  if ('faults' in reading) throw new TypeError(reading.faults.map(({ message }) => message).join('\n'));
  return reading.settings;
}

test('passwords that were read are in their places, and the other neighbors stay down', (t) => {
  const byPath = new Map<string, Password>([
    ['a', { password: 'hunter2' }],
    ['b', { heldDownReason: 'password file b: is empty' }],
  ]);
  const [{ neighbors, dynamicNeighbors }] = withPasswords(settings(), byPath).speaker.instances;
  t.deepEqual(
    neighbors.map(({ password, heldDownReason }) => [password, heldDownReason]),
    [
      ['hunter2', undefined],
      [undefined, 'password file b: is empty'],
      [undefined, undefined],
      [undefined, 'password file c: not read yet'],
    ],
  );
  t.false('heldDownReason' in neighbors[0]);
  t.is(dynamicNeighbors?.[0].neighbor.password, 'hunter2');
});

const unquoted = [
  '*hunter2',
  '!hunter2',
  '!hunter2 x',
  '&hunter2 &hunter2',
  '"hunter2',
  '[hunter2',
  'hunter2: x',
  '%hunter2',
  '{hunter2: 1}',
  '|hunter2',
  '@hunter2',
  '`hunter2',
];

for (const text of unquoted) {
  test(`a password that YAML reads as something else is not shown: ${text}`, (t) => {
    const file = `router:\n  asn: 1\n  routerId: 1.2.3.4\n  neighbors:\n    - address: 192.0.2.1\n      remoteAsn: 2\n      password: ${text}\n`;
    const reading = readRouterFile(file, new RouterFileValidator());
    if ('settings' in reading) {
      t.is(reading.settings.speaker.instances[0].neighbors[0].password, text);
      return;
    }
    t.true(reading.faults.length > 0);
    for (const { message } of reading.faults) t.false(message.includes('hunter2'), message);
  });
}
