// Policies of router.yaml as the speaker takes them, with named lists put in where they are referred to. What is wrong with them
// meaning.ts has said before.

import type {
  CommunityMatchConfig,
  PolicyConfig,
  PrefixMatchConfig,
  RangeConfig,
  StatementConfig,
} from '#bgp/config.ts';
import { parsePrefix } from '#bgp/net/prefix.ts';
import type {
  CommunityMatchFields,
  MatchFields,
  PolicyFields,
  PrefixEntryFields,
  SetFields,
  StatementFields,
} from './policy-schema.ts';
import { put, type Writable } from './put.ts';
import type { RouterFields } from './schema.ts';
import { parseCommunity, parseExtendedCommunity, parseLargeCommunity, parseZonedAddress } from './text-formats.ts';

const UINT32 = 4_294_967_295;

/** Lists by name. */
export interface NamedLists {
  readonly prefixes: ReadonlyMap<string, readonly PrefixEntryFields[]>;
  readonly expressions: ReadonlyMap<string, readonly string[]>;
  readonly communities: ReadonlyMap<string, readonly string[]>;
}

export function collectLists({ prefixLists = [], asPathLists = [], communityLists = [] }: RouterFields): NamedLists {
  return {
    prefixes: new Map(prefixLists.map(({ name, prefixes }) => [name, prefixes])),
    expressions: new Map(asPathLists.map(({ name, expressions }) => [name, expressions])),
    communities: new Map(communityLists.map(({ name, communities }) => [name, communities])),
  };
}

export function makePolicy({ name, statements, otherwise }: PolicyFields, lists: NamedLists): PolicyConfig {
  return {
    name,
    statements: statements.map((statement, index) => makeStatement(statement, index, lists)),
    otherwise: otherwise ?? 'reject',
  };
}

function makeStatement(fields: StatementFields, index: number, lists: NamedLists): StatementConfig {
  return {
    name: fields.name ?? `statement-${index + 1}`,
    match: makeMatch(fields.match ?? {}, lists),
    set: makeSet(fields.set ?? {}),
    action: fields.action,
  };
}

function makeMatch(fields: MatchFields, lists: NamedLists): StatementConfig['match'] {
  const match: Writable<StatementConfig['match']> = {};
  put(match, 'families', fields.families);
  put(
    match,
    'prefixes',
    fields.prefixes?.flatMap((entry) => makePrefixes(entry, lists, false)),
  );
  put(match, 'sources', fields.sources);
  put(
    match,
    'neighbors',
    fields.neighbors?.map((text) => parseZonedAddress(text)?.text ?? text),
  );
  put(
    match,
    'nextHops',
    fields.nextHops?.flatMap((entry) => makePrefixes(entry, lists, true)),
  );
  put(match, 'asPath', makeExpression(fields.asPath, lists));
  put(match, 'asPathLength', makeRange(fields.asPathLength));
  put(match, 'communities', makeCommunityMatch(fields.communities, lists));
  put(match, 'extendedCommunities', makeCommunityMatch(fields.extendedCommunities, lists));
  put(match, 'largeCommunities', makeCommunityMatch(fields.largeCommunities, lists));
  put(match, 'med', makeRange(fields.med));
  put(match, 'localPreference', makeRange(fields.localPreference));
  put(match, 'origins', fields.origins);
  return match;
}

/** Addresses (next hops) lie within a prefix that says no lengths; routes equal it. */
function makePrefixes(entry: PrefixEntryFields, lists: NamedLists, isForAddresses: boolean): PrefixMatchConfig[] {
  const fields = typeof entry === 'string' ? { prefix: entry } : entry;
  if (fields.list !== undefined) {
    return (lists.prefixes.get(fields.list) ?? []).flatMap((listed) => makePrefixes(listed, lists, isForAddresses));
  }
  const { prefix: text = '', minLength, maxLength } = fields;
  const prefix = parsePrefix(text);
  if (prefix === undefined) return [];
  const longest = prefix.version === 4 ? 32 : 128;
  const isBare = minLength === undefined && maxLength === undefined;
  if (isForAddresses && isBare) return [{ prefix: prefix.toString(), minLength: longest, maxLength: longest }];
  return [
    {
      prefix: prefix.toString(),
      minLength: minLength ?? prefix.length,
      maxLength: maxLength ?? Math.max(prefix.length, minLength ?? prefix.length),
    },
  ];
}

/** Several expressions as one that finds what any of them finds. */
function makeExpression(fields: MatchFields['asPath'], lists: NamedLists): string | undefined {
  if (fields === undefined || typeof fields === 'string') return fields;
  const all = fields.flatMap((entry) =>
    typeof entry === 'string' ? [entry] : (lists.expressions.get(entry.list) ?? []),
  );
  return all.length === 1 ? all[0] : all.map((one) => `(${one})`).join('|');
}

function makeRange(fields: number | { min?: number; max?: number } | undefined): RangeConfig | undefined {
  if (fields === undefined) return undefined;
  return typeof fields === 'number'
    ? { min: fields, max: fields }
    : { min: fields.min ?? 0, max: fields.max ?? UINT32 };
}

function makeCommunityMatch(
  fields: CommunityMatchFields | undefined,
  lists: NamedLists,
): CommunityMatchConfig | undefined {
  if (fields === undefined) return undefined;
  const expand = (entries: readonly (string | { list: string })[]): string[] =>
    entries.flatMap((entry) => (typeof entry === 'string' ? [entry] : (lists.communities.get(entry.list) ?? [])));
  if (Array.isArray(fields)) return { any: expand(fields) };
  const match: Writable<CommunityMatchConfig> = {};
  if (fields.any !== undefined) match.any = expand(fields.any);
  if (fields.all !== undefined) match.all = expand(fields.all);
  if (fields.none !== undefined) match.none = expand(fields.none);
  return match;
}

function makeSet(fields: SetFields): StatementConfig['set'] {
  const set: Writable<StatementConfig['set']> = {};
  put(set, 'addCommunities', parseAll(fields.addCommunities, parseCommunity));
  put(set, 'addLargeCommunities', parseAll(fields.addLargeCommunities, parseLargeCommunity));
  put(set, 'addExtendedCommunities', parseAll(fields.addExtendedCommunities, parseExtendedCommunity));
  put(set, 'replaceCommunities', parseAll(fields.replaceCommunities, parseCommunity));
  put(set, 'replaceLargeCommunities', parseAll(fields.replaceLargeCommunities, parseLargeCommunity));
  put(set, 'replaceExtendedCommunities', parseAll(fields.replaceExtendedCommunities, parseExtendedCommunity));
  put(set, 'removeCommunities', fields.removeCommunities);
  put(set, 'removeLargeCommunities', fields.removeLargeCommunities);
  put(set, 'removeExtendedCommunities', fields.removeExtendedCommunities);
  put(set, 'localPreference', fields.localPreference);
  put(set, 'weight', fields.weight);
  put(set, 'med', makeMed(fields.med));
  put(set, 'origin', fields.origin);
  put(set, 'nextHop', fields.nextHop);
  put(set, 'prependAsn', makePrepend(fields.prependAsn));
  put(set, 'aigp', fields.aigp);
  return set;
}

function parseAll<T>(texts: readonly string[] | undefined, parse: (text: string) => T | undefined): T[] | undefined {
  return texts?.map(parse).filter((value) => value !== undefined);
}

function makeMed(fields: SetFields['med']): StatementConfig['set']['med'] {
  if (fields === undefined || fields === 'remove') return fields;
  if (typeof fields === 'number') return { set: fields };
  return fields.add === undefined ? { subtract: fields.subtract ?? 0 } : { add: fields.add };
}

function makePrepend(fields: SetFields['prependAsn']): StatementConfig['set']['prependAsn'] {
  if (fields === undefined) return undefined;
  if (typeof fields !== 'object') return { asn: fields, count: 1 };
  return { asn: fields.asn, count: fields.count ?? 1 };
}
