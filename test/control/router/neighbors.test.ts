// Neighbors of router.yaml: what each field becomes, what a group gives, and what contradicts what.

import test from 'ava';
import type { NeighborConfig, SpeakerConfig } from '#bgp/config.ts';
import { checkNeighbor } from '#bgp/neighbor-check.ts';
import { formatFault, readRouterFile, type RouterSettings } from '#control/router/settings.ts';
import { RouterFileValidator } from '#control/router/validate.ts';

const validator = new RouterFileValidator();

function file(lines: string): string {
  return `router:\n  asn: 65000\n  routerId: 198.51.100.1\n${lines}`;
}

function faultsOf(text: string): string[] {
  const reading = readRouterFile(text, validator);
  return 'faults' in reading ? reading.faults.map((fault) => formatFault('r', fault)) : [];
}

function settingsOf(text: string): RouterSettings {
  const reading = readRouterFile(text, validator);
  if ('faults' in reading) throw new TypeError(reading.faults.map((fault) => formatFault('r', fault)).join('\n'));
  return reading.settings;
}

function instanceOf(lines: string): SpeakerConfig {
  return settingsOf(file(lines)).speaker.instances[0];
}

function neighborOf(fields: string, more = ''): NeighborConfig {
  return instanceOf(`${more}  neighbors:\n    - { address: 192.0.2.1, ${fields} }\n`).neighbors[0];
}

/** Fields of a neighbor beside its address and remote AS, and what they become. */
const fields: readonly (readonly [fields: string, expected: Partial<NeighborConfig>])[] = [
  ['interface: eth0', { interfaceName: 'eth0' }],
  ['password: "pa ss"', { password: 'pa ss' }],
  ['ttlSecurity: true', { gtsmHops: 1, ttl: undefined }],
  ['ttlSecurity: 5', { gtsmHops: 5 }],
  ['multihop: 5', { ttl: 5 }],
  ['localAsn: 64999', { localAs: { asn: 64_999, isNoPrepend: false, isReplaceAs: false } }],
  [
    'localAsn: {asn: 64999, noPrepend: true, replaceAsn: true}',
    { localAs: { asn: 64_999, isNoPrepend: true, isReplaceAs: true } },
  ],
  ['role: customer, roleStrict: true', { role: 'customer', isRoleStrict: true }],
  [
    'gracefulRestart: {}',
    { gracefulRestart: { mode: 'helper', restartTimeSec: 120, stalePathSec: 360, hasNotification: true } },
  ],
  [
    'gracefulRestart: {mode: full}',
    { gracefulRestart: { mode: 'full', restartTimeSec: 120, stalePathSec: 360, hasNotification: true } },
  ],
  [
    'gracefulRestart: {restartTimeSec: 9, stalePathSec: 8, notification: false}, longLivedStaleSec: 3600',
    {
      gracefulRestart: { mode: 'helper', restartTimeSec: 9, stalePathSec: 8, hasNotification: false },
      longLivedStaleSec: 3600,
    },
  ],
  [
    'addPath: {receive: true, send: all}',
    { familyOptions: { 'ipv4-unicast': { receivesAddPath: true, addPathSend: 0 } } },
  ],
  ['addPath: {send: 3}', { familyOptions: { 'ipv4-unicast': { addPathSend: 3 } } }],
  [
    'maxPrefixes: 10',
    {
      familyOptions: {
        'ipv4-unicast': { maxPrefixes: { limit: 10, warningPercent: 75, action: 'shutdown', restartSec: 60 } },
      },
    },
  ],
  [
    'families: [ipv4-unicast, ipv6-unicast], maxPrefixes: {limit: 10, warningPercent: 50, action: restart, restartSec: 5}, familyOptions: {ipv6-unicast: {maxPrefixes: 20, import: accept, nextHop: unchanged}}',
    {
      families: ['ipv4-unicast', 'ipv6-unicast'],
      familyOptions: {
        'ipv4-unicast': { maxPrefixes: { limit: 10, warningPercent: 50, action: 'restart', restartSec: 5 } },
        'ipv6-unicast': {
          maxPrefixes: { limit: 20, warningPercent: 75, action: 'shutdown', restartSec: 60 },
          importPolicy: 'accept',
          nextHop: 'unchanged',
        },
      },
    },
  ],
  ['defaultOriginate: true', { familyOptions: { 'ipv4-unicast': { defaultOriginate: { policy: undefined } } } }],
  [
    'defaultOriginate: {policy: accept}',
    { familyOptions: { 'ipv4-unicast': { defaultOriginate: { policy: 'accept' } } } },
  ],
  ['removePrivateAsn: true', { removePrivateAs: 'remove' }],
  ['removePrivateAsn: replace', { removePrivateAs: 'replace' }],
  ['asOverride: true', { isAsOverride: true }],
  ['allowAsIn: 3', { allowAsIn: 3 }],
  ['enforceFirstAsn: false', { enforcesFirstAs: false }],
  ['acceptAsSets: true', { acceptsAsSets: true }],
  ['aigp: true', { isAigpSession: true }],
  ['routeServerClient: true', { isRouteServerClient: true }],
  ['nextHop: self-all', { familyOptions: { 'ipv4-unicast': { nextHop: 'self-all' } } }],
  ['shutdown: {message: "back at 9"}', { isShutdown: true, shutdownMessage: 'back at 9' }],
  ['shutdown: false', { isShutdown: false }],
  [
    'timers: {delayOpenSec: 5, sendHoldSec: 0}',
    { timers: { connectRetrySec: 120, holdTimeSec: 90, keepaliveSec: 30, delayOpenSec: 5, sendHoldSec: 0 } },
  ],
  ['dampPeerOscillations: false', { dampsPeerOscillations: false }],
  ['extendedMessages: false', { offersExtendedMessages: false }],
  ['extendedNextHop: true', { offersExtendedNextHop: true }],
  ['gracefulShutdown: true', { isGracefulShutdown: true }],
];

for (const [text, expected] of fields) {
  test(`{${text}} reaches the speaker, which takes it`, (t) => {
    const neighbor = neighborOf(`remoteAsn: 64500, ${text}`);
    const plain = neighborOf('remoteAsn: 64500');
    t.deepEqual(neighbor, { ...plain, ...expected });
    t.notThrows(() => {
      checkNeighbor(neighbor, { where: 'n', localAsn: 65_000, members: [], policies: new Set() });
    });
  });
}

test('a reflector client is an internal neighbor, in any of its forms', (t) => {
  t.true(neighborOf('remoteAsn: internal, routeReflectorClient: true').isRouteReflectorClient);
  t.true(neighborOf('remoteAsn: 65000, routeReflectorClient: true').isRouteReflectorClient);
});

test('a prefix stands for neighbors that connect to us', (t) => {
  const instance = instanceOf(
    '  neighbors:\n    - {prefix: "2001:DB8::/32", limit: 7, remoteAsn: any}\n    - {prefix: 10.0.0.0/8, remoteAsn: 1}\n',
  );
  t.deepEqual(instance.neighbors, []);
  t.like(instance.dynamicNeighbors?.[0], {
    prefix: '2001:db8::/32',
    limit: 7,
    neighbor: { remoteAsn: 'any', isPassive: true, families: ['ipv6-unicast'] },
  });
  t.like(instance.dynamicNeighbors?.[1], { prefix: '10.0.0.0/8', limit: 100 });
});

const group = `  peerGroups:
    - name: spines
      remoteAsn: 64500
      families: [ipv4-unicast, ipv6-unicast]
      import: accept
      password: secret-of-group
      multihop: true
      nextHop: self
      maxPrefixes: 5
      familyOptions: {ipv6-unicast: {maxPrefixes: 6, export: accept}}
      timers: {holdTimeSec: 9, connectRetrySec: 5}
      gracefulRestart: {mode: full, restartTimeSec: 7}
`;

test('a neighbor has the fields of its group, merged field by field, and its own win', (t) => {
  const neighbor = neighborOf(
    'peerGroup: spines, import: reject, timers: {connectRetrySec: 6}, gracefulRestart: {restartTimeSec: 8}',
    group,
  );
  t.like(neighbor, {
    peerGroup: 'spines',
    remoteAsn: 64_500,
    importPolicy: 'reject',
    exportPolicy: 'unset',
    password: 'secret-of-group',
    ttl: 255,
    families: ['ipv4-unicast', 'ipv6-unicast'],
    timers: { holdTimeSec: 9, keepaliveSec: 3, connectRetrySec: 6 },
    gracefulRestart: { mode: 'full', restartTimeSec: 8 },
    familyOptions: {
      'ipv4-unicast': { nextHop: 'self', maxPrefixes: { limit: 5 } },
      'ipv6-unicast': { nextHop: 'self', maxPrefixes: { limit: 6 }, exportPolicy: 'accept' },
    },
  });
});

test('what a neighbor says for all families beats what its group says for one', (t) => {
  const neighbor = neighborOf('peerGroup: spines, maxPrefixes: 9', group);
  t.is(neighbor.familyOptions?.['ipv6-unicast']?.maxPrefixes?.limit, 9);
  t.is(neighbor.familyOptions?.['ipv4-unicast']?.maxPrefixes?.limit, 9);
});

test("of fields that say the same in different ways the neighbor's replaces the group's", (t) => {
  const neighbor = neighborOf('peerGroup: spines, ttlSecurity: 2, passwordFile: /etc/x, nextHopSelf: true', group);
  t.like(neighbor, { gtsmHops: 2, ttl: undefined, isNextHopSelf: true });
  t.is(neighbor.password, undefined);
  t.is(neighbor.familyOptions?.['ipv4-unicast']?.nextHop, undefined);
});

test('graceful restart of the router is that of every neighbor that does not say otherwise', (t) => {
  const instance = instanceOf(`  gracefulRestart: {mode: full, selectionDeferralSec: 30, longLivedStaleSec: 60}
  neighbors:
    - {address: 192.0.2.1, remoteAsn: 1}
    - {address: 192.0.2.2, remoteAsn: 1, gracefulRestart: {mode: off}}
    - {address: 192.0.2.3, remoteAsn: 1, gracefulRestart: {mode: helper}, longLivedStaleSec: 5}
`);
  t.is(instance.selectionDeferralSec, 30);
  t.deepEqual(
    instance.neighbors.map(({ gracefulRestart, longLivedStaleSec }) => [gracefulRestart?.mode, longLivedStaleSec]),
    [
      ['full', 60],
      [undefined, undefined],
      ['helper', 5],
    ],
  );
});

test('a neighbor with a password file is held down until the file was read', (t) => {
  const settings = settingsOf(
    file(
      '  neighbors:\n    - {address: 192.0.2.1, remoteAsn: 1, passwordFile: keys/a}\n    - {prefix: 10.0.0.0/8, remoteAsn: 1, passwordFile: keys/b}\n',
    ),
  );
  t.deepEqual(settings.passwordFiles, [
    { neighbor: '192.0.2.1', path: 'keys/a' },
    { neighbor: '10.0.0.0/8', path: 'keys/b' },
  ]);
  const [{ neighbors, dynamicNeighbors }] = settings.speaker.instances;
  t.is(neighbors[0].heldDownReason, 'password file keys/a: not read yet');
  t.is(dynamicNeighbors?.[0].neighbor.heldDownReason, 'password file keys/b: not read yet');
});

const internal = 'remoteAsn: internal';
const external = 'remoteAsn: 64500';

/** Fields of one neighbor that do not go together, and the fault, without its place in the file. */
const wrong: readonly (readonly [fields: string, fault: string])[] = [
  [
    `${external}, routeReflectorClient: true`,
    'routeReflectorClient: true: clients of a route reflector are internal neighbors (RFC 4456): expected false',
  ],
  [
    `${internal}, routeServerClient: true`,
    'routeServerClient: true: clients of a route server are external neighbors (RFC 7947): expected false',
  ],
  [`${internal}, role: peer`, 'role: "peer": roles are for external neighbors (RFC 9234): remove it'],
  [`${external}, roleStrict: true`, 'roleStrict: true: expected role as well'],
  [
    `${external}, ttl: 5, ttlSecurity: 1`,
    'ttlSecurity: stands beside ttl, and it sends TTL 255 itself (RFC 5082): remove one of them',
  ],
  [
    `${external}, multihop: true, ttlSecurity: true`,
    'ttlSecurity: stands beside multihop, which says how far away the neighbor is too: remove one of them',
  ],
  [
    `${external}, password: hunter2, passwordFile: /x`,
    'passwordFile: stands beside password, which says the same: remove one of them',
  ],
  [`${external}, password: ${'ä'.repeat(41)}`, 'password: has 82 octets: expected 1 to 80 (RFC 2385)'],
  [
    `${external}, password: 12345`,
    'password: is not right (its value is not shown): expected a password of 1 to 80 octets, quoted where YAML would read a number',
  ],
  [
    `${external}, password: [hunter2]`,
    'password: is not right (its value is not shown): expected a password of 1 to 80 octets, quoted where YAML would read a number',
  ],
  [
    `${external}, password: ""`,
    'password: is not right (its value is not shown): expected a password of 1 to 80 octets, quoted where YAML would read a number',
  ],
  [
    `${external}, nextHop: self, nextHopSelf: true`,
    'nextHopSelf: stands beside nextHop, which says the same: remove one of them',
  ],
  [`${external}, peerGroup: nobody`, 'peerGroup: there is no group "nobody": none is defined'],
  ['description: x', 'remoteAsn: is missing: expected an AS number (1 to 4294967295), external, internal or any'],
  [`${external}, prefix: 10.0.0.0/8`, 'prefix: "10.0.0.0/8" stands beside address: remove one of them'],
  [`${external}, limit: 5`, 'limit: 5 means something with prefix alone: remove it'],
  [
    `${internal}, localAsn: 5`,
    'localAsn: 5: another AS number is shown to external neighbors alone (RFC 7705): remove it',
  ],
  [`${external}, localAsn: 65000`, 'localAsn: 65000 is router.asn: expected another AS number'],
  [
    `${external}, localAsn: {asn: 5, replaceAsn: true}`,
    'localAsn.replaceAsn: true: expected noPrepend: true as well (RFC 7705)',
  ],
  [`${internal}, asOverride: true`, 'asOverride: true: expected false towards an internal neighbor'],
  [
    `${internal}, removePrivateAsn: replace`,
    'removePrivateAsn: "replace": expected false towards an internal neighbor',
  ],
  [`${external}, longLivedStaleSec: 5`, 'longLivedStaleSec: 5: expected gracefulRestart as well (RFC 9494)'],
  [
    `${external}, familyOptions: {ipv6-unicast: {nextHop: self}}`,
    'familyOptions.ipv6-unicast: a map for a family that the neighbor has not: expected ipv4-unicast',
  ],
  [
    `${external}, familyOptions: {ipv4-unicast: {import: nix}}`,
    'familyOptions.ipv4-unicast.import: there is no policy "nix": expected one of accept, reject',
  ],
  [
    `${external}, maxPrefixes: {limit: 5, restartSec: 5}`,
    'maxPrefixes.restartSec: 5 means something with action: restart alone: remove it',
  ],
  [
    `${external}, timers: {sendHoldSec: 90}`,
    'timers.sendHoldSec: 90: expected 0 (off) or more than the hold time of 90 seconds',
  ],
  [`${external}, timers: {holdTimeSec: 1}`, 'timers.holdTimeSec: 1: expected 0 (no hold timer) or 3 to 65535 seconds'],
  [
    `${external}, ttlSecurity: 255`,
    'ttlSecurity: 255: expected true (1 hop), false, or the most hops that the neighbor is away, 1 to 254',
  ],
  [
    `${external}, role: boss`,
    'role: "boss": expected what we are to the neighbor: provider, customer, peer, rs-server or rs-client (RFC 9234)',
  ],
];

for (const [text, fault] of wrong) {
  test(`{${text.slice(0, 60)}} is refused, and no password is shown`, (t) => {
    const faults = faultsOf(file(`  neighbors:\n    - { address: 192.0.2.1, ${text} }\n`));
    t.deepEqual(faults, [`r:5: router.neighbors[0].${fault}`]);
    t.false(faults.join().includes('hunter2'));
  });
}

test('prefixes of dynamic neighbors do not overlap', (t) => {
  t.deepEqual(
    faultsOf(
      file('  neighbors:\n    - {prefix: 10.0.0.0/8, remoteAsn: 1}\n    - {prefix: 10.1.0.0/16, remoteAsn: 1}\n'),
    ),
    ['r:6: router.neighbors[1].prefix: "10.1.0.0/16" overlaps 10.0.0.0/8: expected one that does not'],
  );
});

test('a fault of an inherited field stands where the group is named', (t) => {
  const text = file(
    '  peerGroups: [{name: g, role: peer, timers: {holdTimeSec: 2}}]\n  neighbors:\n    - {address: 192.0.2.1, remoteAsn: internal, peerGroup: g}\n',
  );
  t.deepEqual(faultsOf(text), [
    'r:6: router.neighbors[0].peerGroup: timers.holdTimeSec of group g: 2: expected 0 (no hold timer) or 3 to 65535 seconds',
    'r:6: router.neighbors[0].peerGroup: role of group g: "peer": roles are for external neighbors (RFC 9234): remove it',
  ]);
});

test('where the router listens itself there is no neighbor', (t) => {
  const listening = '  listen: ["192.0.2.1", "192.0.2.2:1790"]\n';
  const text = (fields: string): string =>
    file(`${listening}  peerGroups: [{name: g, port: 1790}]\n  neighbors:\n    - {remoteAsn: 1, ${fields}}\n`);
  t.deepEqual(faultsOf(text('address: 192.0.2.1')), [
    'r:7: router.neighbors[0].address: "192.0.2.1" is where this router listens itself: expected the address of another one',
  ]);
  const ipv6 = text('address: "2001:DB8:0::1"').replace('"192.0.2.1"', '"2001:DB8:0::1"');
  t.regex(faultsOf(ipv6).join(), /"2001:DB8:0::1" is where this router listens/);
  t.regex(faultsOf(text('address: 192.0.2.2, peerGroup: g')).join(), /"192\.0\.2\.2" is where this router listens/);
  // Another program may have the same address with another port.
  for (const other of ['address: 192.0.2.1, port: 1790', 'address: 192.0.2.1, peerGroup: g', 'address: 192.0.2.2']) {
    t.deepEqual(faultsOf(text(other)), [], other);
  }
});

test('a group cannot have what belongs to one neighbor', (t) => {
  t.deepEqual(faultsOf(file('  peerGroups: [{name: g, address: 192.0.2.1}, {name: g}]\n')), [
    'r:4: router.peerGroups[0].address: "192.0.2.1" belongs to a neighbor: remove it from the group',
  ]);
  t.deepEqual(faultsOf(file('  peerGroups: [{name: g}, {name: g}]\n')), [
    'r:4: router.peerGroups[1].name: "g" stands twice: remove one of them',
  ]);
});
