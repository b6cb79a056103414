// hot: what a statement asks of a route's attributes, as one test of an attribute set. Values that are columns of the table are read
// there; AS path and communities from the set's block. A missing MED counts as 0 and a missing LOCAL_PREF as 100, as they do when routes
// are compared. Whoever asks often remembers the answers: condition-cache.ts.

import type { CommunityMatchConfig, RangeConfig, StatementConfig } from '../config.ts';
import { AttributeCode, AttributeFlag } from '../wire/attribute-header.ts';
import type { WordPattern } from '../wire/attribute-changes.ts';
import { type AttributeSets, type AttrSetId, SetFlag } from '../wire/attribute-sets.ts';
import { readUint32 } from '../wire/uint32.ts';
import { AsPathAutomaton } from './as-path-automaton.ts';
import { type CommunityKind, parseCommunityPattern } from './community-pattern.ts';
import { PolicyError } from './policy-error.ts';
import { PrefixSet } from './prefix-set.ts';

const UINT32 = 0xffff_ffff;
/** RFC 4271 §5.1.5 leaves the default to us; everybody's is 100. */
const DEFAULT_LOCAL_PREFERENCE = 100;

const originCodes = { igp: 0, egp: 1, incomplete: 2 } as const;

export interface AttributeCondition {
  holds(attributes: AttributeSets, attr: AttrSetId): boolean;
}

/** undefined when the statement asks for no attribute. `where` is the path of its `match`, for PolicyError. */
export function compileCondition(match: StatementConfig['match'], where: string): AttributeCondition | undefined {
  const tests: AttributeCondition[] = [];
  if (match.origins !== undefined) tests.push(originCondition(match.origins, `${where}.origins`));
  if (match.med !== undefined) tests.push(rangeCondition(match.med, `${where}.med`, (sets, attr) => sets.med[attr]));
  if (match.localPreference !== undefined) {
    tests.push(rangeCondition(match.localPreference, `${where}.localPreference`, localPreferenceOf));
  }
  if (match.asPathLength !== undefined) {
    tests.push(rangeCondition(match.asPathLength, `${where}.asPathLength`, (sets, attr) => sets.asPathLength[attr]));
  }
  if (match.nextHops !== undefined) tests.push(nextHopCondition(new PrefixSet(match.nextHops, `${where}.nextHops`)));
  const lists = [
    ['standard', match.communities, 'communities'],
    ['extended', match.extendedCommunities, 'extendedCommunities'],
    ['large', match.largeCommunities, 'largeCommunities'],
  ] as const;
  for (const [kind, config, field] of lists) {
    if (config !== undefined) tests.push(new CommunityCondition(kind, config, `${where}.${field}`));
  }
  // The longest last: it is looked at only where all the others hold.
  if (match.asPath !== undefined) tests.push(new AsPathCondition(match.asPath, `${where}.asPath`));
  if (tests.length <= 1) return tests[0];
  return { holds: (attributes, attr) => tests.every((one) => one.holds(attributes, attr)) };
}

function originCondition(origins: readonly ('igp' | 'egp' | 'incomplete')[], where: string): AttributeCondition {
  let bits = 0;
  for (const [index, origin] of origins.entries()) {
    if (originCodes[origin] === undefined) {
      throw new PolicyError(`${where}[${index}]`, origin, 'igp, egp or incomplete');
    }
    bits |= 1 << originCodes[origin];
  }
  return { holds: (attributes, attr) => (bits & (1 << attributes.origin[attr])) !== 0 };
}

function rangeCondition(
  { min, max }: RangeConfig,
  where: string,
  read: (attributes: AttributeSets, attr: AttrSetId) => number,
): AttributeCondition {
  for (const [name, value] of [['min', min] as const, ['max', max] as const]) {
    if (!Number.isInteger(value) || value < 0 || value > UINT32) {
      throw new PolicyError(`${where}.${name}`, value, `a whole number 0 to ${UINT32}`);
    }
  }
  if (min > max) throw new PolicyError(`${where}.min`, min, `at most max, which is ${max}`);
  return {
    holds: (attributes, attr) => {
      const value = read(attributes, attr);
      return value >= min && value <= max;
    },
  };
}

function localPreferenceOf(attributes: AttributeSets, attr: AttrSetId): number {
  return (attributes.flags[attr] & SetFlag.LocalPref) === 0 ? DEFAULT_LOCAL_PREFERENCE : attributes.localPref[attr];
}

/** Of an IPv6 next hop with a link-local one (RFC 2545 §3) the global address counts. A route without next hop matches nothing. */
function nextHopCondition(wanted: PrefixSet): AttributeCondition {
  return {
    holds: ({ nextHop, nextHops }, attr) => {
      const id = nextHop[attr];
      if (id === 0) return false;
      const at = id * 8;
      const { words } = nextHops;
      if (nextHops.lengths[id] === 4) return wanted.matches(4, words[at], 0, 0, 0, 32);
      return wanted.matches(6, words[at], words[at + 1], words[at + 2], words[at + 3], 128);
    },
  };
}

const codes = {
  standard: AttributeCode.Communities,
  extended: AttributeCode.ExtendedCommunities,
  large: AttributeCode.LargeCommunities,
} as const;
const sizes = { standard: 4, extended: 8, large: 12 } as const;

class CommunityCondition implements AttributeCondition {
  private readonly code: number;
  private readonly size: number;
  private readonly any: readonly WordPattern[] | undefined;
  /** One list for each pattern that must be matched. */
  private readonly all: readonly (readonly WordPattern[])[];
  private readonly none: readonly WordPattern[];

  constructor(kind: CommunityKind, config: CommunityMatchConfig, where: string) {
    this.code = codes[kind];
    this.size = sizes[kind];
    const compile = (texts: readonly string[] | undefined, field: string): WordPattern[][] =>
      (texts ?? []).map((text, index) => parseCommunityPattern(kind, text, `${where}.${field}[${index}]`));
    this.any = config.any === undefined ? undefined : compile(config.any, 'any').flat();
    this.all = compile(config.all, 'all');
    this.none = compile(config.none, 'none').flat();
  }

  holds(attributes: AttributeSets, attr: AttrSetId): boolean {
    findValue(attributes, attr, this.code, found);
    const { any, all, none } = this;
    if (any !== undefined && !this.isAnyThere(any)) return false;
    for (let index = 0; index < all.length; index++) if (!this.isAnyThere(all[index])) return false;
    return none.length === 0 || !this.isAnyThere(none);
  }

  private isAnyThere(patterns: readonly WordPattern[]): boolean {
    const { buffer, start, end } = found;
    for (let at = start; at < end; at += this.size) {
      for (let index = 0; index < patterns.length; index++) {
        const { words, masks } = patterns[index];
        let word = 0;
        while (word < words.length && ((readUint32(buffer, at + word * 4) ^ words[word]) & masks[word]) === 0) word++;
        if (word === words.length) return true;
      }
    }
    return false;
  }
}

class AsPathCondition implements AttributeCondition {
  private readonly automaton: AsPathAutomaton;

  constructor(expression: string, where: string) {
    this.automaton = AsPathAutomaton.compile(expression, where);
  }

  holds(attributes: AttributeSets, attr: AttrSetId): boolean {
    findValue(attributes, attr, AttributeCode.AsPath, found);
    return this.automaton.matches(found.buffer, found.start, found.end);
  }
}

const nothing: Uint8Array = new Uint8Array(0);

/** scratch: where the attribute looked for last stands. */
const found = { buffer: nothing, start: 0, end: 0 };

/** Finds the value of an attribute in a set's canonical block; empty when there is none. */
function findValue(attributes: AttributeSets, attr: AttrSetId, code: number, place: typeof found): void {
  place.buffer = nothing;
  place.start = 0;
  place.end = 0;
  if (attr === 0) return;
  const buffer = attributes.chunkOf(attr);
  let at = attributes.offsetOf(attr);
  const blockEnd = at + attributes.lengthOf(attr);
  while (at < blockEnd) {
    const isLong = (buffer[at] & AttributeFlag.ExtendedLength) !== 0;
    const length = isLong ? (buffer[at + 2] << 8) | buffer[at + 3] : buffer[at + 2];
    const start = at + (isLong ? 4 : 3);
    if (buffer[at + 1] === code) {
      place.buffer = buffer;
      place.start = start;
      place.end = start + length;
      return;
    }
    at = start + length;
  }
}
