// Expressions over AS paths, parsed: the extended regular expressions of POSIX as FRR's `bgp as-path access-list` takes them, over the
// path as text (`65001 65002 {65003,65004}`, confederation segments in () and []). `_` is the start, the end, or what stands between
// numbers. Only what can occur in such a text may be written. Matching is as-path-automaton.ts's business.

/** The characters of paths; their places are the symbols of the automaton. */
export const pathCharacters = '0123456789 ,{}()[]';

export const PathSymbol = {
  Space: 10,
  Comma: 11,
  OpenSet: 12,
  CloseSet: 13,
  OpenConfed: 14,
  CloseConfed: 15,
  OpenConfedSet: 16,
  CloseConfedSet: 17,
} as const;

const ALL = (1 << pathCharacters.length) - 1;
const DIGITS = (1 << 10) - 1;
const SPACE = 1 << PathSymbol.Space;

/** `symbols` is a set of symbols as bits. */
export type PathExpression =
  | { readonly type: 'symbols'; readonly symbols: number }
  | { readonly type: 'begin' }
  | { readonly type: 'end' }
  | { readonly type: 'sequence'; readonly parts: readonly PathExpression[] }
  | { readonly type: 'choice'; readonly parts: readonly PathExpression[] }
  | { readonly type: 'repeat'; readonly part: PathExpression; readonly min: number; readonly max: number };

const delimiter: PathExpression = {
  type: 'choice',
  parts: [{ type: 'symbols', symbols: ALL & ~DIGITS }, { type: 'begin' }, { type: 'end' }],
};

const MAX_CHARACTERS = 1000;
const MAX_DEPTH = 50;
/** As RE_DUP_MAX of POSIX. */
const MAX_REPEATS = 255;

/** What cannot be parsed: where (the first character is 1) and why. */
export class PathExpressionError extends RangeError {
  readonly code = 'path-expression-invalid';
  readonly position: number;

  constructor(position: number, reason: string) {
    super(`${reason} at position ${position}`);
    this.name = 'PathExpressionError';
    this.position = position;
  }
}

/** Throws PathExpressionError. */
export function parsePathExpression(text: string): PathExpression {
  if (text.length > MAX_CHARACTERS)
    throw new PathExpressionError(MAX_CHARACTERS + 1, `more than ${MAX_CHARACTERS} characters`);
  const parser = new Parser(text);
  return parser.parse();
}

class Parser {
  private readonly text: string;
  private at: number;

  constructor(text: string) {
    this.text = text;
    this.at = 0;
  }

  parse(): PathExpression {
    const whole = this.choice(0);
    if (this.at < this.text.length) throw this.error(') without a ( before it (write \\) for one in the path)');
    return whole;
  }

  private choice(depth: number): PathExpression {
    if (depth > MAX_DEPTH) throw this.error(`more than ${MAX_DEPTH} groups within each other`);
    const parts = [this.sequence(depth)];
    while (this.text[this.at] === '|') {
      this.at++;
      parts.push(this.sequence(depth));
    }
    return parts.length === 1 ? parts[0] : { type: 'choice', parts };
  }

  private sequence(depth: number): PathExpression {
    const parts: PathExpression[] = [];
    while (this.at < this.text.length && this.text[this.at] !== '|' && this.text[this.at] !== ')') {
      let part = this.atom(depth);
      for (let repeats = this.repeats(); repeats !== undefined; repeats = this.repeats()) {
        part = { type: 'repeat', part, ...repeats };
      }
      parts.push(part);
    }
    return { type: 'sequence', parts };
  }

  private atom(depth: number): PathExpression {
    const character = this.text[this.at];
    switch (character) {
      case '^':
        this.at++;
        return { type: 'begin' };
      case '$':
        this.at++;
        return { type: 'end' };
      case '_':
        this.at++;
        return delimiter;
      case '.':
        this.at++;
        return { type: 'symbols', symbols: ALL };
      case '[':
        return { type: 'symbols', symbols: this.characterClass() };
      case '(':
        return this.group(depth);
      case '*':
      case '+':
      case '?':
        throw this.error(`nothing to repeat before ${character}`);
      case '{':
        throw this.error('nothing to repeat before { (write \\{ for the brace of an AS_SET)');
      case '\\':
        this.at++;
        if (this.at >= this.text.length) throw this.error('nothing after \\');
        break;
      default:
    }
    const symbols = this.symbolAt(this.at);
    this.at++;
    return { type: 'symbols', symbols };
  }

  private group(depth: number): PathExpression {
    const opened = this.at++;
    const inner = this.choice(depth + 1);
    if (this.text[this.at] !== ')')
      throw new PathExpressionError(opened + 1, '( without a ) (write \\( for one in the path)');
    this.at++;
    return inner;
  }

  private repeats(): { readonly min: number; readonly max: number } | undefined {
    switch (this.text[this.at]) {
      case '*':
        this.at++;
        return { min: 0, max: Infinity };
      case '+':
        this.at++;
        return { min: 1, max: Infinity };
      case '?':
        this.at++;
        return { min: 0, max: 1 };
      case '{':
        return this.interval();
      default:
        return undefined;
    }
  }

  private interval(): { readonly min: number; readonly max: number } {
    const found = /^\{(\d{1,3})(,(\d{0,3}))?\}/.exec(this.text.slice(this.at, this.at + 9));
    if (found === null) throw this.error('{ that is no {n}, {n,} or {n,m} (write \\{ for the brace of an AS_SET)');
    const min = Number(found[1]);
    const max = found[2] === undefined ? min : found[3] === '' ? Infinity : Number(found[3]);
    if (min > max) throw this.error(`{${min},${max}}, whose first number is the larger one,`);
    if (min > MAX_REPEATS || (max > MAX_REPEATS && max !== Infinity)) {
      throw this.error(`more than ${MAX_REPEATS} repeats`);
    }
    this.at += found[0].length;
    return { min, max };
  }

  /** `[0-9]`, `[^ ,]`, `[[:digit:]]`; a `]` that comes first is one of the characters. */
  private characterClass(): number {
    const opened = this.at++;
    const isNegated = this.text[this.at] === '^';
    if (isNegated) this.at++;
    let symbols = 0;
    for (let isFirst = true; isFirst || this.text[this.at] !== ']'; isFirst = false) {
      if (this.at >= this.text.length) throw new PathExpressionError(opened + 1, '[ without a ]');
      symbols |= this.named() ?? this.range();
    }
    this.at++;
    return isNegated ? ALL & ~symbols : symbols;
  }

  private named(): number | undefined {
    for (const [name, symbols] of [['[:digit:]', DIGITS] as const, ['[:space:]', SPACE] as const]) {
      if (!this.text.startsWith(name, this.at)) continue;
      this.at += name.length;
      return symbols;
    }
    return undefined;
  }

  private range(): number {
    const first = this.at;
    const low = this.symbolAt(first);
    this.at++;
    if (this.text[this.at] !== '-' || this.text[this.at + 1] === ']') return low;
    const high = this.symbolAt(this.at + 1);
    this.at += 2;
    if ((low & DIGITS) === 0 || (high & DIGITS) === 0 || low > high) {
      throw new PathExpressionError(first + 1, `${this.text.slice(first, this.at)}, which is no range of digits,`);
    }
    // From the lower bit to the higher one.
    return (high << 1) - low;
  }

  private symbolAt(at: number): number {
    const symbol = pathCharacters.indexOf(this.text[at] ?? '?');
    if (symbol >= 0) return 1 << symbol;
    throw new PathExpressionError(
      at + 1,
      this.text[at] === undefined
        ? 'the end of the text too early'
        : `${showCharacter(this.text.codePointAt(at) ?? 0)}, which no AS path has,`,
    );
  }

  private error(reason: string): PathExpressionError {
    return new PathExpressionError(this.at + 1, reason);
  }
}

/** By its number where it is none that everybody sees: the complaint goes to a terminal. */
function showCharacter(codePoint: number): string {
  if (codePoint > 0x20 && codePoint < 0x7f) return JSON.stringify(String.fromCodePoint(codePoint));
  return `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;
}
