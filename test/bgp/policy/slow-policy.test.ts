// Compiled policies against the slow, plain one: random statements over random routes of both families, what is decided and by
// which statement, and what becomes of the attributes.

import test from 'ava';
import { cpuMs } from '#support/cpu-time.ts';
import fc from 'fast-check';
import type { CommunityMatchConfig, PolicyConfig, StatementConfig } from '#bgp/config.ts';
import { asn } from '#bgp/net/asn.ts';
import { Policy } from '#bgp/policy/policy.ts';
import { AttributeSets, type AttrSetId } from '#bgp/wire/attribute-sets.ts';
import { type LargeCommunity, Origin, SegmentType } from '#bgp/wire/attributes.ts';
import { applyChanges } from '#bgp/wire/export-transform.ts';
import { intern, judgeRoute, peers, sources } from './routes.ts';
import { bitsOf, judgeSlowly, ownAsn, type SlowRoute } from './slow-policy.ts';

const prefixes = [
  '10.0.0.0/8',
  '10.0.0.0/9',
  '10.128.0.0/9',
  '10.1.0.0/16',
  '0.0.0.0/0',
  '10.1.2.3/32',
  '2001:db8::/32',
  '2001:db8:1::/48',
  '::/0',
  '2001:db8:0:0:1::/80',
  '2001:db8::1/128',
];
const standards = ['1:1', '1:2', '2:1', '65535:65281'];
const larges = ['1:1:1', '1:2:3', '4294967295:0:1'];
const numbers = [1, 2, 12, 65_000];
const origins = ['igp', 'egp', 'incomplete'] as const;

const subset = <T>(values: readonly T[], maxLength = 3): fc.Arbitrary<T[]> => {
  return fc.uniqueArray(fc.constantFrom(...values), { maxLength });
};
const optional = <T>(arbitrary: fc.Arbitrary<T>, freq = 1): fc.Arbitrary<T | undefined> => {
  return fc.option(arbitrary, { nil: undefined, freq });
};
const range = fc.tuple(fc.nat(4), fc.nat(4)).map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) }));
const communityMatch = (patterns: readonly string[]): fc.Arbitrary<CommunityMatchConfig> => {
  return fc.record(
    { any: subset(patterns), all: subset(patterns, 2), none: subset(patterns, 2) },
    { requiredKeys: [] },
  );
};
const prefixMatch = fc.tuple(fc.constantFrom(...prefixes), fc.nat(200), fc.nat(200)).map(([prefix, a, b]) => {
  const length = Number(prefix.split('/')[1]);
  const most = prefix.includes(':') ? 128 : 32;
  const [min, max] = [a, b].map((value) => length + (value % (most - length + 1))).toSorted((x, y) => x - y);
  return { prefix, minLength: min, maxLength: max };
});
const word = fc.constantFrom(65_537, 65_538, 131_073, 65_535 * 65_536 + 65_281);
const large = fc.constantFrom<LargeCommunity>([1, 1, 1], [1, 2, 3], [4_294_967_295, 0, 1]);

const condition: fc.Arbitrary<StatementConfig['match']> = fc.oneof(
  fc.record({ families: subset(['ipv4-unicast', 'ipv6-unicast'] as const) }),
  fc.record({ prefixes: fc.array(prefixMatch, { maxLength: 6 }) }),
  fc.record({
    sources: subset(['network', 'aggregate', 'redistributed', 'ibgp', 'ebgp', 'confederation'] as const, 5),
  }),
  fc.record({ neighbors: subset(['192.0.2.1', '2001:db8::2', '192.0.2.3']) }),
  fc.record({
    asPath: fc.constantFrom('^$', '_1_', '^1', '2$', '1.*2', '^(1|2)( [0-9]+)*$', '_12_65000', '[12]$'),
  }),
  fc.record({ asPathLength: range }),
  fc.record({ communities: communityMatch([...standards, '1:*', '*:1', '*:*']) }),
  fc.record({ largeCommunities: communityMatch([...larges, '1:*:*', '*:*:1']) }),
  fc.record({ med: range }),
  fc.record({ localPreference: fc.constantFrom({ min: 100, max: 100 }, { min: 0, max: 2 }) }),
  fc.record({ origins: subset(origins) }),
);

const match = fc
  .array(condition, { maxLength: 3 })
  .map((conditions) => conditions.reduce((all, one) => ({ ...all, ...one }), {}));

const set: fc.Arbitrary<StatementConfig['set']> = fc.record(
  {
    addCommunities: fc.array(word, { maxLength: 3 }),
    replaceCommunities: fc.array(word, { maxLength: 2 }),
    removeCommunities: subset([...standards, '1:*', '*:1']),
    addLargeCommunities: fc.array(large, { maxLength: 2 }),
    removeLargeCommunities: subset([...larges, '*:2:*']),
    localPreference: fc.nat(3),
    // Sums that cross a bound and come back are clamped once: bgp/policy/changes.ts.
    med: fc.oneof(fc.record({ set: fc.nat(4) }), fc.record({ add: fc.nat(4) }), fc.constant('remove' as const)),
    origin: fc.constantFrom(...origins),
    prependAsn: fc.record({ asn: fc.constantFrom(1, 12, 'own' as const), count: fc.integer({ min: 1, max: 3 }) }),
  },
  { requiredKeys: [] },
);

const policy: fc.Arbitrary<PolicyConfig> = fc.record({
  name: fc.constant('p'),
  statements: fc.array(
    fc.record({
      name: fc.constant('s'),
      match,
      set,
      action: fc.constantFrom('accept', 'reject', 'next', 'next'),
    }),
    { maxLength: 6 },
  ),
  otherwise: fc.constantFrom('accept', 'reject'),
});

interface Candidate {
  readonly prefix: string;
  readonly source: number;
  readonly route: Omit<SlowRoute, 'family' | 'bits' | 'source' | 'neighbor'>;
}

const candidate: fc.Arbitrary<Candidate> = fc.record({
  prefix: fc.constantFrom(...prefixes),
  source: fc.integer({ min: -2, max: 3 }),
  route: fc.record({
    asPath: fc.array(fc.constantFrom(...numbers), { maxLength: 4 }),
    communities: subset(standards),
    largeCommunities: subset(larges),
    med: optional(fc.nat(4)),
    localPreference: optional(fc.nat(3)),
    origin: fc.constantFrom(...origins),
  }),
});

const originNumbers = { igp: Origin.Igp, egp: Origin.Egp, incomplete: Origin.Incomplete };

function internRoute(sets: AttributeSets, { route }: Candidate): AttrSetId {
  return intern(sets, {
    origin: originNumbers[route.origin],
    asPath: route.asPath.length === 0 ? [] : [{ type: SegmentType.Sequence, asns: route.asPath.map(asn) }],
    communities: route.communities.map((text) => {
      const [high, low] = text.split(':').map(Number);
      return high * 65_536 + low;
    }),
    largeCommunities: route.largeCommunities.map((text): LargeCommunity => {
      const [first, second, third] = text.split(':').map(Number);
      return [first, second, third];
    }),
    med: route.med,
    localPref: route.localPreference,
  });
}

function readRoute(sets: AttributeSets, attr: AttrSetId): Candidate['route'] {
  const attributes = sets.decode(attr);
  return {
    asPath: attributes.asPath.flatMap(({ asns }) => asns),
    communities: attributes.communities.map((one) => `${Math.floor(one / 65_536)}:${one % 65_536}`).toSorted(),
    largeCommunities: attributes.largeCommunities.map((parts) => parts.join(':')).toSorted(),
    med: attributes.med,
    localPreference: attributes.localPref,
    origin: origins[attributes.origin],
  };
}

const localSources = ['network', 'redistributed', 'aggregate'] as const;

test('compiled policies decide and change as the slow one does', (t) => {
  const decided = { accepted: 0, rejected: 0, otherwise: 0 };
  fc.assert(
    fc.property(policy, fc.array(candidate, { minLength: 1, maxLength: 12 }), (config, candidates) => {
      const compiled = Policy.compile(config, sources);
      const sets = new AttributeSets();
      sets.onFree((attr) => compiled.forget(attr));
      for (const one of candidates) {
        const attr = internRoute(sets, one);
        const verdict = judgeRoute(compiled, sets, one.prefix, attr, one.source);
        const slow = judgeSlowly(config, {
          ...one.route,
          ...bitsOf(one.prefix),
          source: one.source > 0 ? peers[one.source].kind : localSources[-one.source],
          neighbor: one.source > 0 ? peers[one.source].address : undefined,
        });
        t.deepEqual([verdict.isAccepted, verdict.statement], [slow.isAccepted, slow.statement]);
        decided[slow.statement < 0 ? 'otherwise' : slow.isAccepted ? 'accepted' : 'rejected']++;
        const made = applyChanges(sets, attr, compiled.changes[verdict.changesIndex], {
          shownAsn: ownAsn,
          selfNextHop: undefined,
          peerNextHop: undefined,
          otc: undefined,
        });
        const { asPath, communities, largeCommunities, med, localPreference, origin } = slow.route;
        t.deepEqual(readRoute(sets, made), {
          asPath: [...asPath],
          communities: communities.toSorted(),
          largeCommunities: largeCommunities.toSorted(),
          med,
          localPreference,
          origin,
        });
        sets.release(made);
        // Half of them go, so that numbers are used again.
        if (one.prefix.includes(':')) sets.release(attr);
      }
    }),
    { numRuns: 1500 },
  );
  for (const [what, count] of Object.entries(decided)) t.true(count > 1000, `${what}: ${count}`);
});

test('a prefix list of 5,000 entries decides as the slow one does, and fast', (t) => {
  const entries = Array.from({ length: 5000 }, (_, index) => {
    const length = 16 + (index % 9);
    const address = `${10 + (index % 90)}.${(index * 7) % 256}.${((index * 13) % 256) & (length >= 24 ? 255 : 0)}.0`;
    return { prefix: `${address}/${length}`, minLength: length, maxLength: Math.min(32, length + (index % 5)) };
  });
  const config: PolicyConfig = {
    name: 'long',
    statements: [{ name: 'one', match: { prefixes: entries }, set: {}, action: 'accept' }],
    otherwise: 'reject',
  };
  const compiled = Policy.compile(config);
  const sets = new AttributeSets();
  const attr = intern(sets, {});
  let accepted = 0;
  for (let index = 0; index < 400; index++) {
    // Every other one stands in the list, or just below an entry.
    const { prefix } = entries[index * 11];
    const listed = Number(prefix.split('/')[1]);
    const length = index % 2 === 0 ? listed + (index % 3) : 16 + (index % 10);
    const text = `${prefix.split('/')[0]}/${length}`;
    const { isAccepted } = judgeRoute(compiled, sets, text, attr, 0);
    const slow = judgeSlowly(config, {
      ...bitsOf(text),
      source: 'network',
      neighbor: undefined,
      asPath: [],
      communities: [],
      largeCommunities: [],
      med: undefined,
      localPreference: undefined,
      origin: 'igp',
    });
    t.is(isAccepted, slow.isAccepted, text);
    if (isAccepted) accepted++;
  }
  t.true(accepted > 20 && accepted < 380, `${accepted}`);
  const before = cpuMs();
  for (let index = 0; index < 100_000; index++) judgeRoute(compiled, sets, '99.1.2.0/24', attr, 0);
  t.true(cpuMs() - before < 1000);
});
