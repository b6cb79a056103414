// Rules in the Common Expression Language (cel-spec, "Syntax") as trees. Macros are told apart here (`has`, `all`, `map`…), names are
// resolved by check.ts, values come from evaluate.ts. Bounded in length and depth.

import { CelError, Uint, type Value } from './values.ts';

export type Quantifier = 'all' | 'exists' | 'exists_one' | 'map' | 'filter';

export type Expr =
  | { readonly type: 'literal'; readonly value: Value }
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'select'; readonly of: Expr; readonly field: string; readonly isTest: boolean }
  | { readonly type: 'index'; readonly of: Expr; readonly key: Expr }
  | { readonly type: 'list'; readonly items: readonly Expr[] }
  | { readonly type: 'map'; readonly entries: readonly (readonly [Expr, Expr])[] }
  | { readonly type: 'call'; readonly name: string; readonly target: Expr | undefined; readonly args: readonly Expr[] }
  | { readonly type: 'operator'; readonly name: string; readonly args: readonly Expr[] }
  | { readonly type: 'and' | 'or'; readonly left: Expr; readonly right: Expr }
  | { readonly type: 'choose'; readonly when: Expr; readonly chosen: Expr; readonly otherwise: Expr }
  | {
      readonly type: 'macro';
      readonly name: Quantifier;
      readonly of: Expr;
      readonly variable: string;
      /** Of `map` with three arguments: which elements count. */
      readonly filter: Expr | undefined;
      readonly body: Expr;
    };

const maxLength = 16 * 1024;
const maxDepth = 100;

interface Token {
  readonly kind: 'name' | 'number' | 'text' | 'sign' | 'end';
  readonly text: string;
  readonly at: number;
}

const patterns: readonly (readonly [Token['kind'] | 'space', RegExp])[] = [
  ['space', /(?:\s|\/\/[^\n]*)+/y],
  ['text', /[rR]?(?:"""(?:[^\\]|\\[^])*?"""|'''(?:[^\\]|\\[^])*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')/y],
  ['name', /[A-Za-z_][A-Za-z0-9_]*/y],
  ['number', /0[xX][0-9a-fA-F]+[uU]?|\d+\.\d+(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\d+[uU]?/y],
  ['sign', /&&|\|\||[=!<>]=|[-+*/%!<>?:.,()[\]{}]/y],
];

const relations = ['==', '!=', '<', '<=', '>', '>='];
const quantifiers: Readonly<Record<string, Quantifier>> = {
  all: 'all',
  exists: 'exists',
  exists_one: 'exists_one',
  map: 'map',
  filter: 'filter',
};
const escapes: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '`': '`',
  '?': '?',
};

/** Throws CelError. */
export function parseRule(rule: string): Expr {
  if (rule.length > maxLength) throw new CelError(`rule is longer than ${maxLength} characters`);
  return new Parser(readTokens(rule)).parse();
}

function readTokens(rule: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < rule.length;) {
    let isFound = false;
    for (const [kind, pattern] of patterns) {
      pattern.lastIndex = at;
      const text = pattern.exec(rule)?.[0];
      if (text === undefined) continue;
      if (kind !== 'space') tokens.push({ kind, text, at });
      at += text.length;
      isFound = true;
      break;
    }
    if (!isFound)
      throw new CelError(`Syntax error: token recognition error at: '${rule.slice(at, at + 1)}' (column ${at})`);
  }
  tokens.push({ kind: 'end', text: '<EOF>', at: rule.length });
  return tokens;
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Expr {
    const whole = this.#expression();
    if (this.#token.kind !== 'end') this.#fail();
    return whole;
  }

  #expression(): Expr {
    if (++this.#depth > maxDepth) throw new CelError('expression nests too deeply');
    const when = this.#or();
    let whole = when;
    if (this.#take('?')) {
      const chosen = this.#or();
      this.#expect(':');
      whole = { type: 'choose', when, chosen, otherwise: this.#expression() };
    }
    this.#depth--;
    return whole;
  }

  #or(): Expr {
    let left = this.#and();
    while (this.#take('||')) left = { type: 'or', left, right: this.#and() };
    return left;
  }

  #and(): Expr {
    let left = this.#relation();
    while (this.#take('&&')) left = { type: 'and', left, right: this.#relation() };
    return left;
  }

  #relation(): Expr {
    let left = this.#sum();
    for (;;) {
      const { kind, text } = this.#token;
      const isRelation = kind === 'sign' ? relations.includes(text) : kind === 'name' && text === 'in';
      if (!isRelation) return left;
      this.#at++;
      left = { type: 'operator', name: text, args: [left, this.#sum()] };
    }
  }

  #sum(): Expr {
    let left = this.#product();
    for (;;) {
      const name = this.#takeOf(['+', '-']);
      if (name === undefined) return left;
      left = { type: 'operator', name, args: [left, this.#product()] };
    }
  }

  #product(): Expr {
    let left = this.#unary();
    for (;;) {
      const name = this.#takeOf(['*', '/', '%']);
      if (name === undefined) return left;
      left = { type: 'operator', name, args: [left, this.#unary()] };
    }
  }

  #unary(): Expr {
    const signs: string[] = [];
    for (let sign = this.#takeOf(['!', '-']); sign !== undefined; sign = this.#takeOf(['!', '-'])) signs.push(sign);
    // The smallest integer has no positive one to be the negative of.
    if (signs.at(-1) === '-' && this.#token.kind === 'number') {
      signs.pop();
      const value = readNumber(`-${this.#next().text}`);
      return this.#wrap(this.#members({ type: 'literal', value }), signs);
    }
    return this.#wrap(this.#members(this.#primary()), signs);
  }

  #wrap(expr: Expr, signs: readonly string[]): Expr {
    if (signs.length > maxDepth) throw new CelError('expression nests too deeply');
    return signs.reduceRight<Expr>(
      (inner, sign) => ({ type: 'operator', name: sign === '!' ? '!' : 'negate', args: [inner] }),
      expr,
    );
  }

  #members(first: Expr): Expr {
    let of = first;
    for (let count = 0; ; count++) {
      if (count > maxDepth) throw new CelError('expression nests too deeply');
      if (this.#take('.')) {
        const { text: field } = this.#expectName();
        of = this.#take('(') ? this.#method(of, field) : { type: 'select', of, field, isTest: false };
      } else if (this.#take('[')) {
        const key = this.#expression();
        this.#expect(']');
        of = { type: 'index', of, key };
      } else {
        return of;
      }
    }
  }

  #method(of: Expr, name: string): Expr {
    const args = this.#list(')');
    if (!Object.hasOwn(quantifiers, name)) return { type: 'call', name, target: of, args };
    const macro = quantifiers[name];
    const [variable, ...bodies] = args;
    const body = bodies.at(-1);
    const isCount = bodies.length === 1 || (macro === 'map' && bodies.length === 2);
    if (body === undefined || !isCount) throw new CelError(`${name}() needs a variable and an expression`);
    if (variable.type !== 'name') throw new CelError('argument must be a simple name');
    const filter = bodies.length === 2 ? bodies[0] : undefined;
    return { type: 'macro', name: macro, of, variable: variable.name, filter, body };
  }

  #primary(): Expr {
    const token = this.#next();
    if (token.kind === 'number') return { type: 'literal', value: readNumber(token.text) };
    if (token.kind === 'text') return { type: 'literal', value: readText(token.text) };
    if (token.kind === 'name') return this.#named(token.text);
    if (token.text === '(') {
      const inner = this.#expression();
      this.#expect(')');
      return inner;
    }
    if (token.text === '[') return { type: 'list', items: this.#list(']') };
    if (token.text === '{') return this.#map();
    this.#at--;
    return this.#fail();
  }

  #named(name: string): Expr {
    if (name === 'true' || name === 'false') return { type: 'literal', value: name === 'true' };
    if (name === 'null') return { type: 'literal', value: null };
    if (!this.#take('(')) return { type: 'name', name };
    const args = this.#list(')');
    if (name !== 'has') return { type: 'call', name, target: undefined, args };
    const [field] = args;
    if (args.length !== 1 || field.type !== 'select') throw new CelError('invalid argument to has() macro');
    return { ...field, isTest: true };
  }

  #map(): Expr {
    const entries: [Expr, Expr][] = [];
    while (!this.#take('}')) {
      const key = this.#expression();
      this.#expect(':');
      entries.push([key, this.#expression()]);
      if (!this.#take(',') && this.#token.text !== '}') this.#fail();
    }
    return { type: 'map', entries };
  }

  #list(end: string): Expr[] {
    const items: Expr[] = [];
    while (!this.#take(end)) {
      items.push(this.#expression());
      if (!this.#take(',') && this.#token.text !== end) this.#fail();
    }
    return items;
  }

  get #token(): Token {
    return this.#tokens[this.#at];
  }

  #next(): Token {
    const token = this.#token;
    if (token.kind === 'end') this.#fail();
    this.#at++;
    return token;
  }

  #take(sign: string): boolean {
    return this.#takeOf([sign]) !== undefined;
  }

  #takeOf(signs: readonly string[]): string | undefined {
    const { kind, text } = this.#token;
    if (kind !== 'sign' || !signs.includes(text)) return undefined;
    this.#at++;
    return text;
  }

  #expect(sign: string): void {
    if (!this.#take(sign)) this.#fail();
  }

  #expectName(): Token {
    return this.#token.kind === 'name' ? this.#next() : this.#fail();
  }

  #fail(): never {
    const { kind, text, at } = this.#token;
    throw new CelError(
      `Syntax error: mismatched input '${kind === 'end' ? '<EOF>' : text.slice(0, 64)}' (column ${at})`,
    );
  }
}

function readNumber(text: string): Value {
  if (!/^-?0[xX]/.test(text) && /[.eE]/.test(text)) return Number(text);
  const isUnsigned = /[uU]$/.test(text);
  const isNegative = text.startsWith('-');
  const size = BigInt(text.replace(/^-|[uU]$/g, ''));
  const value = isNegative ? -size : size;
  if (isUnsigned) {
    if (isNegative || value > 0xffff_ffff_ffff_ffffn) throw new CelError('invalid uint literal');
    return new Uint(value);
  }
  if (BigInt.asIntN(64, value) !== value) throw new CelError('invalid int literal');
  return value;
}

function readText(token: string): string {
  const isRaw = /^[rR]/.test(token);
  const quoted = isRaw ? token.slice(1) : token;
  const width = /^("""|''')/.test(quoted) && quoted.length >= 6 ? 3 : 1;
  const inner = quoted.slice(width, -width);
  if (isRaw) return inner;
  return inner.replace(
    /\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([^]))/g,
    (_, hex?: string, short?: string, long?: string, octal?: string, sign = '') => {
      const digits = hex ?? short ?? long;
      if (digits === undefined && octal === undefined) {
        if (!Object.hasOwn(escapes, sign)) throw new CelError(`invalid escape sequence: \\${String(sign)}`);
        return escapes[sign];
      }
      const code = digits === undefined ? Number.parseInt(octal ?? '', 8) : Number.parseInt(digits, 16);
      if (code > 0x10_ffff) throw new CelError('invalid unicode code point');
      return String.fromCodePoint(code);
    },
  );
}
