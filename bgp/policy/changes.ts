// What a statement changes, checked and compiled, and what several of them change together. Carrying it out is wire/'s business.
// RFC 4271 §5.1.1 to §5.1.5, RFC 1997, 4360, 7311, 8092.

import type { StatementConfig } from '../config.ts';
import { addressBytes, parseAddress } from '../net/address.ts';
import type { AttributeChanges, ListChange, WordPattern } from '../wire/attribute-changes.ts';
import { type CommunityKind, parseCommunityPattern } from './community-pattern.ts';
import { PolicyError } from './policy-error.ts';

const UINT32 = 0xffff_ffff;
/** More than any path needs, and few enough to leave room for the rest of a message. */
const MAX_PREPENDED = 255;

const originCodes = { igp: 0, egp: 1, incomplete: 2 } as const;

type SetConfig = StatementConfig['set'];

/** `where` is the path of the statement's `set`, for PolicyError. */
export function compileChanges(config: StatementConfig, where: string): AttributeChanges {
  const { set } = config;
  checkNumber(set.localPreference, UINT32, `${where}.localPreference`);
  checkNumber(set.weight, 65_535, `${where}.weight`);
  if (set.origin !== undefined && originCodes[set.origin] === undefined) {
    throw new PolicyError(`${where}.origin`, set.origin, 'igp, egp or incomplete');
  }
  if (set.aigp !== 'remove') checkNumber(set.aigp, Number.MAX_SAFE_INTEGER, `${where}.aigp`);
  return {
    communities: listChange(
      'standard',
      set.replaceCommunities?.map((word) => [word]),
      set.removeCommunities,
      set.addCommunities?.map((word) => [word]),
      `${where}.`,
      'Communities',
    ),
    extendedCommunities: listChange(
      'extended',
      set.replaceExtendedCommunities,
      set.removeExtendedCommunities,
      set.addExtendedCommunities,
      `${where}.`,
      'ExtendedCommunities',
    ),
    largeCommunities: listChange(
      'large',
      set.replaceLargeCommunities,
      set.removeLargeCommunities,
      set.addLargeCommunities,
      `${where}.`,
      'LargeCommunities',
    ),
    localPreference: set.localPreference,
    med: compileMed(set.med, `${where}.med`),
    origin: set.origin === undefined ? undefined : originCodes[set.origin],
    nextHop: compileNextHop(config, `${where}.nextHop`),
    prepend: compilePrepend(set.prependAsn, `${where}.prependAsn`),
    aigp: set.aigp,
    weight: set.weight,
  };
}

/** What is changed when `second` comes after `first`. */
export function composeChanges(first: AttributeChanges, second: AttributeChanges): AttributeChanges {
  return {
    communities: composeLists(first.communities, second.communities),
    extendedCommunities: composeLists(first.extendedCommunities, second.extendedCommunities),
    largeCommunities: composeLists(first.largeCommunities, second.largeCommunities),
    localPreference: second.localPreference ?? first.localPreference,
    med: composeMed(first.med, second.med),
    origin: second.origin ?? first.origin,
    nextHop: second.nextHop ?? first.nextHop,
    prepend: [...second.prepend, ...first.prepend],
    aigp: second.aigp ?? first.aigp,
    weight: second.weight ?? first.weight,
  };
}

function listChange(
  kind: CommunityKind,
  replaced: readonly (readonly number[])[] | undefined,
  removed: readonly string[] | undefined,
  added: readonly (readonly number[])[] | undefined,
  where: string,
  field: string,
): ListChange | undefined {
  checkWords(replaced ?? [], kind, `${where}replace${field}`);
  checkWords(added ?? [], kind, `${where}add${field}`);
  const remove = (removed ?? []).flatMap((text, index) => {
    return parseCommunityPattern(kind, text, `${where}remove${field}[${index}]`);
  });
  if (replaced === undefined && remove.length === 0 && (added ?? []).length === 0) return undefined;
  const add = union(replaced ?? [], added ?? []);
  return { isReplaced: replaced !== undefined, remove: replaced === undefined ? remove : [], add };
}

function composeLists(first: ListChange | undefined, second: ListChange | undefined): ListChange | undefined {
  if (first === undefined || second === undefined) return second ?? first;
  if (second.isReplaced) return second;
  const kept = first.add.filter((words) => !second.remove.some((pattern) => matchesWords(pattern, words)));
  return {
    isReplaced: first.isReplaced,
    remove: first.isReplaced ? [] : [...first.remove, ...second.remove],
    add: union(kept, second.add),
  };
}

function matchesWords({ words, masks }: WordPattern, candidate: readonly number[]): boolean {
  return words.every((word, index) => ((candidate[index] ^ word) & masks[index]) === 0);
}

function union(
  first: readonly (readonly number[])[],
  second: readonly (readonly number[])[],
): readonly (readonly number[])[] {
  const byText = new Map<string, readonly number[]>();
  for (const words of [...first, ...second]) {
    const text = words.join(':');
    if (!byText.has(text)) byText.set(text, words);
  }
  return [...byText.values()];
}

type MedChange = AttributeChanges['med'];

function compileMed(med: SetConfig['med'], where: string): MedChange {
  if (med === undefined || med === 'remove') return med;
  if ('set' in med) {
    checkNumber(med.set, UINT32, `${where}.set`);
    return { set: med.set };
  }
  if ('add' in med) {
    checkNumber(med.add, UINT32, `${where}.add`);
    return { add: med.add };
  }
  checkNumber(med.subtract, UINT32, `${where}.subtract`);
  return { add: -med.subtract };
}

/** Sums count as a whole: bounds are applied once, to what comes out in the end. */
function composeMed(first: MedChange, second: MedChange): MedChange {
  if (first === undefined || second === undefined) return second ?? first;
  if (second === 'remove' || 'set' in second) return second;
  if (first === 'remove') return { set: clamp(second.add) };
  return 'set' in first ? { set: clamp(first.set + second.add) } : { add: first.add + second.add };
}

function clamp(med: number): number {
  return Math.min(UINT32, Math.max(0, med));
}

function compileNextHop({ set, match }: StatementConfig, where: string): AttributeChanges['nextHop'] {
  const { nextHop } = set;
  if (nextHop === undefined) return undefined;
  if (nextHop === 'self' || nextHop === 'peer' || nextHop === 'unchanged') return nextHop;
  const address = parseAddress(nextHop);
  if (address === undefined) {
    throw new PolicyError(where, nextHop, "self, peer, unchanged or an address of the route's family");
  }
  const family = address.version === 4 ? 'ipv4-unicast' : 'ipv6-unicast';
  if (match.families?.length !== 1 || match.families[0] !== family) {
    throw new PolicyError(where, nextHop, `match.families to be [${family}], the family that it is a next hop for`);
  }
  return addressBytes(address);
}

function compilePrepend(prepend: SetConfig['prependAsn'], where: string): readonly number[] {
  if (prepend === undefined) return [];
  const { asn, count } = prepend;
  if (!Number.isInteger(count) || count < 1 || count > MAX_PREPENDED) {
    throw new PolicyError(`${where}.count`, count, `1 to ${MAX_PREPENDED}`);
  }
  // 0 stands for our own number, which is why nobody may write it (RFC 7607).
  if (asn !== 'own' && (!Number.isInteger(asn) || asn < 1 || asn > UINT32)) {
    throw new PolicyError(`${where}.asn`, asn, 'own, or an AS number 1 to 4294967295');
  }
  return Array.from({ length: count }, () => (asn === 'own' ? 0 : asn));
}

const wordsOf: Record<CommunityKind, number> = { standard: 1, extended: 2, large: 3 };

function checkWords(values: readonly (readonly number[])[], kind: CommunityKind, where: string): void {
  for (const [index, words] of values.entries()) {
    if (words.length !== wordsOf[kind]) {
      throw new PolicyError(`${where}[${index}]`, words, `${wordsOf[kind]} numbers for a ${kind} community`);
    }
    for (const word of words) checkNumber(word, UINT32, `${where}[${index}]`);
  }
}

function checkNumber(value: number | undefined, max: number, where: string): void {
  if (value === undefined) return;
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new PolicyError(where, value, `a whole number 0 to ${max}`);
  }
}
