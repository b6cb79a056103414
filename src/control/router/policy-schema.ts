// The shape of policies in router.yaml, and of the named lists that they refer to as `{list: NAME}`.
// What a shape cannot show is said in policy-meaning.ts.

import Type from 'typebox';
import { Asn, Families, Name, Origin, PrefixText, strict, Uint32, whole } from './schema-parts.ts';

const PrefixLength = Type.Integer({ minimum: 0, maximum: 128, description: 'a prefix length, 0 to 32 or 0 to 128' });

const ListName = Type.String({ minLength: 1, description: 'the name of a list under router' });

const prefixMatch = {
  prefix: PrefixText,
  minLength: Type.Optional(PrefixLength),
  maxLength: Type.Optional(PrefixLength),
};

const PrefixMatch = Type.Union([PrefixText, Type.Object(prefixMatch, strict)], {
  description: 'a prefix such as 203.0.113.0/24, or {prefix, minLength, maxLength}',
});

/** One map with every field: which of them go together is said by meaning.ts, in words. */
const PrefixEntry = Type.Union(
  [
    PrefixText,
    Type.Object({ ...prefixMatch, prefix: Type.Optional(PrefixText), list: Type.Optional(ListName) }, strict),
  ],
  { description: 'a prefix such as 203.0.113.0/24, {prefix, minLength, maxLength}, or {list: NAME}' },
);

const PrefixEntries = Type.Array(PrefixEntry, { minItems: 1, description: 'a list of prefixes, at least one' });

const ListEntry = Type.Object({ list: ListName }, strict);

const Expression = Type.String({ description: 'an expression over AS paths, such as ^65001_' });

const AsPath = Type.Union([Expression, Type.Array(Type.Union([Expression, ListEntry]), { minItems: 1 })], {
  description: 'an expression over AS paths, such as ^65001_, or a list of them and of {list: NAME}',
});

const kinds = {
  standard: 'a community such as 64500:100, 64500:* or no-export',
  extended: 'an extended community such as rt:64500:1, soo:64500:* or 0x0002fbf400000001',
  large: 'a large community such as 64500:1:2 or 64500:1:*',
};

const listOf = <T extends Type.TSchema>(entry: T, description: string) =>
  Type.Array(entry, { minItems: 1, description: `a list, at least one: ${description}` });

const communityMatch = (kind: keyof typeof kinds) => {
  const description = `${kinds[kind]}, or {list: NAME}`;
  const Entry = Type.Union([Type.String({ format: `${kind}-pattern`, description: kinds[kind] }), ListEntry], {
    description,
  });
  const Entries = Type.Optional(listOf(Entry, description));
  return Type.Union([listOf(Entry, description), Type.Object({ any: Entries, all: Entries, none: Entries }, strict)], {
    description: `a list (any of them is enough) or {any, all, none}: ${description}`,
  });
};

const patterns = (kind: keyof typeof kinds) =>
  Type.Optional(listOf(Type.String({ format: `${kind}-pattern`, description: kinds[kind] }), kinds[kind]));

const values = {
  standard: {
    format: 'community',
    description: 'a community such as 64500:100, or no-export, no-advertise, blackhole, graceful-shutdown',
  },
  extended: {
    format: 'extended-community',
    description: 'an extended community such as rt:64500:1 or soo:192.0.2.1:5',
  },
  large: { format: 'large-community', description: 'a large community such as 64500:1:2' },
};

const added = (kind: keyof typeof kinds, minItems = 1) =>
  Type.Optional(
    Type.Array(Type.String(values[kind]), {
      minItems,
      description: minItems === 0 ? 'a list of communities; [] for none' : 'a list of communities, at least one',
    }),
  );

const replaced = (kind: keyof typeof kinds) => added(kind, 0);

const range = (of: string, maximum = 4_294_967_295) => {
  const bound = Type.Optional(whole(0, maximum));
  return Type.Union([whole(0, maximum), Type.Object({ min: bound, max: bound }, strict)], {
    description: `${of}, 0 to ${maximum}, or {min, max}`,
  });
};

const Match = Type.Object(
  {
    families: Type.Optional(Families),
    prefixes: Type.Optional(PrefixEntries),
    sources: Type.Optional(
      Type.Array(
        Type.Union(
          [
            Type.Literal('network'),
            Type.Literal('aggregate'),
            Type.Literal('redistributed'),
            Type.Literal('ibgp'),
            Type.Literal('ebgp'),
            Type.Literal('confederation'),
          ],
          { description: 'network, aggregate, redistributed, ibgp, ebgp or confederation' },
        ),
        { minItems: 1, uniqueItems: true, description: 'a list of sources, at least one, each once' },
      ),
    ),
    neighbors: Type.Optional(
      Type.Array(Type.String({ format: 'neighbor', description: "a neighbor's IP address" }), {
        minItems: 1,
        description: "a list of neighbors' addresses, at least one",
      }),
    ),
    nextHops: Type.Optional(PrefixEntries),
    asPath: Type.Optional(AsPath),
    asPathLength: Type.Optional(range('a length', 65_535)),
    communities: Type.Optional(communityMatch('standard')),
    extendedCommunities: Type.Optional(communityMatch('extended')),
    largeCommunities: Type.Optional(communityMatch('large')),
    med: Type.Optional(range('a MED')),
    localPreference: Type.Optional(range('a LOCAL_PREF')),
    origins: Type.Optional(
      Type.Array(Origin, { minItems: 1, uniqueItems: true, description: 'a list of igp, egp, incomplete, each once' }),
    ),
  },
  {
    ...strict,
    description:
      'conditions: families, prefixes, sources, neighbors, nextHops, asPath, asPathLength, communities, extendedCommunities, largeCommunities, med, localPreference, origins',
  },
);

const Set = Type.Object(
  {
    addCommunities: added('standard'),
    addExtendedCommunities: added('extended'),
    addLargeCommunities: added('large'),
    replaceCommunities: replaced('standard'),
    replaceExtendedCommunities: replaced('extended'),
    replaceLargeCommunities: replaced('large'),
    removeCommunities: patterns('standard'),
    removeExtendedCommunities: patterns('extended'),
    removeLargeCommunities: patterns('large'),
    localPreference: Type.Optional(Uint32),
    weight: Type.Optional(whole(0, 65_535)),
    med: Type.Optional(
      Type.Union(
        [
          Uint32,
          Type.Literal('remove'),
          Type.Object({ add: Type.Optional(Uint32), subtract: Type.Optional(Uint32) }, strict),
        ],
        { description: '0 to 4294967295, remove, {add: N} or {subtract: N}' },
      ),
    ),
    origin: Type.Optional(Origin),
    nextHop: Type.Optional(
      Type.String({
        format: 'policy-next-hop',
        description: "self, peer, unchanged or an address of the route's family",
      }),
    ),
    prependAsn: Type.Optional(
      Type.Union(
        [
          Asn,
          Type.Literal('own'),
          Type.Object(
            {
              asn: Type.Union([Asn, Type.Literal('own')], { description: 'own, or an AS number, 1 to 4294967295' }),
              count: Type.Optional(whole(1, 255, ' times')),
            },
            strict,
          ),
        ],
        { description: 'own, an AS number, or {asn, count}' },
      ),
    ),
    aigp: Type.Optional(
      Type.Union([Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }), Type.Literal('remove')], {
        description: 'a metric from 0, or remove',
      }),
    ),
  },
  {
    ...strict,
    description:
      'changes: add, replace or remove followed by Communities, ExtendedCommunities or LargeCommunities; localPreference, weight, med, origin, nextHop, prependAsn, aigp',
  },
);

const Statement = Type.Object(
  {
    name: Type.Optional(Name),
    match: Type.Optional(Match),
    set: Type.Optional(Set),
    action: Type.Union([Type.Literal('accept'), Type.Literal('reject'), Type.Literal('next')], {
      description: 'accept, reject or next',
    }),
  },
  { ...strict, description: 'a statement: match, set, action' },
);

export const Policy = Type.Object(
  {
    name: Name,
    statements: Type.Array(Statement, { maxItems: 1000, description: 'a list of statements, at most 1000' }),
    otherwise: Type.Optional(
      Type.Union([Type.Literal('accept'), Type.Literal('reject')], {
        description: 'accept or reject: what happens to a route that no statement decided (reject if not given)',
      }),
    ),
  },
  { ...strict, description: 'a policy: name, statements, otherwise' },
);

export const PrefixList = Type.Object(
  {
    name: Name,
    prefixes: Type.Array(PrefixMatch, { minItems: 1, description: 'a list of prefixes, at least one' }),
  },
  { ...strict, description: 'a list: name, prefixes' },
);

export const AsPathList = Type.Object(
  { name: Name, expressions: Type.Array(Expression, { minItems: 1, description: 'expressions, at least one' }) },
  { ...strict, description: 'a list: name, expressions' },
);

export const CommunityList = Type.Object(
  {
    name: Name,
    kind: Type.Optional(
      Type.Union([Type.Literal('standard'), Type.Literal('extended'), Type.Literal('large')], {
        description: 'standard (if not given), extended or large',
      }),
    ),
    communities: Type.Array(Type.String(), { minItems: 1, description: 'a list of communities, at least one' }),
  },
  { ...strict, description: 'a list: name, kind, communities' },
);

export type PolicyFields = Type.Static<typeof Policy>;
export type StatementFields = Type.Static<typeof Statement>;
export type MatchFields = Type.Static<typeof Match>;
export type SetFields = Type.Static<typeof Set>;
export type PrefixEntryFields = Type.Static<typeof PrefixEntry>;
export type CommunityMatchFields = NonNullable<MatchFields['communities']>;
export type PrefixListFields = Type.Static<typeof PrefixList>;
export type AsPathListFields = Type.Static<typeof AsPathList>;
export type CommunityListFields = Type.Static<typeof CommunityList>;
