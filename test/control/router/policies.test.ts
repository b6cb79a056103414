// Policies of router.yaml and the lists that they refer to: every condition and change as the speaker takes it, and wrong ones.

import test from 'ava';
import type { SpeakerConfig, StatementConfig } from '#bgp/config.ts';
import { Policy } from '#bgp/policy/policy.ts';
import { formatFault, readRouterFile } from '#control/router/settings.ts';
import { RouterFileValidator } from '#control/router/validate.ts';

const validator = new RouterFileValidator();
const head = 'router:\n  asn: 65000\n  routerId: 198.51.100.1\n';

const lists = `  prefixLists:
    - {name: bogons, prefixes: [10.0.0.0/8, {prefix: 192.168.0.0/16, maxLength: 32}]}
  asPathLists: [{name: customers, expressions: [^64500_, ^64501_]}]
  communityLists:
    - {name: mine, communities: ["65000:1", "65000:2"]}
    - {name: targets, kind: extended, communities: ["rt:65000:*"]}
`;

function read(lines: string): SpeakerConfig | string[] {
  const reading = readRouterFile(`${head}${lists}${lines}`, validator);
  return 'faults' in reading
    ? reading.faults.map((fault) => formatFault('r', fault).replace(/^r:\d+: /, ''))
    : reading.settings.speaker.instances[0];
}

function statementOf(fields: string): StatementConfig {
  const config = read(`  policies:\n    - {name: p, statements: [{${fields}, action: accept}]}\n`);
  if (Array.isArray(config)) throw new TypeError(config.join('\n'));
  compile(config);
  return config.policies[0].statements[0];
}

/** What the file makes of a policy the speaker compiles. */
function compile(config: SpeakerConfig): void {
  for (const policy of config.policies) Policy.compile(policy);
}

const matches: readonly (readonly [fields: string, expected: StatementConfig['match']])[] = [
  ['sources: [ebgp, network]', { sources: ['ebgp', 'network'] }],
  ['neighbors: ["2001:DB8::1"]', { neighbors: ['2001:db8::1'] }],
  [
    'prefixes: [{list: bogons}, 172.16.0.0/12]',
    {
      prefixes: [
        { prefix: '10.0.0.0/8', minLength: 8, maxLength: 8 },
        { prefix: '192.168.0.0/16', minLength: 16, maxLength: 32 },
        { prefix: '172.16.0.0/12', minLength: 12, maxLength: 12 },
      ],
    },
  ],
  ['nextHops: [192.0.2.0/24]', { nextHops: [{ prefix: '192.0.2.0/24', minLength: 32, maxLength: 32 }] }],
  ['asPath: "^65001_"', { asPath: '^65001_' }],
  ['asPath: ["_1$", {list: customers}]', { asPath: '(_1$)|(^64500_)|(^64501_)' }],
  ['asPathLength: {min: 3}', { asPathLength: { min: 3, max: 4_294_967_295 } }],
  ['communities: ["65000:*", {list: mine}]', { communities: { any: ['65000:*', '65000:1', '65000:2'] } }],
  [
    'communities: {all: [{list: mine}], none: [no-export]}',
    { communities: { all: ['65000:1', '65000:2'], none: ['no-export'] } },
  ],
  ['extendedCommunities: [{list: targets}]', { extendedCommunities: { any: ['rt:65000:*'] } }],
  ['largeCommunities: {any: ["65000:1:*"]}', { largeCommunities: { any: ['65000:1:*'] } }],
  ['med: 5', { med: { min: 5, max: 5 } }],
  ['localPreference: {max: 9}', { localPreference: { min: 0, max: 9 } }],
  ['origins: [egp]', { origins: ['egp'] }],
];

for (const [fields, expected] of matches) {
  test(`match {${fields}} reaches the speaker, which compiles it`, (t) => {
    t.deepEqual(statementOf(`match: {${fields}}`).match, expected);
  });
}

const sets: readonly (readonly [fields: string, expected: StatementConfig['set']])[] = [
  ['addCommunities: [no-llgr]', { addCommunities: [0xffff_0007] }],
  ['addExtendedCommunities: ["rt:65000:1"]', { addExtendedCommunities: [[0x0002_fde8, 1]] }],
  ['replaceCommunities: []', { replaceCommunities: [] }],
  ['replaceLargeCommunities: ["1:2:3"]', { replaceLargeCommunities: [[1, 2, 3]] }],
  ['replaceExtendedCommunities: ["soo:192.0.2.1:5"]', { replaceExtendedCommunities: [[0x0103_c000, 0x0201_0005]] }],
  ['removeCommunities: ["65000:*"]', { removeCommunities: ['65000:*'] }],
  ['removeExtendedCommunities: ["rt:*:1"]', { removeExtendedCommunities: ['rt:*:1'] }],
  ['removeLargeCommunities: ["*:1:2"]', { removeLargeCommunities: ['*:1:2'] }],
  ['weight: 5', { weight: 5 }],
  ['med: 7', { med: { set: 7 } }],
  ['med: remove', { med: 'remove' }],
  ['med: {add: 7}', { med: { add: 7 } }],
  ['med: {subtract: 7}', { med: { subtract: 7 } }],
  ['origin: incomplete', { origin: 'incomplete' }],
  ['nextHop: self', { nextHop: 'self' }],
  ['prependAsn: own', { prependAsn: { asn: 'own', count: 1 } }],
  ['prependAsn: {asn: 64500, count: 3}', { prependAsn: { asn: 64_500, count: 3 } }],
  ['aigp: 10', { aigp: 10 }],
  ['aigp: remove', { aigp: 'remove' }],
];

for (const [fields, expected] of sets) {
  test(`set {${fields}} reaches the speaker, which compiles it`, (t) => {
    t.deepEqual(statementOf(`set: {${fields}}`).set, expected);
  });
}

const at = 'router.policies[0].statements[0].';
const wrong: readonly (readonly [fields: string, fault: string])[] = [
  [
    'match: {asPath: "^(65001"}',
    'match.asPath: "^(65001" has ( without a ) (write \\( for one in the path) at position 2: expected an expression over AS paths such as ^65001_',
  ],
  [
    'match: {asPath: [{list: custmers}]}',
    'match.asPath[0].list: there is no list "custmers" under router.asPathLists: did you mean customers?',
  ],
  [
    'match: {prefixes: [{list: mine}]}',
    'match.prefixes[0].list: there is no list "mine" under router.prefixLists: expected one of bogons',
  ],
  [
    'match: {communities: [{list: targets}]}',
    'match.communities[0].list: "targets" is a list of extended communities: expected one of standard ones',
  ],
  [
    'match: {communities: ["1:2:3"]}',
    'match.communities[0]: "1:2:3": expected a community such as 64500:100, 64500:* or no-export, or {list: NAME}',
  ],
  ['match: {med: {min: 5, max: 4}}', 'match.med.min: 5: expected at most max, which is 4'],
  [
    'match: {prefixes: [{list: bogons, minLength: 5}]}',
    'match.prefixes[0].minLength: 5 stands beside list: remove one of them',
  ],
  [
    'match: {sources: [bgp]}',
    'match.sources[0]: "bgp": expected network, aggregate, redistributed, ibgp, ebgp or confederation',
  ],
  ['set: {med: {add: 1, subtract: 1}}', 'set.med: a map with add and subtract, or neither: expected one of them'],
  [
    'set: {nextHop: 192.0.2.1}',
    'set.nextHop: "192.0.2.1" is for routes of one family: expected match.families: [ipv4-unicast]',
  ],
  ['set: {nextHop: me}', 'set.nextHop: "me": expected self, peer, unchanged or an address of the route\'s family'],
  ['set: {weight: 65536}', 'set.weight: 65536: expected 0 to 65535'],
];

for (const [fields, fault] of wrong) {
  test(`{${fields}} is refused with its field, its value and what would be right`, (t) => {
    t.deepEqual(read(`  policies:\n    - {name: p, statements: [{${fields}, action: accept}]}\n`), [`${at}${fault}`]);
  });
}

test('wrong entries of lists are refused where they stand', (t) => {
  const reading = readRouterFile(
    `${head}  asPathLists: [{name: a, expressions: ["1{"]}]
  communityLists: [{name: c, kind: large, communities: ["1:2"]}]
  prefixLists: [{name: p, prefixes: [{prefix: 10.0.0.0/8, minLength: 4}]}]
`,
    validator,
  );
  const faults = 'faults' in reading ? reading.faults.map((fault) => formatFault('r', fault)) : [];
  t.deepEqual(faults, [
    'r:4: router.asPathLists[0].expressions[0]: "1{" has { that is no {n}, {n,} or {n,m} (write \\{ for the brace of an AS_SET) at position 2: expected an expression over AS paths such as ^65001_',
    'r:5: router.communityLists[0].communities[0]: "1:2": expected a community of the list\'s kind, large, such as 64500:1:*',
    'r:6: router.prefixLists[0].prefixes[0].minLength: 4: expected 8 to 32 for 10.0.0.0/8',
  ]);
});

test('an expression that grows too large is said of its policy', (t) => {
  const faults = read(
    '  policies:\n    - {name: p, statements: [{match: {asPath: "((1{100}){100}){100}"}, action: accept}]}\n',
  );
  t.true(
    Array.isArray(faults) && /^router\.policies\[0\]: .*more than 1000 states/.test(faults[0]),
    JSON.stringify(faults),
  );
});

test('a weight in a policy for export is refused', (t) => {
  const faults = read(`  neighbors: [{address: 192.0.2.1, remoteAsn: 1, export: p}]
  policies:
    - {name: p, statements: [{set: {weight: 5}, action: accept}]}
`);
  t.deepEqual(faults, [
    'router.policies[0].statements[0].set.weight: 5: a weight counts on import alone, and "p" is used for export: remove it',
  ]);
});

const router: readonly (readonly [lines: string, expected: Partial<SpeakerConfig>])[] = [
  ['hostname: r1', { hostname: 'r1' }],
  ['clusterId: 1.2.3.4', { clusterId: '1.2.3.4' }],
  [
    'confederation: {identifier: 64500, members: [65001]}',
    { confederation: { identifier: 64_500, members: [65_001] } },
  ],
  [
    'bestPath: {multipathRelax: true, preferOldest: true}',
    {
      bestPath: {
        isMultipathRelax: true,
        prefersOldest: true,
        comparesMedAlways: false,
        weighsByLinkBandwidth: true,
      },
    },
  ],
  ['maxPaths: 8', { maxPaths: { ebgp: 8, ibgp: 8 } }],
  ['maxPaths: {ibgp: 4}', { maxPaths: { ebgp: 1, ibgp: 4 } }],
  ['fib: kernel', { fib: { table: 254, metric: 20, advertisesInstalledOnly: false } }],
  [
    'fib: {mode: kernel, table: 100, metric: 5, advertiseInstalledOnly: true}',
    { fib: { table: 100, metric: 5, advertisesInstalledOnly: true } },
  ],
  [
    'fib: {mode: kernel, blackholes: true}',
    { fib: { table: 254, metric: 20, advertisesInstalledOnly: false, installsBlackholes: true } },
  ],
  ['fib: none', {}],
  [
    'redistribute: [connected, {source: static, families: [ipv6-unicast], policy: accept}]',
    {
      redistribute: [
        { source: 'connected', families: ['ipv4-unicast', 'ipv6-unicast'], policy: undefined },
        { source: 'static', families: ['ipv6-unicast'], policy: 'accept' },
      ],
    },
  ],
  [
    'aggregates: [10.0.0.0/8, {prefix: "2001:DB8::/32", summaryOnly: true, policy: accept}]',
    {
      aggregates: [
        { prefix: '10.0.0.0/8', isSummaryOnly: false, policy: undefined },
        { prefix: '2001:db8::/32', isSummaryOnly: true, policy: 'accept' },
      ],
    },
  ],
  ['gracefulRestart: {selectionDeferralSec: 5}', { selectionDeferralSec: 5 }],
  ['gracefulShutdown: true', { isGracefulShutdown: true }],
];

for (const [lines, expected] of router) {
  test(`router.${lines} reaches the speaker`, (t) => {
    const plain = read('');
    t.deepEqual(read(`  ${lines}\n`), { ...(Array.isArray(plain) ? {} : plain), ...expected });
  });
}

const wrongRouter: readonly (readonly [lines: string, fault: string])[] = [
  [
    'confederation: {identifier: 1, members: [65000]}',
    'router.confederation.members[0]: 65000 is router.asn: expected the other member AS numbers',
  ],
  [
    'fib: linux',
    'router.fib: "linux": expected none, kernel, or {mode: kernel, table, metric, advertiseInstalledOnly, blackholes}',
  ],
  [
    'redistribute: [ospf]',
    'router.redistribute[0]: "ospf": expected connected, static, kernel, or {source, families, policy}',
  ],
  [
    'aggregates: [{prefix: 10.0.0.0/8, policy: nix}]',
    'router.aggregates[0].policy: there is no policy "nix": expected one of accept, reject',
  ],
  ['aggregates: [10.0.0.1/8]', 'router.aggregates[0]: "10.0.0.1/8" has host bits set: expected 10.0.0.0/8'],
  [
    'gracefulRestart: {mode: off, longLivedStaleSec: 5}',
    'router.gracefulRestart.longLivedStaleSec: 5: expected mode helper or full as well (RFC 9494)',
  ],
  ['maxPaths: 0', 'router.maxPaths: 0: expected 1 to 256, or {ebgp, ibgp}'],
];

for (const [lines, fault] of wrongRouter) {
  test(`router.${lines} is refused`, (t) => {
    t.deepEqual(read(`  ${lines}\n`), [fault]);
  });
}

test('whatever is wrong with the lengths of a prefix is told once a field', (t) => {
  let wrong = 0;
  for (const prefix of ['10.0.0.0/24', '"::/0"', '10.0.0.1/24', 'bad', 'null']) {
    for (const length of ['33', '129', '-1.5', '"28"', 'null', '[]', '3']) {
      const both = `minLength: ${length}, maxLength: ${length}`;
      for (const fields of [
        `prefix: ${prefix}, maxLength: ${length}`,
        `prefix: ${prefix}, ${both}`,
        `list: x, ${both}`,
      ]) {
        for (const place of ['prefixes', 'nextHops']) {
          const found = read(
            `  policies: [{name: p, statements: [{match: {${place}: [{${fields}}]}, action: accept}]}]\n`,
          );
          if (!Array.isArray(found)) continue;
          wrong++;
          const told = found.map((fault) => fault.split(': ')[0]);
          t.is(new Set(told).size, told.length, found.join('\n'));
        }
      }
    }
  }
  t.true(wrong > 100, `${wrong}`);
});
