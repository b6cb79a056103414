// Whether a text matches a pattern of RE2, in time that grows with the text alone and never with the ways to match it: all states of
// a nondeterministic automaton at once (Thompson's construction). Patterns come from whoever may write a CustomResourceDefinition.

import { isWord, type Node, parsePattern, PatternError, type CharacterTest } from './re2-syntax.ts';

/** States of one automaton: repetitions of repetitions multiply. RE2's own bound on memory refuses about as much. */
const maxStates = 20_000;

type State =
  | { readonly type: 'character'; readonly test: CharacterTest; readonly next: number }
  | { readonly type: 'split'; readonly next: readonly number[] }
  | { readonly type: 'assert'; readonly kind: 'start' | 'end' | 'boundary' | 'no-boundary'; readonly next: number }
  | { readonly type: 'match' };

export class Re2 {
  readonly #states: State[] = [{ type: 'match' }];
  readonly #start: number;

  /** Throws PatternError. */
  constructor(pattern: string) {
    this.#start = this.#build(parsePattern(pattern), 0);
  }

  /** States: what a character of the text costs at most. */
  get size(): number {
    return this.#states.length;
  }

  /** Anywhere in the text, unless the pattern says where. */
  test(text: string): boolean {
    const codes = Array.from(text, (character) => character.codePointAt(0) ?? 0);
    let current: number[] = [];
    /** The position, by one, at which a state was last reached. */
    const reached = new Uint32Array(this.#states.length);
    for (let at = 0; ; at++) {
      // A match may begin at each place.
      if (this.#follow(this.#start, codes, at, current, reached)) return true;
      if (at === codes.length) return false;
      const next: number[] = [];
      for (const id of current) {
        const state = this.#states[id];
        if (state.type !== 'character' || !state.test(codes[at])) continue;
        if (this.#follow(state.next, codes, at + 1, next, reached)) return true;
      }
      current = next;
    }
  }

  /** Adds the states that are reached without a character; true when the match is one of them. */
  #follow(from: number, codes: readonly number[], at: number, into: number[], reached: Uint32Array): boolean {
    const waiting = [from];
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      if (reached[id] === at + 1) continue;
      reached[id] = at + 1;
      const state = this.#states[id];
      switch (state.type) {
        case 'match':
          return true;
        case 'character':
          into.push(id);
          break;
        case 'split':
          waiting.push(...state.next);
          break;
        case 'assert':
          if (holds(state.kind, codes, at)) waiting.push(state.next);
          break;
      }
    }
    return false;
  }

  /** The state where the node begins that goes on to `next`. */
  #build(node: Node, next: number): number {
    switch (node.type) {
      case 'character':
        return this.#add({ type: 'character', test: node.test, next });
      case 'assert':
        return this.#add({ type: 'assert', kind: node.kind, next });
      case 'sequence':
        return node.parts.reduceRight((after, part) => this.#build(part, after), next);
      case 'choice':
        return this.#add({ type: 'split', next: node.options.map((option) => this.#build(option, next)) });
      case 'repeat':
        return this.#repeat(node.node, node.min, node.max, next);
    }
  }

  #repeat(node: Node, min: number, max: number | undefined, next: number): number {
    let after = next;
    if (max === undefined) {
      // The loop needs to know where it begins before that is there.
      const ends: number[] = [next];
      after = this.#add({ type: 'split', next: ends });
      ends.push(this.#build(node, after));
    } else {
      for (let count = min; count < max; count++) {
        after = this.#add({ type: 'split', next: [this.#build(node, after), next] });
      }
    }
    for (let count = 0; count < min; count++) after = this.#build(node, after);
    return after;
  }

  #add(state: State): number {
    if (this.#states.length === maxStates) throw new PatternError('expression too large');
    return this.#states.push(state) - 1;
  }
}

function holds(kind: 'start' | 'end' | 'boundary' | 'no-boundary', codes: readonly number[], at: number): boolean {
  if (kind === 'start') return at === 0;
  if (kind === 'end') return at === codes.length;
  const before = at > 0 && isWord(codes[at - 1]);
  const behind = at < codes.length && isWord(codes[at]);
  return (before !== behind) === (kind === 'boundary');
}
