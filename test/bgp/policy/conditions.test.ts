// Each condition of a statement, with a route that it takes and one that it does not, and how answers are remembered.

import test from 'ava';
import type { StatementConfig } from '#bgp/config.ts';
import { parseAddress } from '#bgp/net/address.ts';
import { families } from '#bgp/net/family.ts';
import { policySource } from '#bgp/policy/policy-sources.ts';
import { Policy } from '#bgp/policy/policy.ts';
import { PolicyError } from '#bgp/policy/policy-error.ts';
import { AttributeSets } from '#bgp/wire/attribute-sets.ts';
import { Origin, type PathAttributes } from '#bgp/wire/attributes.ts';
import { intern, judgeRoute, path, policyWith, statement } from './routes.ts';

interface Route {
  readonly prefix?: string;
  readonly source?: number;
  readonly attributes?: Partial<PathAttributes>;
}

function accepts(
  match: StatementConfig['match'],
  { prefix = '10.1.0.0/16', source = 1, attributes = {} }: Route,
): boolean {
  const sets = new AttributeSets();
  return judgeRoute(policyWith([statement({ match })]), sets, prefix, intern(sets, attributes), source).isAccepted;
}

function nextHop(text: string): Partial<PathAttributes> {
  return { nextHop: parseAddress(text) };
}

/** Eight octets by two words. */
function extended(high: number, low: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, high);
  view.setUint32(4, low);
  return bytes;
}

const words = (text: string): number => {
  const [high, low] = text.split(':').map(Number);
  return high * 65_536 + low;
};

const standard = (...texts: string[]): Partial<PathAttributes> => ({ communities: texts.map(words) });
const rt = (high: number, low: number): Partial<PathAttributes> => ({ extendedCommunities: [extended(high, low)] });

const claims: readonly (readonly [
  title: string,
  match: StatementConfig['match'],
  taken: readonly Route[],
  others: readonly Route[],
])[] = [
  ['families take routes of the family', { families: ['ipv6-unicast'] }, [{ prefix: '2001:db8::/32' }], [{}]],
  [
    'sources tell kinds of neighbors apart',
    { sources: ['ebgp', 'confederation'] },
    [{ source: 1 }, { source: 3 }],
    [{ source: 2 }, { source: policySource(0, 0) }],
  ],
  [
    'sources tell what began here apart',
    { sources: ['network', 'aggregate'] },
    [{ source: policySource(0, 0) }, { source: policySource(0, 2) }],
    [{ source: policySource(0, 1) }, { source: 1 }],
  ],
  [
    'redistributed routes are a source',
    { sources: ['redistributed'] },
    [{ source: policySource(0, 1) }],
    [{ source: 2 }],
  ],
  [
    'neighbors are their addresses, of both families and without a zone',
    { neighbors: ['192.0.2.1', '2001:db8::2', 'fe80::4%eth0'] },
    [{ source: 1 }, { source: 2 }, { source: 4 }],
    [{ source: 3 }, { source: policySource(0, 0) }],
  ],
  [
    'next hops are matched as addresses within prefixes',
    { nextHops: [{ prefix: '192.0.2.0/24', minLength: 32, maxLength: 32 }] },
    [{ attributes: nextHop('192.0.2.7') }],
    [{ attributes: nextHop('198.51.100.7') }, { attributes: nextHop('2001:db8::1') }, {}],
  ],
  [
    'of an IPv6 next hop the global address counts',
    { nextHops: [{ prefix: '2001:db8::/32', minLength: 128, maxLength: 128 }] },
    [
      {
        prefix: '2001:db8:1::/48',
        attributes: { ...nextHop('2001:db8::1'), linkLocalNextHop: parseAddress('fe80::1') },
      },
    ],
    [{ prefix: '2001:db8:1::/48', attributes: nextHop('2001:db9::1') }],
  ],
  [
    'AS paths are matched by expressions',
    { asPath: '_65002$' },
    [{ attributes: { asPath: path('65001 65002') } }],
    [{ attributes: { asPath: path('65002 65001') } }, {}],
  ],
  ['an expression for no path takes what begins here', { asPath: '^$' }, [{}], [{ attributes: { asPath: path('1') } }]],
  [
    'an AS path is as long as RFC 4271 §9.1.2.2 (a) and RFC 5065 §5.3 count it',
    { asPathLength: { min: 2, max: 3 } },
    [{ attributes: { asPath: path('1 2') } }, { attributes: { asPath: path('(7 8 9) 1 2 {3,4}') } }],
    [{ attributes: { asPath: path('1') } }, { attributes: { asPath: path('1 2 3 4') } }],
  ],
  [
    'a community of any pattern is enough',
    { communities: { any: ['64500:1', '64501:*'] } },
    [{ attributes: standard('64500:1') }, { attributes: standard('1:1', '64501:77') }],
    [{ attributes: standard('64500:2') }, {}],
  ],
  [
    'every pattern of all needs a community',
    { communities: { all: ['64500:1', '*:666'] } },
    [{ attributes: standard('1:666', '64500:1', '2:2') }],
    [{ attributes: standard('64500:1') }, { attributes: standard('1:666') }],
  ],
  [
    'none refuses what has one of them',
    { communities: { none: ['64500:*'] } },
    [{}, { attributes: standard('64501:1') }],
    [{ attributes: standard('64501:1', '64500:9') }],
  ],
  [
    'any, all and none hold together',
    { communities: { any: ['1:1', '1:2'], all: ['2:*'], none: ['3:3'] } },
    [{ attributes: standard('1:2', '2:9') }],
    [{ attributes: standard('1:2') }, { attributes: standard('2:9') }, { attributes: standard('1:1', '2:9', '3:3') }],
  ],
  [
    'well-known communities have names',
    { communities: { any: ['no-export', 'blackhole'] } },
    [{ attributes: { communities: [0xffff_ff01] } }, { attributes: { communities: [0xffff_029a] } }],
    [{ attributes: { communities: [0xffff_ff02] } }],
  ],
  [
    'a route target of a two-octet AS is matched by its numbers',
    { extendedCommunities: { any: ['rt:64500:1'] } },
    [{ attributes: rt(0x0002_fbf4, 1) }],
    [{ attributes: rt(0x0003_fbf4, 1) }, { attributes: rt(0x0002_fbf4, 2) }, {}],
  ],
  [
    'a route target with any number is matched in the encodings of two and four octets',
    { extendedCommunities: { any: ['rt:64500:*'] } },
    [{ attributes: rt(0x0002_fbf4, 99) }, { attributes: rt(0x0202_0000, 0xfbf4_0007) }],
    [{ attributes: rt(0x0102_0000, 0xfbf4_0007) }, { attributes: rt(0x0002_fbf5, 99) }],
  ],
  [
    'site of origin by an address, and route targets of large AS numbers',
    { extendedCommunities: { any: ['soo:192.0.2.1:5', 'rt:4200000000:7'] } },
    [{ attributes: rt(0x0103_c000, 0x0201_0005) }, { attributes: rt(0x0202_fa56, 0xea00_0007) }],
    [{ attributes: rt(0x0102_c000, 0x0201_0005) }],
  ],
  [
    'an extended community of another kind is matched by its octets',
    { extendedCommunities: { any: ['0x030b000000000001'] } },
    [{ attributes: rt(0x030b_0000, 1) }],
    [{ attributes: rt(0x030b_0000, 2) }],
  ],
  [
    'large communities are matched by each of their numbers',
    { largeCommunities: { any: ['64500:1:*', '*:*:4294967295'] } },
    [
      { attributes: { largeCommunities: [[64_500, 1, 9]] } },
      { attributes: { largeCommunities: [[1, 2, 4_294_967_295]] } },
    ],
    [{ attributes: { largeCommunities: [[64_500, 2, 9]] } }, {}],
  ],
  [
    'MED is a range, a missing one is 0',
    { med: { min: 0, max: 9 } },
    [{}, { attributes: { med: 9 } }],
    [{ attributes: { med: 10 } }],
  ],
  [
    'LOCAL_PREF is a range, a missing one is 100',
    { localPreference: { min: 100, max: 200 } },
    [{}, { attributes: { localPref: 200 } }],
    [{ attributes: { localPref: 0 } }, { attributes: { localPref: 201 } }],
  ],
  [
    'origins are a choice',
    { origins: ['egp', 'incomplete'] },
    [{ attributes: { origin: Origin.Incomplete } }, { attributes: { origin: Origin.Egp } }],
    [{ attributes: { origin: Origin.Igp } }],
  ],
  [
    'every condition that is given must hold',
    { origins: ['igp'], med: { min: 5, max: 5 }, sources: ['ebgp'] },
    [{ attributes: { med: 5 } }],
    [{ attributes: { med: 6 } }, { attributes: { med: 5 }, source: 2 }, { attributes: { med: 5, origin: Origin.Egp } }],
  ],
];

for (const [title, match, taken, others] of claims) {
  test(title, (t) => {
    for (const route of taken) t.true(accepts(match, route), JSON.stringify(route));
    for (const route of others) t.false(accepts(match, route), JSON.stringify(route));
  });
}

test('conditions on sources and attributes leave no constant verdict, and the verdict tells which statement decided', (t) => {
  const policy = policyWith([
    statement({ name: 'first', match: { sources: ['ibgp'] }, action: 'reject' }),
    statement({ name: 'second', match: { med: { min: 1, max: 1 } } }),
  ]);
  for (const family of families) t.is(policy.constantVerdict(family), undefined);
  const sets = new AttributeSets();
  const attr = intern(sets, { med: 1 });
  const verdict = judgeRoute(policy, sets, '10.0.0.0/8', attr, 1);
  t.deepEqual(policy.describe(verdict), { policy: 'test', statement: 1, statementName: 'second', isAccepted: true });
  const otherwise = judgeRoute(policy, sets, '10.0.0.0/8', intern(sets, {}), 1);
  t.deepEqual(policy.describe(otherwise), {
    policy: 'test',
    statement: -1,
    statementName: undefined,
    isAccepted: false,
  });
});

test('an answer is remembered until its attribute set is freed, and then found out anew', (t) => {
  const policy = policyWith([statement({ match: { med: { min: 1, max: 1 } } })]);
  const sets = new AttributeSets();
  sets.onFree((attr) => policy.forget(attr));
  const first = intern(sets, { med: 1 });
  t.true(judgeRoute(policy, sets, '10.0.0.0/8', first, 1).isAccepted);
  t.true(judgeRoute(policy, sets, '10.0.0.0/8', first, 1).isAccepted);
  sets.release(first);
  const second = intern(sets, { med: 2 });
  t.is(second, first, 'the number is used again');
  t.false(judgeRoute(policy, sets, '10.0.0.0/8', second, 1).isAccepted);
});

test('what is remembered has a limit, beyond which answers stay right', (t) => {
  const policy = policyWith(
    Array.from({ length: 40 }, (_, index) =>
      statement({ match: { med: { min: index, max: index } }, action: index % 2 === 0 ? 'accept' : 'reject' }),
    ),
  );
  const sets = new AttributeSets();
  const attrs = Array.from({ length: 70_000 }, (_, index) => intern(sets, { med: index % 41, localPref: index }));
  for (let round = 0; round < 2; round++) {
    let wrong = 0;
    for (const [index, attr] of attrs.entries()) {
      const expected = index % 41 < 40 && (index % 41) % 2 === 0;
      if (judgeRoute(policy, sets, '10.0.0.0/8', attr, 1).isAccepted !== expected) wrong++;
    }
    t.is(wrong, 0);
  }
});

test('a policy that asks for neighbors cannot be used without the table that knows them', (t) => {
  const policy = Policy.compile({
    name: 'x',
    otherwise: 'accept',
    statements: [statement({ match: { sources: ['ebgp'] } })],
  });
  const sets = new AttributeSets();
  t.throws(() => judgeRoute(policy, sets, '10.0.0.0/8', intern(sets, {}), 1), { message: /number 1/ });
});

const faults: readonly (readonly [match: StatementConfig['match'], message: RegExp])[] = [
  [{ communities: { any: ['65536:1'] } }, /match\.communities\.any\[0\]: "65536:1" .* 64500:100/],
  [{ communities: { all: ['internet'] } }, /match\.communities\.all\[0\]/],
  [{ largeCommunities: { none: ['1:2'] } }, /match\.largeCommunities\.none\[0\]: "1:2" .* three numbers/],
  [{ extendedCommunities: { any: ['rt:64500'] } }, /match\.extendedCommunities\.any\[0\]: "rt:64500" .* rt:64500:1/],
  [{ extendedCommunities: { any: ['rt:4200000000:65536'] } }, /extendedCommunities\.any\[0\]/],
  [{ med: { min: 5, max: 4 } }, /match\.med\.min: 5 .* at most max, which is 4/],
  [{ localPreference: { min: -1, max: 4 } }, /match\.localPreference\.min: -1/],
  [{ neighbors: ['router1'] }, /match\.neighbors\[0\]: "router1" .* neighbor's IP address/],
  [{ asPath: '(' }, /match\.asPath: "\(" .* \( without a \)/],
  [{ nextHops: [{ prefix: '192.0.2.0', minLength: 24, maxLength: 24 }] }, /match\.nextHops\[0\]\.prefix/],
];

for (const [match, message] of faults) {
  test(`${JSON.stringify(match)} is refused with its field, its value and what would be right`, (t) => {
    const error = t.throws(() => policyWith([statement({ match })]), { instanceOf: PolicyError });
    t.regex(error?.message ?? '', message);
    t.true(error?.field.startsWith('policies.test.statements[0].match.'));
  });
}
