// A rule held against the schema that it stands in, before any object comes: names, fields, functions and their numbers of arguments.
// Types beyond that show when the rule runs.

import type { OpenApiSchema } from '../../api/openapi-schema.ts';
import { functions } from './functions.ts';
import type { Expr } from './parse.ts';
import { asRoot, CelError, escapeName } from './values.ts';

/** undefined: anything. */
type Known = OpenApiSchema | undefined;

/** The free names that the rule uses, of `scope`'s. Throws CelError. */
export function checkExpr(expr: Expr, scope: ReadonlyMap<string, Known>): ReadonlySet<string> {
  const used = new Set<string>();
  check(expr, scope, used);
  return used;
}

function check(expr: Expr, scope: ReadonlyMap<string, Known>, used: Set<string>): Known {
  const go = (inner: Expr): Known => check(inner, scope, used);
  switch (expr.type) {
    case 'literal':
      return undefined;
    case 'name':
      if (!scope.has(expr.name)) throw new CelError(`undeclared reference to '${expr.name}'`);
      used.add(expr.name);
      return scope.get(expr.name);
    case 'select':
      return select(go(expr.of), expr.field);
    case 'index': {
      go(expr.key);
      return element(go(expr.of));
    }
    case 'list':
      for (const item of expr.items) go(item);
      return undefined;
    case 'map':
      for (const [key, value] of expr.entries) {
        go(key);
        go(value);
      }
      return undefined;
    case 'call':
      checkCall(expr);
      for (const arg of [...(expr.target === undefined ? [] : [expr.target]), ...expr.args]) go(arg);
      return undefined;
    case 'operator':
      for (const arg of expr.args) go(arg);
      return undefined;
    case 'and':
    case 'or':
      go(expr.left);
      go(expr.right);
      return undefined;
    case 'choose':
      go(expr.when);
      go(expr.chosen);
      go(expr.otherwise);
      return undefined;
    case 'macro': {
      const of = go(expr.of);
      const inner = new Map(scope).set(expr.variable, of?.type === 'array' ? of.items : undefined);
      // The variable may hide a name of the rule's, which is then not used.
      const usedInside = new Set<string>();
      if (expr.filter !== undefined) check(expr.filter, inner, usedInside);
      check(expr.body, inner, usedInside);
      for (const name of usedInside) if (name !== expr.variable) used.add(name);
      return expr.name === 'filter' ? of : undefined;
    }
  }
}

function checkCall({ name, target, args }: Expr & { readonly type: 'call' }): void {
  const called = Object.hasOwn(functions, name) ? functions[name] : undefined;
  const style = target === undefined ? 'global' : 'member';
  if (called === undefined) throw new CelError(`undeclared reference to '${name}'`);
  const count = args.length + (target === undefined ? 0 : 1);
  if ((called.style !== 'both' && called.style !== style) || !called.counts.includes(count)) {
    throw new CelError(`found no matching overload for '${name}'`);
  }
}

function select(of: Known, field: string): Known {
  if (of === undefined) return undefined;
  const whole = of['x-kubernetes-embedded-resource'] === true ? asRoot(of) : of;
  if (whole.type !== undefined && whole.type !== 'object') {
    throw new CelError(`type '${whole.type}' does not support field selection`);
  }
  if (whole.properties === undefined) return element(whole);
  const found = Object.entries(whole.properties).find(([name]) => escapeName(name) === field);
  if (found === undefined) throw new CelError(`undefined field '${field}'`);
  return found[1];
}

function element(of: Known): Known {
  if (of?.type === 'array') return of.items;
  return typeof of?.additionalProperties === 'object' ? of.additionalProperties : undefined;
}
