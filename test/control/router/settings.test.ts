// router.yaml: what a good file becomes, and what each kind of wrong file is told.

import { readFileSync } from 'node:fs';
import test from 'ava';
import type { SpeakerHostConfig } from '#speaker/port.ts';
import { renderJsonSchema } from '#control/router/schema.ts';
import { formatFault, readRouterFile } from '#control/router/settings.ts';
import type { RouterSettings } from '#control/router/settings.ts';
import { RouterFileValidator } from '#control/router/validate.ts';

const validator = new RouterFileValidator();

function faultsOf(text: string): string[] {
  const reading = readRouterFile(text, validator);
  return 'faults' in reading ? reading.faults.map((fault) => formatFault('r.yaml', fault)) : [];
}

function settingsOf(text: string): RouterSettings {
  const reading = readRouterFile(text, validator);
  if ('faults' in reading) throw new TypeError(reading.faults.map((fault) => formatFault('r.yaml', fault)).join('\n'));
  return reading.settings;
}

/** A file with one neighbor whose fields are given as flow YAML. */
function withNeighbor(fields: string): string {
  return `router:\n  asn: 65000\n  routerId: 198.51.100.1\n  neighbors:\n    - { address: 192.0.2.1, remoteAsn: 64500, ${fields} }\n`;
}

function withRouter(lines: string): string {
  return `router:\n  asn: 65000\n  routerId: 198.51.100.1\n${lines}`;
}

test('the smallest form of the documentation is read', (t) => {
  const settings = settingsOf(`
router:
  asn: 65000
  routerId: 198.51.100.1
  listen: ["198.51.100.1:179", "[2001:db8::1]:179"]   # default: every address, port 179
  fib: none
  neighbors:
    - address: 192.0.2.1
      remoteAsn: 64500
      passive: true
      families: [ipv4-unicast, ipv6-unicast]
      import: accept
      export: accept
      nextHopSelf: true
  networks: ["203.0.113.0/24"]
api: { listen: "127.0.0.1:9880" }
`);
  // The value is what the speaker's port takes.
  const speaker: SpeakerHostConfig = settings.speaker;
  t.deepEqual(speaker, {
    listen: [
      { address: '198.51.100.1', port: 179 },
      { address: '2001:db8::1', port: 179 },
    ],
    instances: [
      {
        instance: 'default',
        asn: 65000,
        routerId: '198.51.100.1',
        neighbors: [
          {
            address: '192.0.2.1',
            port: 179,
            remoteAsn: 64500,
            description: undefined,
            isPassive: true,
            families: ['ipv4-unicast', 'ipv6-unicast'],
            importPolicy: 'accept',
            exportPolicy: 'accept',
            isNextHopSelf: true,
            ttl: undefined,
            sourceAddress: undefined,
            timers: { connectRetrySec: 120, holdTimeSec: 90, keepaliveSec: 30 },
            isShutdown: false,
          },
        ],
        networks: [{ prefix: '203.0.113.0/24', origin: 'igp' }],
        policies: [],
      },
    ],
  });
  t.deepEqual(settings.apiListen, { address: '127.0.0.1', port: 9880 });
  t.deepEqual(settings.metricsListen, { address: '127.0.0.1', port: 9962 });
  t.deepEqual(settings.healthListen, { address: '127.0.0.1', port: 9879 });
});

test('what is left out has documented defaults', (t) => {
  const { speaker, apiListen } = settingsOf(
    withRouter('  neighbors: [{address: "2001:DB8::0:2", remoteAsn: external}]\n'),
  );
  t.deepEqual(speaker.listen, [
    { address: '0.0.0.0', port: 179 },
    { address: '::', port: 179 },
  ]);
  t.is(apiListen, undefined);
  t.like(speaker.instances[0].neighbors[0], {
    address: '2001:db8::2',
    families: ['ipv6-unicast'],
    importPolicy: 'unset',
    exportPolicy: 'unset',
    isPassive: false,
  });
});

test('every field of a neighbor reaches the speaker', (t) => {
  const { speaker } = settingsOf(
    withRouter(`  listen: []
  neighbors:
    - address: fe80::1%eth0
      remoteAsn: internal
      port: 1790
      description: "the other side"
      shutdown: true
      sourceAddress: fe80::2%eth0
      multihop: 4
      import: in
      timers: {holdTimeSec: 9, connectRetrySec: 5}
    - {address: 192.0.2.2, remoteAsn: 4294967295, multihop: true, timers: {holdTimeSec: 0}}
    - {address: 192.0.2.3, remoteAsn: 1, ttl: 7, timers: {holdTimeSec: 30, keepaliveSec: 3}}
  networks: [{prefix: "2001:DB8::/32", origin: incomplete}]
  policies:
    - name: in
      otherwise: accept
      statements:
        - match: {families: [ipv4-unicast], prefixes: [10.0.0.0/8, {prefix: 172.16.0.0/12, maxLength: 24}, {prefix: 192.168.0.0/16, minLength: 20}]}
          set: {addCommunities: ["64500:100", no-export], addLargeCommunities: ["4294967295:1:2"], localPreference: 200}
          action: accept
        - {name: rest, action: next}
`),
  );
  const [instance] = speaker.instances;
  t.deepEqual(speaker.listen, []);
  t.like(instance.neighbors[0], {
    address: 'fe80::1%eth0',
    remoteAsn: 'internal',
    port: 1790,
    description: 'the other side',
    isShutdown: true,
    sourceAddress: 'fe80::2%eth0',
    ttl: 4,
    importPolicy: { policy: 'in' },
    timers: { holdTimeSec: 9, keepaliveSec: 3, connectRetrySec: 5 },
  });
  t.like(instance.neighbors[1], { ttl: 255, timers: { holdTimeSec: 0, keepaliveSec: 30, connectRetrySec: 120 } });
  t.like(instance.neighbors[2], { ttl: 7, timers: { holdTimeSec: 30, keepaliveSec: 3, connectRetrySec: 120 } });
  t.deepEqual(instance.networks, [{ prefix: '2001:db8::/32', origin: 'incomplete' }]);
  t.deepEqual(instance.policies, [
    {
      name: 'in',
      otherwise: 'accept',
      statements: [
        {
          name: 'statement-1',
          match: {
            families: ['ipv4-unicast'],
            prefixes: [
              { prefix: '10.0.0.0/8', minLength: 8, maxLength: 8 },
              { prefix: '172.16.0.0/12', minLength: 12, maxLength: 24 },
              { prefix: '192.168.0.0/16', minLength: 20, maxLength: 20 },
            ],
          },
          set: {
            addCommunities: [64500 * 65536 + 100, 0xffffff01],
            addLargeCommunities: [[4294967295, 1, 2]],
            localPreference: 200,
          },
          action: 'accept',
        },
        { name: 'rest', match: {}, set: {}, action: 'next' },
      ],
    },
  ]);
});

/** Wrong files, and the one line each is answered with. */
const wrong: readonly (readonly [title: string, text: string, fault: string])[] = [
  [
    'AS number 0',
    'router:\n  asn: 0\n  routerId: 1.2.3.4\n',
    'r.yaml:2: router.asn: 0: expected an AS number, 1 to 4294967295',
  ],
  [
    'an AS number that is text',
    'router:\n  asn: "65000"\n  routerId: 1.2.3.4\n',
    'r.yaml:2: router.asn: "65000" is text because of its quotes: expected without them an AS number, 1 to 4294967295',
  ],
  [
    'router ID 0.0.0.0',
    'router:\n  asn: 1\n  routerId: 0.0.0.0\n',
    'r.yaml:3: router.routerId: "0.0.0.0": expected a router ID such as 198.51.100.1, not 0.0.0.0',
  ],
  [
    'a missing field',
    'router:\n  routerId: 1.2.3.4\n',
    'r.yaml:1: router.asn: is missing: expected an AS number, 1 to 4294967295',
  ],
  [
    'a key misspelt',
    withNeighbor('pasive: true'),
    'r.yaml:5: router.neighbors[0].pasive: true is not a known key: did you mean passive?',
  ],
  [
    'a key in the wrong case',
    withRouter('  Networks: []\n'),
    'r.yaml:4: router.Networks: an empty list is not a known key: did you mean networks?',
  ],
  [
    'a key of nowhere',
    withRouter('') + 'health: {port: 1}\n',
    'r.yaml:4: health.port: 1 is not a known key: expected listen',
  ],
  [
    'a required key misspelt',
    'router:\n  asn: 1\n  routerId: 1.2.3.4\n  neighbors:\n  - address: 192.0.2.1\n    remoteAs: 1\n',
    'r.yaml:6: router.neighbors[0].remoteAs: 1 is not a known key: did you mean remoteAsn?',
  ],
  [
    'a file whose router is misspelt',
    'rooter:\n  asn: 1\n',
    'r.yaml:1: rooter: a map is not a known key: did you mean router?',
  ],
  [
    'a secret under a misspelt key',
    withNeighbor('passwrod: hunter2'),
    'r.yaml:5: router.neighbors[0].passwrod: is not a known key (its value is not shown): did you mean password?',
  ],
  [
    'a secret in another place',
    withRouter('  authKey: hunter2\n'),
    'r.yaml:4: router.authKey: is not a known key (its value is not shown): expected asn, routerId, listen, hostname, domainName, softwareVersion, clusterId, confederation, bestPath, maxPaths, fib, redistribute, aggregates, gracefulRestart, gracefulShutdown, peerGroups, neighbors, networks, prefixLists, asPathLists, communityLists, policies',
  ],
  [
    'a remote AS that is a word',
    'router:\n  asn: 1\n  routerId: 1.2.3.4\n  neighbors:\n  - address: 192.0.2.1\n    remoteAsn: both\n',
    'r.yaml:6: router.neighbors[0].remoteAsn: "both": expected an AS number (1 to 4294967295), external, internal or any',
  ],
  [
    'a hold time of 2',
    withNeighbor('timers: {holdTimeSec: 2}'),
    'r.yaml:5: router.neighbors[0].timers.holdTimeSec: 2: expected 0 (no hold timer) or 3 to 65535 seconds',
  ],
  [
    'a keepalive as long as the hold time',
    withNeighbor('timers: {holdTimeSec: 9, keepaliveSec: 9}'),
    'r.yaml:5: router.neighbors[0].timers.keepaliveSec: 9: expected less than the hold time of 9 seconds, at most a third of it as a rule',
  ],
  [
    'no families',
    withNeighbor('families: []'),
    'r.yaml:5: router.neighbors[0].families: an empty list: expected a list of ipv4-unicast and ipv6-unicast, at least one, each once',
  ],
  [
    'a family twice',
    withNeighbor('families: [ipv4-unicast, ipv4-unicast]'),
    'r.yaml:5: router.neighbors[0].families: "ipv4-unicast" stands twice: expected a list of ipv4-unicast and ipv6-unicast, at least one, each once',
  ],
  [
    'an unknown family',
    withNeighbor('families: [l2vpn-evpn]'),
    'r.yaml:5: router.neighbors[0].families[0]: "l2vpn-evpn": expected ipv4-unicast or ipv6-unicast',
  ],
  [
    'a policy that is not there',
    withNeighbor('import: acept'),
    'r.yaml:5: router.neighbors[0].import: there is no policy "acept": did you mean accept?',
  ],
  [
    'a neighbor twice',
    withRouter(
      '  neighbors:\n  - {address: 2001:db8::1, remoteAsn: 1}\n  - {address: "2001:DB8:0::1", remoteAsn: 1}\n',
    ),
    'r.yaml:6: router.neighbors[1].address: "2001:db8::1" stands twice: remove one of them',
  ],
  [
    'a link-local neighbor without its interface',
    withRouter('  neighbors:\n  - {address: fe80::1, remoteAsn: 1}\n'),
    'r.yaml:5: router.neighbors[0].address: "fe80::1" is link-local: expected its interface too, such as fe80::1%eth0',
  ],
  [
    'a zone on an address that has none',
    withRouter('  neighbors:\n  - {address: 2001:db8::1%eth0, remoteAsn: 1}\n'),
    'r.yaml:5: router.neighbors[0].address: "2001:db8::1%eth0": expected an IPv4 or IPv6 address; link-local ones with their interface, such as fe80::1%eth0',
  ],
  [
    'a multicast neighbor',
    withRouter('  neighbors:\n  - {address: 224.0.0.1, remoteAsn: 1}\n'),
    'r.yaml:5: router.neighbors[0].address: "224.0.0.1" is no unicast address: expected one',
  ],
  [
    'a source of another family',
    withNeighbor('sourceAddress: "2001:db8::1"'),
    'r.yaml:5: router.neighbors[0].sourceAddress: "2001:db8::1" is not of the neighbor\'s family: expected an IPv4 address',
  ],
  [
    'ttl and multihop',
    withNeighbor('ttl: 5, multihop: true'),
    'r.yaml:5: router.neighbors[0].multihop: true stands beside ttl, which says the same: remove one of them',
  ],
  [
    'host bits in a network',
    withRouter('  networks: ["203.0.113.1/24"]\n'),
    'r.yaml:4: router.networks[0]: "203.0.113.1/24" has host bits set: expected 203.0.113.0/24',
  ],
  [
    'a network that is none',
    withRouter('  networks:\n  - 203.0.113.0/33\n'),
    'r.yaml:5: router.networks[0]: "203.0.113.0/33": expected a prefix such as 203.0.113.0/24, or {prefix, origin}',
  ],
  [
    'an unknown key in a network',
    withRouter('  networks:\n  - {prefix: 203.0.113.0/24, orgin: igp}\n'),
    'r.yaml:5: router.networks[0].orgin: "igp" is not a known key: did you mean origin?',
  ],
  [
    'a network twice',
    withRouter('  networks: [10.0.0.0/8, 10.0.0.0/8]\n'),
    'r.yaml:4: router.networks[1]: "10.0.0.0/8" stands twice: remove one of them',
  ],
  [
    'a listener that a wildcard covers',
    withRouter('  listen: ["0.0.0.0", "192.0.2.1:179"]\n'),
    'r.yaml:4: router.listen[1]: "192.0.2.1:179" is covered by "0.0.0.0": remove one of them',
  ],
  [
    'a listener without brackets',
    withRouter('  listen: ["2001:db8::1:179:x"]\n'),
    'r.yaml:4: router.listen[0]: "2001:db8::1:179:x": expected an address, or an address and port, such as 198.51.100.1:179 or [2001:db8::1]:179',
  ],
  [
    'a policy called accept',
    withRouter('  policies: [{name: accept, statements: []}]\n'),
    'r.yaml:4: router.policies[0].name: "accept" is built in: expected another name',
  ],
  [
    'a prefix range outside of its prefix',
    withRouter(
      '  policies: [{name: p, statements: [{match: {prefixes: [{prefix: 10.0.0.0/8, maxLength: 33}]}, action: accept}]}]\n',
    ),
    'r.yaml:4: router.policies[0].statements[0].match.prefixes[0].maxLength: 33: expected 8 to 32 for 10.0.0.0/8',
  ],
  [
    'a community that is none',
    withRouter('  policies: [{name: p, statements: [{set: {addCommunities: ["65536:1"]}, action: accept}]}]\n'),
    'r.yaml:4: router.policies[0].statements[0].set.addCommunities[0]: "65536:1": expected a community such as 64500:100, or no-export, no-advertise, blackhole, graceful-shutdown',
  ],
  [
    'an API open to the network',
    withRouter('') + 'api: {listen: "0.0.0.0:9880"}\n',
    'r.yaml:4: api.listen: "0.0.0.0:9880" is reachable from other machines: expected a loopback address such as 127.0.0.1',
  ],
  [
    'metrics open to the network unasked',
    withRouter('') + 'prometheus: {listen: "192.0.2.1:9962"}\n',
    'r.yaml:4: prometheus.listen: "192.0.2.1:9962" is reachable from other machines: expected a loopback address such as 127.0.0.1, or prometheus.insecure: true',
  ],
  [
    'a router that is a list',
    'router: []\n',
    'r.yaml:1: router: an empty list: expected the router: asn, routerId, neighbors, networks, …',
  ],
  [
    'a router without a value',
    'router:\n',
    'r.yaml:1: router: no value: expected the router: asn, routerId, neighbors, networks, …',
  ],
  ['another file', '- 1\n', 'r.yaml:1: a list: expected a map with router, and optionally api, prometheus and health'],
  ['an empty file', '# nothing\n', 'r.yaml:1: the file is empty: expected a map with router'],
  ['two documents', 'router: 1\n---\nrouter: 2\n', 'r.yaml:3: a second document begins here: a router file has one'],
  [
    'a key twice',
    'router:\n  asn: 1\n  asn: 2\n',
    'r.yaml:3: router.asn: the same key stands twice in one map: remove one of them',
  ],
];

for (const [title, text, fault] of wrong) {
  test(`${title} is refused with line, field, value and what would be right`, (t) => {
    t.deepEqual(faultsOf(text), [fault]);
  });
}

const later: readonly (readonly [field: string, value: string, text: string])[] = [
  ['router.neighbors[0].bfd', 'true ', withNeighbor('bfd: true')],
  ['router.rpki', 'a map ', withRouter('  rpki: {}\n')],
  ['prometheus.tls', 'a map ', `${withRouter('')}prometheus: {tls: {}}\n`],
];

for (const [field, value, text] of later) {
  test(`${field} is refused as not supported yet, never ignored`, (t) => {
    const faults = faultsOf(text);
    t.is(faults.length, 1, faults.join('\n'));
    t.true(faults[0].endsWith(`: ${field}: ${value}is not supported yet: remove it`), faults[0]);
  });
}

test('several faults are told at once, in the order of lines', (t) => {
  const faults = faultsOf(
    'router:\n  asn: 0\n  routerId: x\n  neighbors:\n  - address: nowhere\n    remoteAsn: 1\n    port: 70000\n',
  );
  t.deepEqual(
    faults.map((fault) => fault.split(': ').slice(0, 2).join(': ')),
    [
      'r.yaml:2: router.asn',
      'r.yaml:3: router.routerId',
      'r.yaml:5: router.neighbors[0].address',
      'r.yaml:7: router.neighbors[0].port',
    ],
  );
});

test('metrics off the machine are possible when insecure is said', (t) => {
  const text = `${withRouter('')}prometheus: {listen: "192.0.2.1:9962", insecure: true}\n`;
  t.deepEqual(settingsOf(text).metricsListen, { address: '192.0.2.1', port: 9962 });
});

test('the published JSON Schema is the one the program checks with', (t) => {
  const published = readFileSync(new URL('../../../deploy/router.schema.json', import.meta.url), 'utf8');
  t.is(published, renderJsonSchema(), 'write it anew: bin/waggle config schema > deploy/router.schema.json');
});
