// What a rule's tree says of values, step by step and with a budget: a rule that would take long ends in an error. Errors follow
// cel-spec: `&&` and `||` do not mind the error of one side when the other decides.

import { checkInt, checkUint, compare, functions, noOverload, type Spend } from './functions.ts';
import type { Expr } from './parse.ts';
import { CelError, Duration, isCelList, isCelMap, isEqual, Timestamp, Uint, type Value } from './values.ts';

/** Steps that all rules of one object may take together. */
export class Budget {
  #left: number;

  constructor(steps: number) {
    this.#left = steps;
  }

  readonly spend: Spend = (steps) => {
    this.#left -= steps;
    if (this.#left < 0) throw new BudgetError('the rules took more steps than one object may cost');
  };
}

/** Not to be overlooked by `&&` and `||`. */
export class BudgetError extends CelError {}

export type Scope = ReadonlyMap<string, Value>;

/** Throws CelError. */
export function evaluate(expr: Expr, scope: Scope, budget: Budget): Value {
  budget.spend(1);
  const run = (inner: Expr): Value => evaluate(inner, scope, budget);
  switch (expr.type) {
    case 'literal':
      return expr.value;
    case 'name': {
      const value = scope.get(expr.name);
      if (value === undefined) throw new CelError(`undeclared reference to '${expr.name}'`);
      return value;
    }
    case 'select': {
      const of = run(expr.of);
      if (!isCelMap(of)) throw noOverload(`select of ${expr.field}`);
      const value = of.get(expr.field);
      if (expr.isTest) return value !== undefined;
      if (value === undefined) throw new CelError(`no such key: ${expr.field}`);
      return value;
    }
    case 'index':
      return index(run(expr.of), run(expr.key));
    case 'list':
      return expr.items.map((item) => run(item));
    case 'map':
      return new Map(expr.entries.map(([key, value]) => [keyOf(run(key)), run(value)]));
    case 'call': {
      const args = [...(expr.target === undefined ? [] : [expr.target]), ...expr.args].map((arg) => run(arg));
      return functions[expr.name].run(args, budget.spend, expr.name);
    }
    case 'operator':
      return operate(
        expr.name,
        expr.args.map((arg) => run(arg)),
        budget.spend,
      );
    case 'and':
      return decide(expr.left, expr.right, false, run);
    case 'or':
      return decide(expr.left, expr.right, true, run);
    case 'choose':
      return run(truth(run(expr.when)) ? expr.chosen : expr.otherwise);
    case 'macro':
      return iterate(expr, run(expr.of), scope, budget);
  }
}

export function truth(value: Value): boolean {
  if (typeof value !== 'boolean') throw new CelError('no such overload: bool expected');
  return value;
}

/** `wanted` on either side decides. */
function decide(left: Expr, right: Expr, wanted: boolean, run: (expr: Expr) => Value): boolean {
  let failure: CelError | undefined;
  try {
    if (truth(run(left)) === wanted) return wanted;
  } catch (error) {
    if (!(error instanceof CelError) || error instanceof BudgetError) throw error;
    failure = error;
  }
  if (truth(run(right)) === wanted) return wanted;
  if (failure !== undefined) throw failure;
  return !wanted;
}

function keyOf(value: Value): string {
  if (typeof value !== 'string') throw new CelError('keys of maps must be strings');
  return value;
}

function index(of: Value, key: Value): Value {
  if (isCelMap(of)) {
    const value = of.get(keyOf(key));
    if (value === undefined) throw new CelError(`no such key: ${keyOf(key)}`);
    return value;
  }
  if (!isCelList(of) || typeof key !== 'bigint') throw noOverload('_[_]');
  if (key < 0n || key >= of.length) throw new CelError(`index out of bounds: ${key}`);
  return of[Number(key)];
}

function iterate(
  { name, variable, filter, body }: Expr & { readonly type: 'macro' },
  of: Value,
  scope: Scope,
  budget: Budget,
): Value {
  const items = isCelList(of) ? of : isCelMap(of) ? [...of.keys()] : undefined;
  if (items === undefined) throw noOverload(name);
  const inner = new Map(scope);
  const judge = (item: Value, expr: Expr): Value => {
    inner.set(variable, item);
    return evaluate(expr, inner, budget);
  };
  if (name === 'all' || name === 'exists')
    return quantify(items, (item) => truth(judge(item, body)), name === 'exists');
  if (name === 'exists_one') return items.filter((item) => truth(judge(item, body))).length === 1;
  if (name === 'filter') return items.filter((item) => truth(judge(item, body)));
  const chosen = filter === undefined ? items : items.filter((item) => truth(judge(item, filter)));
  return chosen.map((item) => judge(item, body));
}

/** As `decide`, over many: an error counts only when no other element decides. */
function quantify(items: readonly Value[], holds: (item: Value) => boolean, wanted: boolean): boolean {
  let failure: CelError | undefined;
  for (const item of items) {
    try {
      if (holds(item) === wanted) return wanted;
    } catch (error) {
      if (!(error instanceof CelError) || error instanceof BudgetError) throw error;
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  return !wanted;
}

function operate(name: string, [left, right]: readonly Value[], spend: Spend): Value {
  switch (name) {
    case '==':
      return isEqual(left, right, spend);
    case '!=':
      return !isEqual(left, right, spend);
    case '<':
      return compare(left, right, '_<_') < 0;
    case '<=':
      return compare(left, right, '_<=_') <= 0;
    case '>':
      return compare(left, right, '_>_') > 0;
    case '>=':
      return compare(left, right, '_>=_') >= 0;
    case 'in':
      if (isCelMap(right)) return typeof left === 'string' && right.has(left);
      if (!isCelList(right)) throw noOverload('@in');
      return right.some((item) => isEqual(left, item, spend));
    case '!':
      return !truth(left);
    case 'negate':
      return negate(left);
    default:
      return calculate(name, left, right, spend);
  }
}

function negate(value: Value): Value {
  if (typeof value === 'bigint') return checkInt(-value);
  if (typeof value === 'number') return -value;
  throw noOverload('-_');
}

function calculate(name: string, left: Value, right: Value, spend: Spend): Value {
  if (typeof left === 'bigint' && typeof right === 'bigint') return checkInt(whole(name, left, right));
  if (left instanceof Uint && right instanceof Uint) return checkUint(whole(name, left.value, right.value));
  if (typeof left === 'number' && typeof right === 'number') {
    if (name === '+') return left + right;
    if (name === '-') return left - right;
    if (name === '*') return left * right;
    if (name === '/') return left / right;
  }
  if (name === '+' && typeof left === 'string' && typeof right === 'string') {
    spend((left.length + right.length) / 8);
    return left + right;
  }
  if (name === '+' && isCelList(left) && isCelList(right)) {
    spend(left.length + right.length);
    return [...left, ...right];
  }
  return calculateTime(name, left, right);
}

function calculateTime(name: string, left: Value, right: Value): Value {
  const isSum = name === '+';
  if (isSum || name === '-') {
    const sign = isSum ? 1n : -1n;
    if (left instanceof Duration && right instanceof Duration) return new Duration(left.nanos + sign * right.nanos);
    if (left instanceof Timestamp && right instanceof Duration) return new Timestamp(left.nanos + sign * right.nanos);
    if (isSum && left instanceof Duration && right instanceof Timestamp) return new Timestamp(left.nanos + right.nanos);
    if (!isSum && left instanceof Timestamp && right instanceof Timestamp)
      return new Duration(left.nanos - right.nanos);
  }
  throw noOverload(`_${name}_`);
}

function whole(name: string, left: bigint, right: bigint): bigint {
  if (name === '+') return left + right;
  if (name === '-') return left - right;
  if (name === '*') return left * right;
  if (right === 0n) throw new CelError(name === '/' ? 'division by zero' : 'modulus by zero');
  return name === '/' ? left / right : left % right;
}
