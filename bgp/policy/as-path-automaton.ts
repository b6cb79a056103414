// hot: AS path expressions as automata. Peers choose the paths, so nothing here ever goes back: the expression becomes a
// nondeterministic automaton of bounded size, whose sets of states become the states of a deterministic one when they are first met. A
// path takes one step a character. At most MAX_SETS sets are kept; beyond that all are forgotten, and met again.

import { SegmentType } from '../wire/attribute-header.ts';
import { readUint32 } from '../wire/uint32.ts';
import {
  parsePathExpression,
  pathCharacters,
  type PathExpression,
  PathExpressionError,
  PathSymbol,
} from './as-path-expression.ts';
import { PolicyError } from './policy-error.ts';

/** States of the nondeterministic automaton. */
const MAX_STATES = 1000;
const MAX_SETS = 512;
const SYMBOLS = pathCharacters.length;
const UNKNOWN = -1;

const Kind = { Symbols: 0, Split: 1, Begin: 2, End: 3, Accept: 4 } as const;
type Kind = (typeof Kind)[keyof typeof Kind];

interface State {
  readonly kind: Kind;
  /** Bits of the symbols that lead on. */
  readonly symbols: number;
  next: number;
  /** The other way of a split. */
  other: number;
}

export class AsPathAutomaton {
  private readonly states: readonly State[];
  private readonly first: number;
  /** Sets of states, in the order in which they were met; 0 is the one before the first character. */
  private sets: (readonly number[])[];
  private readonly setByText: Map<string, number>;
  /** Set by set and symbol. */
  private readonly steps: Int16Array;
  /** By set: matched whatever follows; matched when nothing follows; can never match any more. */
  private readonly isMatched: Uint8Array;
  private readonly isMatchedAtEnd: Uint8Array;
  private readonly isHopeless: Uint8Array;
  /** scratch: by state, the walk that has met it. */
  private readonly marks: Uint32Array;
  private walk: number;

  private constructor(states: readonly State[], first: number) {
    this.states = states;
    this.first = first;
    this.sets = [];
    this.setByText = new Map();
    this.steps = new Int16Array((MAX_SETS + 1) * SYMBOLS);
    this.isMatched = new Uint8Array(MAX_SETS + 1);
    this.isMatchedAtEnd = new Uint8Array(MAX_SETS + 1);
    this.isHopeless = new Uint8Array(MAX_SETS + 1);
    this.marks = new Uint32Array(states.length);
    this.walk = 0;
    this.forget();
  }

  /** Throws PolicyError that names `where`, the expression, and the position that is wrong. */
  static compile(expression: string, where: string): AsPathAutomaton {
    try {
      const states: State[] = [];
      const accept = addState(states, Kind.Accept, 0, 0, 0);
      const first = build(states, parsePathExpression(expression), accept);
      return new AsPathAutomaton(states, first);
    } catch (error) {
      if (!(error instanceof PathExpressionError)) throw error;
      throw new PolicyError(where, expression, `an expression over AS paths such as ^65001_; it has ${error.message}`);
    }
  }

  /** Whether the expression is found in an AS_PATH of four-octet numbers. */
  matches(buffer: Uint8Array, start: number, end: number): boolean {
    let set = 0;
    for (let at = start; at < end && !this.isDecided(set);) {
      if (at !== start) set = this.step(set, PathSymbol.Space);
      const type = buffer[at];
      const next = at + 2 + buffer[at + 1] * 4;
      if (type === SegmentType.Set) set = this.step(set, PathSymbol.OpenSet);
      else if (type === SegmentType.ConfedSequence) set = this.step(set, PathSymbol.OpenConfed);
      else if (type === SegmentType.ConfedSet) set = this.step(set, PathSymbol.OpenConfedSet);
      const isSet = type === SegmentType.Set || type === SegmentType.ConfedSet;
      for (let from = at + 2; from < next && !this.isDecided(set); from += 4) {
        if (from !== at + 2) set = this.step(set, isSet ? PathSymbol.Comma : PathSymbol.Space);
        set = this.number(set, readUint32(buffer, from));
      }
      if (type === SegmentType.Set) set = this.step(set, PathSymbol.CloseSet);
      else if (type === SegmentType.ConfedSequence) set = this.step(set, PathSymbol.CloseConfed);
      else if (type === SegmentType.ConfedSet) set = this.step(set, PathSymbol.CloseConfedSet);
      at = next;
    }
    return this.isMatched[set] === 1 || (this.isHopeless[set] === 0 && this.isMatchedAtEnd[set] === 1);
  }

  private isDecided(set: number): boolean {
    return this.isMatched[set] === 1 || this.isHopeless[set] === 1;
  }

  private number(before: number, asn: number): number {
    let set = before;
    let scale = 1;
    while (scale * 10 <= asn) scale *= 10;
    for (let rest = asn; scale >= 1; scale /= 10) {
      const digit = Math.floor(rest / scale);
      rest -= digit * scale;
      set = this.step(set, digit);
    }
    return set;
  }

  private step(set: number, symbol: number): number {
    // What was found stays found.
    if (this.isMatched[set] === 1) return set;
    const known = this.steps[set * SYMBOLS + symbol];
    return known === UNKNOWN ? this.learn(set, symbol) : known;
  }

  private learn(set: number, symbol: number): number {
    const members: number[] = [];
    this.walk++;
    for (const member of this.sets[set]) {
      const state = this.states[member];
      if (state.kind === Kind.Symbols && (state.symbols & (1 << symbol)) !== 0)
        this.follow(state.next, false, false, members);
    }
    // An expression may match anywhere: it begins anew with each character.
    this.follow(this.first, false, false, members);
    const isFull = this.sets.length > MAX_SETS;
    if (isFull) this.forget();
    const next = this.setOf(members.toSorted((a, b) => a - b));
    if (!isFull) this.steps[set * SYMBOLS + symbol] = next;
    return next;
  }

  private setOf(members: readonly number[]): number {
    const text = members.join(' ');
    const known = this.setByText.get(text);
    if (known !== undefined) return known;
    const set = this.add(members, false);
    this.setByText.set(text, set);
    return set;
  }

  private add(members: readonly number[], isBegin: boolean): number {
    const set = this.sets.push(members) - 1;
    this.isMatched[set] = this.hasAccepted(members) ? 1 : 0;
    // Where nothing can begin behind the first character, a set without members is followed by itself.
    this.isHopeless[set] = members.length === 0 ? 1 : 0;
    const atEnd: number[] = [];
    this.walk++;
    for (const member of members) this.follow(member, isBegin, true, atEnd);
    this.isMatchedAtEnd[set] = this.hasAccepted(atEnd) ? 1 : 0;
    return set;
  }

  private hasAccepted(members: readonly number[]): boolean {
    return members.some((member) => this.states[member].kind === Kind.Accept);
  }

  private forget(): void {
    this.sets = [];
    this.setByText.clear();
    this.steps.fill(UNKNOWN);
    const members: number[] = [];
    this.walk++;
    this.follow(this.first, true, false, members);
    // Not to be found by its members: only here the path begins.
    this.add(members, true);
  }

  /** Collects what can be reached without a character: states that wait for one, for the end, or have arrived. */
  private follow(from: number, isBegin: boolean, isEnd: boolean, members: number[]): void {
    const open = [from];
    for (let current = open.pop(); current !== undefined; current = open.pop()) {
      if (this.marks[current] === this.walk) continue;
      this.marks[current] = this.walk;
      const state = this.states[current];
      if (state.kind === Kind.Split) open.push(state.other, state.next);
      else if (state.kind === Kind.Begin) {
        if (isBegin) open.push(state.next);
      } else if (state.kind === Kind.End && isEnd) open.push(state.next);
      else members.push(current);
    }
  }
}

function addState(states: State[], kind: Kind, symbols: number, next: number, other: number): number {
  if (states.length >= MAX_STATES)
    throw new PathExpressionError(1, `more than ${MAX_STATES} states when it is written out`);
  return states.push({ kind, symbols, next, other }) - 1;
}

/** Adds an expression that leads to state `next`; answers where it begins. */
function build(states: State[], expression: PathExpression, next: number): number {
  switch (expression.type) {
    case 'symbols':
      return addState(states, Kind.Symbols, expression.symbols, next, next);
    case 'begin':
      return addState(states, Kind.Begin, 0, next, next);
    case 'end':
      return addState(states, Kind.End, 0, next, next);
    case 'sequence':
      return expression.parts.reduceRight((after, part) => build(states, part, after), next);
    case 'choice':
      return expression.parts
        .map((part) => build(states, part, next))
        .reduce((first, second) => addState(states, Kind.Split, 0, first, second));
    case 'repeat':
      return buildRepeat(states, expression.part, expression.min, expression.max, next);
  }
}

function buildRepeat(states: State[], part: PathExpression, min: number, max: number, next: number): number {
  let after = next;
  if (max === Infinity) {
    after = addState(states, Kind.Split, 0, next, next);
    states[after].other = build(states, part, after);
  } else {
    for (let index = min; index < max; index++) {
      const once = build(states, part, after);
      after = addState(states, Kind.Split, 0, once, next);
    }
  }
  for (let index = 0; index < min; index++) {
    const before = after;
    after = build(states, part, before);
    // Nothing to repeat: `(){255}` in `(){255}` in …
    if (after === before) break;
  }
  return after;
}
