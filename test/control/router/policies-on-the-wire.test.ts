// From a policy in router.yaml to the octets that a neighbor gets: every condition and every change, one statement each.

import test from 'ava';
import { atRight, build, type Files, plain, ROUTE, us } from './wire-scene.ts';

/** One statement on the way in; what right gets. `otherwise` rejects. */
const statements: readonly (readonly [statement: string, gives: readonly string[], files?: Files])[] = [
  ['match: {prefixes: ["10.2.0.0/16"]}, action: accept', [plain]],
  ['match: {prefixes: [{prefix: 10.0.0.0/8, minLength: 16, maxLength: 24}]}, action: accept', [plain]],
  ['match: {prefixes: [{prefix: 10.0.0.0/8, minLength: 17, maxLength: 24}]}, action: accept', []],
  ['match: {prefixes: [{list: tens}]}, action: accept', [plain]],
  ['match: {asPath: "^64502$"}, action: accept', [plain]],
  ['match: {asPath: "_64503_"}, action: accept', []],
  ['match: {asPath: [{list: ours}]}, action: accept', [plain]],
  ['match: {asPathLength: {min: 2}}, action: accept', []],
  ['match: {nextHops: ["192.0.2.0/24"]}, action: accept', [plain]],
  ['match: {nextHops: ["198.51.100.0/24"]}, action: accept', []],
  ['match: {med: {max: 5}}, action: accept', [`${plain}`], { leftSets: 'med: 5' }],
  ['match: {med: {max: 5}}, action: accept', [], { leftSets: 'med: 6' }],
  [
    'match: {sources: [ebgp], neighbors: [192.0.2.2], families: [ipv4-unicast], origins: [igp]}, action: accept',
    [plain],
  ],
  ['match: {neighbors: [192.0.2.4]}, action: accept', []],
  [
    'match: {communities: ["64502:*"]}, action: accept',
    [`${plain}; communities 64502:5`],
    { leftSets: 'addCommunities: ["64502:5"]' },
  ],
  ['match: {communities: {none: [{list: marks}]}}, action: accept', [], { leftSets: 'addCommunities: ["64502:5"]' }],
  [
    'match: {extendedCommunities: ["rt:64502:*"]}, action: accept',
    [`${plain}; extended RT:64502:1`],
    { leftSets: 'addExtendedCommunities: ["rt:64502:1"]' },
  ],
  [
    'match: {largeCommunities: {all: ["64502:1:*"]}}, action: accept',
    [`${plain}; large 64502:1:2`],
    { leftSets: 'addLargeCommunities: ["64502:1:2"]' },
  ],
  ['match: {localPreference: 100}, action: accept', [plain]],
  [
    'set: {addCommunities: ["64501:1"]}, action: accept',
    [`${plain}; communities 64501:1 no-peer`],
    { leftSets: 'addCommunities: [no-peer]' },
  ],
  [
    'set: {removeCommunities: ["64502:*"]}, action: accept',
    [`${plain}; communities 64503:1`],
    { leftSets: 'addCommunities: ["64502:5", "64503:1"]' },
  ],
  // RFC 8642: to replace means well-known ones too.
  [
    'set: {replaceCommunities: ["64501:1"]}, action: accept',
    [`${plain}; communities 64501:1`],
    { leftSets: 'addCommunities: [no-export, "64502:5"]' },
  ],
  ['set: {replaceCommunities: []}, action: accept', [plain], { leftSets: 'addCommunities: [no-export]' }],
  [
    'set: {addExtendedCommunities: ["soo:64501:1"]}, action: accept',
    [`${plain}; extended RT:64502:1 SoO:64501:1`],
    { leftSets: 'addExtendedCommunities: ["rt:64502:1"]' },
  ],
  [
    'set: {removeExtendedCommunities: ["rt:*:*"]}, action: accept',
    [plain],
    { leftSets: 'addExtendedCommunities: ["rt:64502:1"]' },
  ],
  [
    'set: {replaceExtendedCommunities: ["rt:64501:9"]}, action: accept',
    [`${plain}; extended RT:64501:9`],
    { leftSets: 'addExtendedCommunities: ["rt:64502:1"]' },
  ],
  [
    'set: {addLargeCommunities: ["64501:0:1"]}, action: accept',
    [`${plain}; large 64502:1:2 64501:0:1`],
    { leftSets: 'addLargeCommunities: ["64502:1:2"]' },
  ],
  [
    'set: {removeLargeCommunities: ["64502:*:*"]}, action: accept',
    [plain],
    { leftSets: 'addLargeCommunities: ["64502:1:2"]' },
  ],
  [
    'set: {replaceLargeCommunities: ["64501:0:1"]}, action: accept',
    [`${plain}; large 64501:0:1`],
    { leftSets: 'addLargeCommunities: ["64502:1:2"]' },
  ],
  ['set: {localPreference: 300}, action: accept', ['path 64502; next hop 192.0.2.2; localpref 300'], { rightAsn: us }],
  [
    'set: {med: {add: 5}}, action: accept',
    ['path 64502; next hop 192.0.2.2; med 12; localpref 100'],
    { rightAsn: us, leftSets: 'med: 7' },
  ],
  [
    'set: {med: remove}, action: accept',
    ['path 64502; next hop 192.0.2.2; localpref 100'],
    { rightAsn: us, leftSets: 'med: 7' },
  ],
  ['set: {origin: incomplete}, action: accept', [`${plain}; origin 2`]],
  [
    'match: {families: [ipv4-unicast]}, set: {nextHop: 192.0.2.9}, action: accept',
    ['path 64502; next hop 192.0.2.9; localpref 100'],
    { rightAsn: us },
  ],
  ['set: {prependAsn: {asn: 64502, count: 2}}, action: accept', ['path 64501 64502 64502 64502; next hop 192.0.2.1']],
  ['set: {prependAsn: own}, action: accept', ['path 64501 64501 64502; next hop 192.0.2.1']],
  ['set: {aigp: 70}, action: accept', ['path 64502; next hop 192.0.2.2; localpref 100; aigp 70'], { rightAsn: us }],
];

const lists = [
  'prefixLists: [{name: tens, prefixes: [{prefix: 10.0.0.0/8, maxLength: 16}]}]',
  'asPathLists: [{name: ours, expressions: ["^64502$"]}]',
  'communityLists: [{name: marks, communities: ["64502:5"]}]',
];

for (const [index, [statement, gives, files = {}]] of statements.entries()) {
  test(`policy ${index}: ${statement} gives ${gives.length === 0 ? 'nothing' : gives.join(' and ')}`, (t) => {
    const policy = `policies: [{name: in, statements: [{name: said, ${statement}}]}]`;
    const scene = build({ ...files, router: [...lists, policy].join('\n'), toLeft: 'import: in' });
    t.deepEqual(atRight(scene, ROUTE), gives);
    const [decision] = scene.us.explain('ipv4-unicast', ROUTE).filter(({ direction }) => direction === 'import');
    if (gives.length === 0) t.not(decision?.isAccepted, true);
    else t.like(decision, { policy: 'in', statement: 'said', isAccepted: true });
  });
}
