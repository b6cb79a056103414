// Regular expressions as Go writes them (RE2 syntax), parsed into a tree: patterns of CustomResourceDefinitions mean what they mean
// upstream. What RE2 refuses (back references, lookarounds, more than 1,000 repetitions) is refused here. Matching is re2.ts.

/** Whether a character, as a code point, belongs to a class. */
export type CharacterTest = (codePoint: number) => boolean;

export type Node =
  | { readonly type: 'character'; readonly test: CharacterTest }
  | { readonly type: 'sequence'; readonly parts: readonly Node[] }
  | { readonly type: 'choice'; readonly options: readonly Node[] }
  | { readonly type: 'repeat'; readonly node: Node; readonly min: number; readonly max: number | undefined }
  | { readonly type: 'assert'; readonly kind: 'start' | 'end' | 'boundary' | 'no-boundary' };

export class PatternError extends Error {
  override readonly name = 'PatternError';
}

const maxRepetitions = 1_000;
const maxDepth = 250;

const isDigit: CharacterTest = (code) => code >= 48 && code <= 57;
export const isWord: CharacterTest = (code) =>
  isDigit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;
/** `[\t\n\f\r ]` */
const isSpace: CharacterTest = (code) => code === 9 || code === 10 || code === 12 || code === 13 || code === 32;

const perlClasses: Readonly<Record<string, CharacterTest>> = { d: isDigit, w: isWord, s: isSpace };
const controls: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, a: 7 };

const posixClasses: Readonly<Record<string, CharacterTest>> = {
  alnum: (code) => isWord(code) && code !== 95,
  alpha: (code) => isWord(code) && code !== 95 && !isDigit(code),
  digit: isDigit,
  lower: (code) => code >= 97 && code <= 122,
  upper: (code) => code >= 65 && code <= 90,
  punct: (code) => code > 32 && code < 127 && (!isWord(code) || code === 95),
  space: (code) => isSpace(code) || code === 11,
  word: isWord,
  xdigit: (code) => isDigit(code) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102),
};

/** Throws PatternError. */
export function parsePattern(pattern: string): Node {
  return new Parser(pattern).parse();
}

class Parser {
  readonly #characters: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(pattern: string) {
    this.#characters = Array.from(pattern);
  }

  parse(): Node {
    const node = this.#choice();
    if (this.#at < this.#characters.length) throw new PatternError('unexpected )');
    return node;
  }

  #choice(): Node {
    if (++this.#depth > maxDepth) throw new PatternError('expression nests too deeply');
    const options = [this.#sequence()];
    while (this.#take('|')) options.push(this.#sequence());
    this.#depth--;
    return options.length === 1 ? options[0] : { type: 'choice', options };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    for (let next = this.#peek(); next !== undefined && next !== '|' && next !== ')'; next = this.#peek()) {
      parts.push(this.#repeated());
    }
    return parts.length === 1 ? parts[0] : { type: 'sequence', parts };
  }

  #repeated(): Node {
    let node = this.#atom();
    for (let count = 0; ; count++) {
      const range = this.#quantifier();
      if (range === undefined) return node;
      if (count > 0) throw new PatternError('invalid nested repetition operator');
      // Whether it is greedy does not matter to whether it matches.
      this.#take('?');
      node = { type: 'repeat', node, ...range };
    }
  }

  #quantifier(): { readonly min: number; readonly max: number | undefined } | undefined {
    if (this.#take('*')) return { min: 0, max: undefined };
    if (this.#take('+')) return { min: 1, max: undefined };
    if (this.#take('?')) return { min: 0, max: 1 };
    const rest = this.#characters.slice(this.#at, this.#at + 12).join('');
    const [whole, low, comma, high] = /^\{(\d{1,4})(,?)(\d{0,4})\}/.exec(rest) ?? [];
    // Braces that say nothing of the sort are braces.
    if (whole === undefined) return undefined;
    this.#at += whole.length;
    const min = Number(low);
    const max = comma === '' ? min : high === '' ? undefined : Number(high);
    if (min > maxRepetitions || (max ?? 0) > maxRepetitions || (max !== undefined && max < min)) {
      throw new PatternError(`invalid repeat count: ${whole}`);
    }
    return { min, max };
  }

  #atom(): Node {
    const character = this.#next();
    switch (character) {
      case '(':
        return this.#group();
      case '[':
        return { type: 'character', test: this.#class() };
      case '.':
        return { type: 'character', test: (code) => code !== 10 };
      case '^':
        return { type: 'assert', kind: 'start' };
      case '$':
        return { type: 'assert', kind: 'end' };
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
        throw new PatternError(`missing argument to repetition operator: ${character}`);
      default:
        return literal(character);
    }
  }

  #group(): Node {
    if (this.#take('?')) {
      const word = /^(?::|P?<[A-Za-z_]\w*>)/.exec(this.#characters.slice(this.#at, this.#at + 80).join(''))?.[0];
      if (word === undefined) throw new PatternError('invalid or unsupported Perl syntax: (?');
      this.#at += word.length;
    }
    const node = this.#choice();
    if (!this.#take(')')) throw new PatternError('missing closing )');
    return node;
  }

  #escape(): Node {
    const character = this.#next();
    if (character === 'b') return { type: 'assert', kind: 'boundary' };
    if (character === 'B') return { type: 'assert', kind: 'no-boundary' };
    if (character === 'A') return { type: 'assert', kind: 'start' };
    if (character === 'z') return { type: 'assert', kind: 'end' };
    const test = this.#classEscape(character);
    return test === undefined ? literal(this.#literalEscape(character)) : { type: 'character', test };
  }

  /** `\d`, `\P{Greek}` and the like; undefined for a single character. */
  #classEscape(character: string): CharacterTest | undefined {
    const perl = perlClasses[character.toLowerCase()];
    if (perl !== undefined) return character === character.toLowerCase() ? perl : (code) => !perl(code);
    if (character !== 'p' && character !== 'P') return undefined;
    let name = this.#next();
    if (name === '{') {
      name = '';
      for (let next = this.#next(); next !== '}'; next = this.#next()) name += next;
    }
    const test = unicodeTest(name);
    return character === 'p' ? test : (code) => !test(code);
  }

  #literalEscape(character: string): string {
    if (Object.hasOwn(controls, character)) return String.fromCodePoint(controls[character]);
    if (character === 'x') {
      const [whole, short, long] =
        /^(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/.exec(this.#characters.slice(this.#at, this.#at + 8).join('')) ??
        [];
      const code = Number.parseInt(short ?? long ?? '', 16);
      if (whole === undefined || !(code <= 0x10_ffff)) throw new PatternError('invalid escape sequence: \\x');
      this.#at += whole.length;
      return String.fromCodePoint(code);
    }
    // RE2 takes a backslash before punctuation alone: letters and digits are kept for meanings.
    if (/[A-Za-z0-9]/.test(character)) throw new PatternError(`invalid escape sequence: \\${character}`);
    return character;
  }

  #class(): CharacterTest {
    const isNegated = this.#take('^');
    const tests: CharacterTest[] = [];
    for (let isFirst = true; isFirst || this.#peek() !== ']'; isFirst = false) {
      const posix = /^\[:(\^?)(\w+):\]/.exec(this.#characters.slice(this.#at, this.#at + 14).join(''));
      if (posix !== null) {
        const [whole, sign, name] = posix;
        if (!Object.hasOwn(posixClasses, name)) throw new PatternError(`invalid character class range: ${whole}`);
        this.#at += whole.length;
        const test = posixClasses[name];
        tests.push(sign === '' ? test : (code) => !test(code));
        continue;
      }
      const low = this.#classMember();
      if (typeof low === 'function') {
        tests.push(low);
        continue;
      }
      let high = low;
      if (
        this.#peek() === '-' &&
        this.#characters[this.#at + 1] !== ']' &&
        this.#characters[this.#at + 1] !== undefined
      ) {
        this.#at++;
        const end = this.#classMember();
        if (typeof end === 'function' || end < low) throw new PatternError('invalid character class range');
        high = end;
      }
      tests.push((code) => code >= low && code <= high);
    }
    this.#at++;
    const isIn: CharacterTest = (code) => tests.some((test) => test(code));
    return isNegated ? (code) => !isIn(code) : isIn;
  }

  #classMember(): number | CharacterTest {
    const character = this.#next();
    if (character !== '\\') return codeOf(character);
    const escaped = this.#next();
    return this.#classEscape(escaped) ?? codeOf(this.#literalEscape(escaped));
  }

  #peek(): string | undefined {
    return this.#characters[this.#at];
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at++;
    return true;
  }

  #next(): string {
    const character = this.#peek();
    if (character === undefined) throw new PatternError('unexpected end of the expression');
    this.#at++;
    return character;
  }
}

function literal(character: string): Node {
  const wanted = codeOf(character);
  return { type: 'character', test: (code) => code === wanted };
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}

/** `L`, `Lu`, `Greek`: of JavaScript's own tables, one character at a time. */
function unicodeTest(name: string): CharacterTest {
  const property = /^[A-Z][a-z]?$/.test(name) ? name : `Script=${name}`;
  try {
    const single = new RegExp(`^\\p{${property}}$`, 'u');
    return (code) => single.test(String.fromCodePoint(code));
  } catch {
    throw new PatternError(`invalid character class range: \\p{${name.slice(0, 64)}}`);
  }
}
