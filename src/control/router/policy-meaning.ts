// What is wrong with policies and named lists when each field is right by itself: names that are not there, expressions that do not
// parse, ranges upside down. In the end the speaker's own compiler has the last word.

import { hasHostBits, parsePrefix } from '#bgp/net/prefix.ts';
import { parsePathExpression, PathExpressionError } from '#bgp/policy/as-path-expression.ts';
import { PolicyError } from '#bgp/policy/policy-error.ts';
import { Policy } from '#bgp/policy/policy.ts';
import type { FieldPath } from '../yaml/document.ts';
import { formatValue } from '../yaml/field-path.ts';
import { type Add, suggest } from './neighbor-meaning.ts';
import type {
  CommunityListFields,
  CommunityMatchFields,
  MatchFields,
  PolicyFields,
  PrefixEntryFields,
  SetFields,
} from './policy-schema.ts';
import { collectLists, makePolicy } from './policy-settings.ts';
import type { RouterFields } from './schema.ts';
import { isPattern, parseZonedAddress } from './text-formats.ts';

export const builtInPolicies: readonly string[] = ['accept', 'reject'];

interface Known {
  readonly prefixLists: ReadonlySet<string>;
  readonly asPathLists: ReadonlySet<string>;
  readonly communityLists: ReadonlyMap<string, NonNullable<CommunityListFields['kind']>>;
}

export function checkPolicies(router: RouterFields, add: Add): void {
  const { policies = [], prefixLists = [], asPathLists = [], communityLists = [] } = router;
  checkNames(policies, 'policies', add);
  checkNames(prefixLists, 'prefixLists', add);
  checkNames(asPathLists, 'asPathLists', add);
  checkNames(communityLists, 'communityLists', add);
  for (const [index, { prefixes }] of prefixLists.entries()) {
    for (const [at, entry] of prefixes.entries()) {
      checkPrefixEntry(entry, ['router', 'prefixLists', index, 'prefixes', at], new Set(), add);
    }
  }
  for (const [index, { expressions }] of asPathLists.entries()) {
    for (const [at, text] of expressions.entries()) {
      checkExpression(text, ['router', 'asPathLists', index, 'expressions', at], add);
    }
  }
  for (const [index, { kind = 'standard', communities }] of communityLists.entries()) {
    for (const [at, text] of communities.entries()) {
      if (isPattern(kind, text)) continue;
      const path = ['router', 'communityLists', index, 'communities', at];
      add(path, `${formatValue(text)}: expected a community of the list's kind, ${kind}, such as ${examples[kind]}`);
    }
  }
  const known: Known = {
    prefixLists: new Set(prefixLists.map(({ name }) => name)),
    asPathLists: new Set(asPathLists.map(({ name }) => name)),
    communityLists: new Map(communityLists.map(({ name, kind }) => [name, kind ?? 'standard'])),
  };
  let count = 0;
  const counting: Add = (path, message) => {
    count++;
    add(path, message);
  };
  for (const [index, policy] of policies.entries()) checkPolicy(policy, ['router', 'policies', index], known, counting);
  if (count === 0) compilePolicies(router, add);
}

const examples = { standard: '64500:100 or 64500:*', extended: 'rt:64500:1', large: '64500:1:*' };

function checkNames(lists: readonly { readonly name: string }[], field: string, add: Add): void {
  const seen = new Set<string>();
  for (const [index, { name }] of lists.entries()) {
    const path = ['router', field, index, 'name'];
    if (field === 'policies' && builtInPolicies.includes(name)) {
      add(path, `${formatValue(name)} is built in: expected another name`);
    }
    if (seen.has(name)) add(path, `${formatValue(name)} stands twice: remove one of them`);
    seen.add(name);
  }
}

function checkPolicy({ statements }: PolicyFields, path: FieldPath, known: Known, add: Add): void {
  for (const [index, { match = {}, set = {} }] of statements.entries()) {
    const at = [...path, 'statements', index];
    checkMatch(match, [...at, 'match'], known, add);
    checkSet(set, match, [...at, 'set'], add);
  }
}

function checkMatch(match: MatchFields, path: FieldPath, known: Known, add: Add): void {
  for (const field of ['prefixes', 'nextHops'] as const) {
    for (const [index, entry] of (match[field] ?? []).entries()) {
      checkPrefixEntry(entry, [...path, field, index], known.prefixLists, add);
    }
  }
  const { asPath } = match;
  if (typeof asPath === 'string') checkExpression(asPath, [...path, 'asPath'], add);
  else {
    for (const [index, entry] of (asPath ?? []).entries()) {
      if (typeof entry === 'string') checkExpression(entry, [...path, 'asPath', index], add);
      else checkListName(entry.list, 'asPathLists', known.asPathLists, [...path, 'asPath', index, 'list'], add);
    }
  }
  for (const field of ['asPathLength', 'med', 'localPreference'] as const) {
    const range = match[field];
    if (typeof range !== 'object') continue;
    const { min = 0, max } = range;
    if (max !== undefined && min > max) add([...path, field, 'min'], `${min}: expected at most max, which is ${max}`);
  }
  const kinds = [
    ['communities', 'standard'],
    ['extendedCommunities', 'extended'],
    ['largeCommunities', 'large'],
  ] as const;
  for (const [field, kind] of kinds) {
    const fields = match[field];
    if (fields !== undefined) checkCommunityMatch(fields, kind, [...path, field], known, add);
  }
}

function checkCommunityMatch(
  fields: CommunityMatchFields,
  kind: NonNullable<CommunityListFields['kind']>,
  path: FieldPath,
  known: Known,
  add: Add,
): void {
  const check = (entries: readonly (string | { list: string })[], at: FieldPath): void => {
    for (const [index, entry] of entries.entries()) {
      if (typeof entry === 'string') continue;
      const names = new Set(known.communityLists.keys());
      const where = [...at, index, 'list'];
      checkListName(entry.list, 'communityLists', names, where, add);
      const found = known.communityLists.get(entry.list);
      if (found === undefined || found === kind) continue;
      add(where, `${formatValue(entry.list)} is a list of ${found} communities: expected one of ${kind} ones`);
    }
  };
  if (Array.isArray(fields)) {
    check(fields, path);
    return;
  }
  for (const field of ['any', 'all', 'none'] as const) check(fields[field] ?? [], [...path, field]);
}

function checkListName(name: string, field: string, known: ReadonlySet<string>, path: FieldPath, add: Add): void {
  if (!known.has(name))
    add(path, `there is no list ${formatValue(name)} under router.${field}: ${suggest(name, known)}`);
}

function checkPrefixEntry(entry: PrefixEntryFields, path: FieldPath, lists: ReadonlySet<string>, add: Add): void {
  if (typeof entry === 'string') {
    checkHostBits(entry, path, add);
    return;
  }
  if (entry.list !== undefined) {
    checkListName(entry.list, 'prefixLists', lists, [...path, 'list'], add);
    for (const field of ['prefix', 'minLength', 'maxLength'] as const) {
      if (entry[field] !== undefined)
        add([...path, field], `${formatValue(entry[field])} stands beside list: remove one of them`);
    }
    return;
  }
  if (entry.prefix === undefined) {
    add([...path, 'prefix'], 'is missing: expected a prefix such as 203.0.113.0/24, or list');
    return;
  }
  checkHostBits(entry.prefix, [...path, 'prefix'], add);
  const prefix = parsePrefix(entry.prefix);
  if (prefix === undefined) return;
  const max = prefix.version === 4 ? 32 : 128;
  const { minLength = prefix.length, maxLength = Math.max(prefix.length, minLength) } = entry;
  if (minLength < prefix.length || minLength > max) {
    add([...path, 'minLength'], `${minLength}: expected ${prefix.length} to ${max} for ${prefix.toString()}`);
  } else if (maxLength < minLength || maxLength > max) {
    add([...path, 'maxLength'], `${maxLength}: expected ${minLength} to ${max} for ${prefix.toString()}`);
  }
}

export function checkHostBits(text: string, path: FieldPath, add: Add): void {
  if (!hasHostBits(text)) return;
  add(path, `${formatValue(text)} has host bits set: expected ${parsePrefix(text)?.toString() ?? 'a prefix'}`);
}

function checkExpression(text: string, path: FieldPath, add: Add): void {
  try {
    parsePathExpression(text);
  } catch (error) {
    if (!(error instanceof PathExpressionError)) throw error;
    add(path, `${formatValue(text)} has ${error.message}: expected an expression over AS paths such as ^65001_`);
  }
}

function checkSet(set: SetFields, match: MatchFields, path: FieldPath, add: Add): void {
  const { med, nextHop } = set;
  if (typeof med === 'object' && (med.add === undefined) === (med.subtract === undefined)) {
    add([...path, 'med'], 'a map with add and subtract, or neither: expected one of them');
  }
  const address = nextHop === undefined ? undefined : parseZonedAddress(nextHop)?.address;
  if (address === undefined) return;
  const family = address.version === 4 ? 'ipv4-unicast' : 'ipv6-unicast';
  if (match.families?.length === 1 && match.families[0] === family) return;
  add(
    [...path, 'nextHop'],
    `${formatValue(nextHop)} is for routes of one family: expected match.families: [${family}]`,
  );
}

/** What only shows when it is written out, such as expressions that grow too large: said of the policy. */
function compilePolicies(router: RouterFields, add: Add): void {
  const lists = collectLists(router);
  for (const [index, policy] of (router.policies ?? []).entries()) {
    try {
      Policy.compile(makePolicy(policy, lists));
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      add(['router', 'policies', index], error.message);
    }
  }
}
