// Which routes of a table are shown: by a question that each attribute set of a batch is asked once. The questions: one of the
// communities, one of the large communities, an expression over the AS path. Patterns are those of route policies (bgp/policy).

import { AsPathAutomaton } from '#bgp/policy/as-path-automaton.ts';
import { type CommunityKind, parseCommunityPattern } from '#bgp/policy/community-pattern.ts';
import type { RouteBatch } from '#bgp/views.ts';
import { AttributeCode, AttributeFlag } from '#bgp/wire/attribute-header.ts';
import { badArgument } from '../problem.ts';

/** Looks at the value of one attribute, `buffer[start, end)`; a set without it has an empty one. */
interface Question {
  readonly code: number;
  readonly isMet: (buffer: Uint8Array, start: number, end: number) => boolean;
}

export class RowFilter {
  readonly #question: Question;
  /** By attribute set of the batch: 0 not asked yet, 1 no, 2 yes. */
  #answers: Uint8Array = new Uint8Array(0);
  #batch: RouteBatch | undefined;

  constructor(question: Question) {
    this.#question = question;
  }

  begin(batch: RouteBatch): void {
    this.#batch = batch;
    this.#answers = new Uint8Array(batch.setEnds.length);
  }

  isShown(row: number): boolean {
    const batch = this.#batch;
    if (batch === undefined) return true;
    const set = batch.attributes[row];
    if (this.#answers[set] === 0) {
      const start = set === 0 ? 0 : batch.setEnds[set - 1];
      this.#answers[set] = this.#ask(batch.setBytes, start, batch.setEnds[set]) ? 2 : 1;
    }
    return this.#answers[set] === 2;
  }

  #ask(bytes: Uint8Array, blockStart: number, blockEnd: number): boolean {
    const { code, isMet } = this.#question;
    for (let at = blockStart; at < blockEnd;) {
      const isLong = (bytes[at] & AttributeFlag.ExtendedLength) !== 0;
      const start = at + (isLong ? 4 : 3);
      const end = start + (isLong ? (bytes[at + 2] << 8) | bytes[at + 3] : bytes[at + 2]);
      if (bytes[at + 1] === code) return isMet(bytes, start, end);
      at = end;
    }
    return isMet(bytes, blockEnd, blockEnd);
  }
}

const codes: Readonly<Record<CommunityKind, number>> = {
  standard: AttributeCode.Communities,
  extended: AttributeCode.ExtendedCommunities,
  large: AttributeCode.LargeCommunities,
};

/** `isExact`: it is the only community of the kind. Throws ProblemError for a pattern that means nothing. */
export function communityFilter(kind: CommunityKind, text: string, isExact = false): RowFilter {
  const patterns = orBadArgument(() => parseCommunityPattern(kind, text, 'community'));
  const words = patterns[0].words.length;
  return new RowFilter({
    code: codes[kind],
    isMet: (buffer, start, end) => {
      if (isExact && end - start !== words * 4) return false;
      for (let at = start; at + words * 4 <= end; at += words * 4) {
        const isMatch = patterns.some((pattern) =>
          pattern.words.every(
            (word, index) => (readWord(buffer, at + index * 4) & pattern.masks[index]) === (word | 0),
          ),
        );
        if (isMatch) return true;
      }
      return false;
    },
  });
}

export function asPathFilter(expression: string): RowFilter {
  const automaton = orBadArgument(() => AsPathAutomaton.compile(expression, 'as-path'));
  return new RowFilter({
    code: AttributeCode.AsPath,
    isMet: (buffer, start, end) => automaton.matches(buffer, start, end),
  });
}

function orBadArgument<Value>(parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    if (error instanceof Error && error.name === 'PolicyError') throw badArgument(error.message);
    throw error;
  }
}

function readWord(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}
