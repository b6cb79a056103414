// The JSONPath of printer columns, scale and selectable fields, as far as Kubernetes' definitions use it: `.spec.a`, `['a']`, `[0]`,
// `[*]` and `[?(@.type=="Ready")]`. Anything else is refused when a definition is checked.

import { isJsonObject, type Json } from '../api/object.ts';

const maxLength = 1_024;

type Step =
  | { readonly type: 'field'; readonly name: string }
  | { readonly type: 'item'; readonly at: number }
  | { readonly type: 'all' }
  | { readonly type: 'filter'; readonly fields: readonly string[]; readonly isEqual: boolean; readonly value: Json };

export type ColumnPath = readonly Step[];

const field = /^\.((?:[A-Za-z0-9_$/-]|\\.)+)/;
const quoted = /^\[(?:'([^'\]]*)'|"([^"\]]*)")\]/;
const item = /^\[(-?\d{1,9})\]/;
const all = /^(?:\[\*\]|\.\*)/;
const filter = /^\[\?\(\s*@((?:\.[A-Za-z0-9_-]+)+)\s*([=!]=)\s*(?:"([^"]*)"|'([^']*)'|(true|false|-?\d{1,15}))\s*\)\]/;

/** undefined: no such path, or one with more to it. */
export function parseColumnPath(text: string): ColumnPath | undefined {
  if (text.length > maxLength || !/^[.[]/.test(text)) return undefined;
  const steps: Step[] = [];
  for (let rest = text; rest !== '';) {
    const found = readStep(rest);
    if (found === undefined) return undefined;
    steps.push(found.step);
    rest = rest.slice(found.length);
  }
  return steps;
}

/** `.spec.replicas`: fields alone. */
export function isFieldPath(path: ColumnPath): boolean {
  return path.every(({ type }) => type === 'field');
}

function readStep(rest: string): { readonly step: Step; readonly length: number } | undefined {
  const [whole, name] = field.exec(rest) ?? [];
  if (whole !== undefined) {
    return { step: { type: 'field', name: name.replace(/\\(.)/g, '$1') }, length: whole.length };
  }
  const inBrackets = quoted.exec(rest);
  if (inBrackets !== null) {
    return { step: { type: 'field', name: inBrackets[1] ?? inBrackets[2] }, length: inBrackets[0].length };
  }
  const [number, at] = item.exec(rest) ?? [];
  if (number !== undefined) return { step: { type: 'item', at: Number(at) }, length: number.length };
  const every = all.exec(rest);
  if (every !== null) return { step: { type: 'all' }, length: every[0].length };
  const filtered = filter.exec(rest);
  if (filtered === null) return undefined;
  const [text, fields, sign, double, single, bare = 'null'] = filtered;
  const value: Json = double ?? single ?? JSON.parse(bare);
  const step: Step = { type: 'filter', fields: fields.slice(1).split('.'), isEqual: sign === '==', value };
  return { step, length: text.length };
}

/** All values that the path finds, in order. */
export function readColumnPath(path: ColumnPath, from: Json): readonly Json[] {
  return path.reduce<readonly Json[]>((found, step) => found.flatMap((value) => take(step, value)), [from]);
}

function take(step: Step, value: Json): readonly Json[] {
  const items: readonly Json[] = Array.isArray(value) ? value : [];
  switch (step.type) {
    case 'field':
      return isJsonObject(value) ? present(Object.hasOwn(value, step.name) ? value[step.name] : undefined) : [];
    case 'item':
      return present(items.at(step.at));
    case 'all':
      return isJsonObject(value) ? Object.values(value).flatMap((one) => present(one)) : items;
    case 'filter':
      return items.filter((one) => {
        const [found] = readColumnPath(
          step.fields.map((name) => ({ type: 'field', name })),
          one,
        );
        return found !== undefined && (found === step.value) === step.isEqual;
      });
  }
}

function present(value: Json | undefined): readonly Json[] {
  return value === undefined ? [] : [value];
}
