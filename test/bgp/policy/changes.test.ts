// What statements change, alone and one after another: as values, and as what becomes of the attributes of a route.

import test from 'ava';
import type { StatementConfig } from '#bgp/config.ts';
import { families } from '#bgp/net/family.ts';
import { PolicyError } from '#bgp/policy/policy-error.ts';
import { type AttributeChanges, noChanges } from '#bgp/wire/attribute-changes.ts';
import { AttributeSets } from '#bgp/wire/attribute-sets.ts';
import { intern, judgeRoute, policyWith, statement } from './routes.ts';

/** What statements with these changes come to, each but the last with `next`. */
function changesOf(...all: StatementConfig['set'][]): AttributeChanges {
  const policy = policyWith(
    all.map((set, index) => statement({ set, action: index === all.length - 1 ? 'accept' : 'next' })),
  );
  const sets = new AttributeSets();
  return policy.changes[judgeRoute(policy, sets, '10.0.0.0/8', intern(sets, {}), 1).changesIndex];
}

const exactly = (word: number): { words: number[]; masks: number[] } => ({ words: [word], masks: [0xffff_ffff] });

const claims: readonly (readonly [
  title: string,
  sets: StatementConfig['set'][],
  expected: Partial<AttributeChanges>,
])[] = [
  ['nothing is changed by nothing', [{}], {}],
  [
    'communities of all kinds are added, each once',
    [{ addCommunities: [1, 1, 2], addLargeCommunities: [[1, 2, 3]], addExtendedCommunities: [[4, 5]] }],
    {
      communities: { isReplaced: false, remove: [], add: [[1], [2]] },
      largeCommunities: { isReplaced: false, remove: [], add: [[1, 2, 3]] },
      extendedCommunities: { isReplaced: false, remove: [], add: [[4, 5]] },
    },
  ],
  [
    'an empty list in the place of communities removes them all',
    [{ replaceCommunities: [], addCommunities: [7] }],
    { communities: { isReplaced: true, remove: [], add: [[7]] } },
  ],
  [
    'patterns are removed',
    [{ removeCommunities: ['0:9', '1:*'], removeLargeCommunities: ['1:*:*'] }],
    {
      communities: { isReplaced: false, remove: [exactly(9), { words: [0x1_0000], masks: [0xffff_0000] }], add: [] },
      largeCommunities: { isReplaced: false, remove: [{ words: [1, 0, 0], masks: [0xffff_ffff, 0, 0] }], add: [] },
    },
  ],
  [
    'what an earlier statement added a later one removes',
    [{ addCommunities: [9, 10] }, { removeCommunities: ['0:9'] }],
    { communities: { isReplaced: false, remove: [exactly(9)], add: [[10]] } },
  ],
  [
    'what an earlier statement removed a later one adds',
    [{ removeCommunities: ['0:9'] }, { addCommunities: [9] }],
    { communities: { isReplaced: false, remove: [exactly(9)], add: [[9]] } },
  ],
  [
    'a later replacement ends what came before it',
    [{ addCommunities: [1], removeCommunities: ['0:9'] }, { replaceCommunities: [2] }, { addCommunities: [3] }],
    { communities: { isReplaced: true, remove: [], add: [[2], [3]] } },
  ],
  [
    'removing from a replacement takes from it',
    [
      {
        replaceExtendedCommunities: [
          [0x0002_fbf4, 1],
          [0x0002_fbf4, 2],
        ],
      },
      { removeExtendedCommunities: ['rt:64500:1'] },
    ],
    { extendedCommunities: { isReplaced: true, remove: [], add: [[0x0002_fbf4, 2]] } },
  ],
  [
    'LOCAL_PREF, weight and origin: the last one counts',
    [
      { localPreference: 1, weight: 5, origin: 'egp' },
      { localPreference: 2, origin: 'incomplete' },
    ],
    { localPreference: 2, weight: 5, origin: 2 },
  ],
  ['MED is set', [{ med: { set: 5 } }], { med: { set: 5 } }],
  ['MED is removed', [{ med: { set: 5 } }, { med: 'remove' }], { med: 'remove' }],
  ['MED is subtracted', [{ med: { subtract: 5 } }], { med: { add: -5 } }],
  ['sums of MED add up', [{ med: { add: 5 } }, { med: { subtract: 7 } }], { med: { add: -2 } }],
  [
    'a sum goes onto a MED that was set, within bounds',
    [{ med: { set: 5 } }, { med: { subtract: 7 } }],
    { med: { set: 0 } },
  ],
  ['a sum goes onto a MED that was removed as onto 0', [{ med: 'remove' }, { med: { add: 7 } }], { med: { set: 7 } }],
  ['AIGP is set or removed', [{ aigp: 10 }, { aigp: 'remove' }], { aigp: 'remove' }],
  ['the next hop is our own', [{ nextHop: 'peer' }, { nextHop: 'self' }], { nextHop: 'self' }],
  [
    'later prepends stand left of earlier ones; 0 is our own number',
    [{ prependAsn: { asn: 64_500, count: 2 } }, { prependAsn: { asn: 'own', count: 1 } }],
    { prepend: [0, 64_500, 64_500] },
  ],
];

for (const [title, sets, expected] of claims) {
  test(title, (t) => {
    t.deepEqual(changesOf(...sets), { ...noChanges, ...expected });
  });
}

test('a next hop that is an address is for routes of its family', (t) => {
  const policy = policyWith([
    statement({ match: { families: ['ipv4-unicast'] }, set: { nextHop: '192.0.2.1' } }),
    statement({ match: { families: ['ipv6-unicast'] }, set: { nextHop: '2001:db8::1' } }),
  ]);
  const [ipv4, ipv6] = families.map(
    (family) => policy.changes[policy.constantVerdict(family)?.changesIndex ?? 0].nextHop,
  );
  t.deepEqual(ipv4, Uint8Array.of(192, 0, 2, 1));
  t.deepEqual(ipv6, Uint8Array.of(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1));
});

test('equal changes have one number, however they came about', (t) => {
  const policy = policyWith([
    statement({ match: { med: { min: 1, max: 1 } }, set: { localPreference: 7 } }),
    statement({ set: { localPreference: 7 } }),
  ]);
  const sets = new AttributeSets();
  const one = judgeRoute(policy, sets, '10.0.0.0/8', intern(sets, { med: 1 }), 1);
  const other = judgeRoute(policy, sets, '10.0.0.0/8', intern(sets, { med: 2 }), 1);
  t.is(one.changesIndex, other.changesIndex);
  t.not(one, other);
});

test('the number of different changes has a limit, beyond which routes are rejected', (t) => {
  const policy = policyWith(
    Array.from({ length: 15 }, (_, bit) => {
      return statement({
        match: { communities: { any: [`1:${bit}`] } },
        set: { addCommunities: [bit] },
        action: 'next',
      });
    }),
    'accept',
  );
  const sets = new AttributeSets();
  let accepted = 0;
  for (let mask = 0; mask < 1 << 15; mask++) {
    const communities = Array.from({ length: 15 }, (_, bit) => bit).filter((bit) => (mask & (1 << bit)) !== 0);
    const attr = intern(sets, { communities: communities.map((bit) => 0x1_0000 + bit) });
    if (judgeRoute(policy, sets, '10.0.0.0/8', attr, 1).isAccepted) accepted++;
    sets.release(attr);
    policy.forget(attr);
  }
  t.is(policy.changes.length, 16_384);
  t.true(accepted >= 16_000 && accepted <= 16_384, `${accepted}`);
});

const faults: readonly (readonly [set: StatementConfig['set'], message: RegExp])[] = [
  [{ addExtendedCommunities: [[1, 2 ** 32]] }, /set\.addExtendedCommunities\[0\]: 4294967296/],
  [{ removeCommunities: ['x'] }, /set\.removeCommunities\[0\]: "x"/],
  [{ replaceLargeCommunities: [[1, 2, -3]] }, /set\.replaceLargeCommunities\[0\]: -3/],
  [{ weight: 65_536 }, /set\.weight: 65536 .* 0 to 65535/],
  [{ med: { add: -1 } }, /set\.med\.add: -1/],
  [{ nextHop: 'me' }, /set\.nextHop: "me" .* self, peer, unchanged or an address/],
  [{ nextHop: '192.0.2.1' }, /set\.nextHop: "192\.0\.2\.1" .* match\.families to be \[ipv4-unicast\]/],
  [{ prependAsn: { asn: 0, count: 1 } }, /set\.prependAsn\.asn: 0/],
  [{ prependAsn: { asn: 'own', count: 0 } }, /set\.prependAsn\.count: 0 .* 1 to 255/],
  [{ aigp: -1 }, /set\.aigp: -1/],
];

for (const [set, message] of faults) {
  test(`${JSON.stringify(set)} is refused with its field, its value and what would be right`, (t) => {
    t.regex(t.throws(() => policyWith([statement({ set })]), { instanceOf: PolicyError })?.message ?? '', message);
  });
}
