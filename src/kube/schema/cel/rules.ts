// x-kubernetes-validations (Kubernetes documentation, "Validation rules"): compiled when a definition is checked, run on each write.
// `self` is the value that the rule stands at, `oldSelf` what was in its place; a rule that names it waits until there is one.

import type { StatusCause } from '../../api/api-error.ts';
import { isJsonObject, type Json, type JsonObject } from '../../api/object.ts';
import type { OpenApiSchema, ValidationRule } from '../../api/openapi-schema.ts';
import { isSameJson } from '../../api/same-json.ts';
import type { Faults } from '../faults.ts';
import { pathTo } from '../json-path.ts';
import { checkExpr } from './check.ts';
import { Budget, evaluate, type Scope, truth } from './evaluate.ts';
import { type Expr, parseRule } from './parse.ts';
import { asRoot, CelError, toValue, type Value } from './values.ts';

/** Steps of all rules on one write: well below a second. */
const maxSteps = 1_000_000;
const maxFaults = 100;

interface CompiledRule {
  readonly source: ValidationRule;
  readonly expr: Expr;
  readonly message: Expr | undefined;
  readonly isTransition: boolean;
  /** `spec.x` of fieldPath `.spec.x`; '' without one. */
  readonly below: readonly string[];
}

/** Throws CelError. */
function compile(source: ValidationRule, schema: OpenApiSchema): CompiledRule {
  const scope = new Map([
    ['self', schema],
    ['oldSelf', schema],
  ]);
  const expr = parseRule(source.rule);
  const used = checkExpr(expr, scope);
  const message = source.messageExpression === undefined ? undefined : parseRule(source.messageExpression);
  const usedByMessage = message === undefined ? new Set<string>() : checkExpr(message, scope);
  const isTransition = used.has('oldSelf');
  if (!isTransition && usedByMessage.has('oldSelf')) {
    throw new CelError('messageExpression uses oldSelf, which its rule does not');
  }
  return { source, expr, message, isTransition, below: readFieldPath(source.fieldPath, schema) };
}

/** `.a.b` and `['a'].b`, of fields that the schema has. */
function readFieldPath(fieldPath: string | undefined, schema: OpenApiSchema): readonly string[] {
  if (fieldPath === undefined) return [];
  const steps = [...fieldPath.matchAll(/\.([A-Za-z_][A-Za-z0-9_-]*)|\['([^']*)'\]/g)];
  if (steps.length === 0 || steps.map(([whole]) => whole).join('') !== fieldPath) {
    throw new CelError(`fieldPath must be a path of fields, as .spec.field or ['field']: ${fieldPath}`);
  }
  let at: OpenApiSchema | undefined = schema;
  return steps.map(([, plain, quoted]) => {
    const name = plain ?? quoted;
    const { properties = {}, additionalProperties }: OpenApiSchema = at ?? {};
    const isKnown = Object.hasOwn(properties, name);
    at = isKnown ? properties[name] : typeof additionalProperties === 'object' ? additionalProperties : undefined;
    if (at === undefined) throw new CelError(`fieldPath names a field that the schema does not have: ${fieldPath}`);
    return name;
  });
}

/** Every rule of a structural schema, compiled for nothing but its faults. */
export function checkRules(schema: OpenApiSchema, path: string, faults: Faults): void {
  checkRulesBelow(asRoot(schema), path, true, faults);
}

function checkRulesBelow(schema: OpenApiSchema, path: string, isCorrelated: boolean, faults: Faults): void {
  for (const [at, rule] of (schema['x-kubernetes-validations'] ?? []).entries()) {
    checkRule(rule, schema, `${path}.x-kubernetes-validations[${at}]`, isCorrelated, faults);
  }
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    checkRulesBelow(inner, `${path}.properties[${name}]`, isCorrelated, faults);
  }
  const { items, additionalProperties } = schema;
  if (items !== undefined) {
    checkRulesBelow(items, `${path}.items`, isCorrelated && schema['x-kubernetes-list-type'] === 'map', faults);
  }
  if (typeof additionalProperties === 'object') {
    checkRulesBelow(additionalProperties, `${path}.additionalProperties`, isCorrelated, faults);
  }
}

function checkRule(
  rule: ValidationRule,
  schema: OpenApiSchema,
  path: string,
  isCorrelated: boolean,
  faults: Faults,
): void {
  if (rule.rule.trim() === '') faults.required(`${path}.rule`, 'rule is not specified');
  if (rule.message !== undefined && rule.message.trim() === '') {
    faults.invalid(`${path}.message`, rule.message, 'message must be non-empty if specified');
  }
  if (rule.message === undefined && rule.rule.trim().includes('\n')) {
    faults.required(`${path}.message`, 'message must be specified if rule contains line breaks');
  }
  if (rule.optionalOldSelf === true) faults.forbidden(`${path}.optionalOldSelf`, 'optional types are not supported');
  try {
    const { isTransition } = compile(rule, schema);
    if (isTransition && !isCorrelated) {
      faults.invalid(
        `${path}.rule`,
        rule.rule,
        'oldSelf cannot be used on the uncorrelatable portion of the schema within a list that is not of type map',
      );
    }
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    faults.invalid(`${path}.rule`, rule.rule, `compilation failed: ${error.message}`);
  }
}

/** The rules of one kind. What they are compiled to is kept. */
export class SchemaRules {
  readonly #schema: OpenApiSchema;
  readonly #compiled = new Map<OpenApiSchema, readonly CompiledRule[]>();
  /** Schemas below which there is a rule: the rest of an object is not walked. */
  readonly #ways = new Set<OpenApiSchema>();

  /** Throws CelError for rules that checkRules refuses. */
  constructor(schema: OpenApiSchema) {
    this.#schema = asRoot(schema);
    this.#collect(this.#schema);
  }

  /** Of an object that its schema finds valid; `before` is what it replaces. */
  validate(object: JsonObject, before: JsonObject | undefined): readonly StatusCause[] {
    if (!this.#ways.has(this.#schema)) return [];
    const run = new Run(this.#compiled, this.#ways);
    run.walk(object, before, this.#schema, '');
    return run.causes;
  }

  #collect(schema: OpenApiSchema): boolean {
    const rules = schema['x-kubernetes-validations'] ?? [];
    if (rules.length > 0) {
      this.#compiled.set(
        schema,
        rules.map((rule) => compile(rule, schema)),
      );
    }
    const { properties = {}, items, additionalProperties } = schema;
    const inner = [
      ...Object.values(properties),
      ...(items === undefined ? [] : [items]),
      ...(typeof additionalProperties === 'object' ? [additionalProperties] : []),
    ];
    const isWay = inner.map((one) => this.#collect(one)).includes(true) || rules.length > 0;
    if (isWay) this.#ways.add(schema);
    return isWay;
  }
}

/** One write: its budget and its faults. */
class Run {
  readonly #compiled: ReadonlyMap<OpenApiSchema, readonly CompiledRule[]>;
  readonly #ways: ReadonlySet<OpenApiSchema>;
  readonly #budget = new Budget(maxSteps);
  readonly causes: StatusCause[] = [];

  constructor(compiled: ReadonlyMap<OpenApiSchema, readonly CompiledRule[]>, ways: ReadonlySet<OpenApiSchema>) {
    this.#compiled = compiled;
    this.#ways = ways;
  }

  walk(value: Json, before: Json | undefined, schema: OpenApiSchema, path: string): void {
    if (value === null || !this.#ways.has(schema) || this.causes.length >= maxFaults) return;
    const rules = this.#compiled.get(schema);
    if (rules !== undefined) this.#judge(rules, value, before, schema, path);
    if (Array.isArray(value)) {
      const { items } = schema;
      if (items === undefined) return;
      for (const [at, item] of value.entries()) {
        this.walk(item, findBefore(item, before, schema), items, `${path}[${at}]`);
      }
    } else if (isJsonObject(value)) {
      const { properties = {}, additionalProperties } = schema;
      const old = isJsonObject(before) ? before : {};
      for (const [key, field] of Object.entries(value)) {
        const inner = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
        if (field === undefined || typeof inner !== 'object') continue;
        this.walk(field, Object.hasOwn(old, key) ? old[key] : undefined, inner, pathTo(path, key));
      }
    }
  }

  #judge(
    rules: readonly CompiledRule[],
    value: Json,
    before: Json | undefined,
    schema: OpenApiSchema,
    path: string,
  ): void {
    const scope = new Map<string, Value>([['self', toValue(value, schema)]]);
    const hasBefore = before !== undefined && before !== null;
    if (hasBefore) scope.set('oldSelf', toValue(before, schema));
    for (const rule of rules) {
      if (rule.isTransition && !hasBefore) continue;
      const complaint = this.#complain(rule, scope);
      if (complaint === undefined) continue;
      const field = rule.below.reduce((at, name) => pathTo(at, name), path);
      this.causes.push(toCause(rule.source, field, schema.type ?? '', complaint));
    }
  }

  /** Why the rule does not hold; undefined: it does. */
  #complain(rule: CompiledRule, scope: Scope): string | undefined {
    const fixed = rule.source.message?.trim() ?? `failed rule: ${rule.source.rule.trim()}`;
    try {
      if (truth(evaluate(rule.expr, scope, this.#budget))) return undefined;
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      return `${error.message} evaluating rule: ${fixed}`;
    }
    return this.#express(rule.message, scope) ?? fixed;
  }

  /** An expression that fails, or says nothing that fits a line, gives way to the fixed message. */
  #express(message: Expr | undefined, scope: Scope): string | undefined {
    if (message === undefined) return undefined;
    try {
      const words = evaluate(message, scope, this.#budget);
      const isLine = typeof words === 'string' && words.trim() !== '' && words.length <= 5_120 && !words.includes('\n');
      return isLine ? words.trim() : undefined;
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      return undefined;
    }
  }
}

/** Items have a past only where they have keys. */
function findBefore(item: Json, before: Json | undefined, schema: OpenApiSchema): Json | undefined {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (keys === undefined || !Array.isArray(before) || !isJsonObject(item)) return undefined;
  return before.find((one: Json) => isJsonObject(one) && keys.every((key) => isSameJson(one[key], item[key])));
}

function toCause({ reason }: ValidationRule, path: string, type: string, words: string): StatusCause {
  const field = path === '' ? '<nil>' : path;
  switch (reason) {
    case 'FieldValueForbidden':
      return { reason, field, message: `Forbidden: ${words}` };
    case 'FieldValueRequired':
      return { reason, field, message: `Required value: ${words}` };
    case 'FieldValueDuplicate':
      return { reason, field, message: `Duplicate value: "${type}"` };
    default:
      return { reason: 'FieldValueInvalid', field, message: `Invalid value: "${type}": ${words}` };
  }
}
