// Label selectors as a query writes them: `app=web,tier in (a,b),!old`. Kubernetes documentation, "Labels and Selectors". Bounded: a
// query comes from anybody who may list.

import { ApiError } from './api-error.ts';

type Operator = '=' | '!=' | 'in' | 'notin' | 'exists' | '!' | '>' | '<';

export interface LabelRequirement {
  readonly key: string;
  readonly operator: Operator;
  readonly values: readonly string[];
}

export type LabelTest = (labels: Readonly<Record<string, string>>) => boolean;

const maxLength = 16_384;
const keyPattern = /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const valuePattern = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/** undefined: everything matches. Throws ApiError BadRequest. */
export function readLabelQuery(text: string): LabelTest | undefined {
  const requirements = parseLabelQuery(text);
  if (requirements.length === 0) return undefined;
  return (labels) => requirements.every((requirement) => holds(requirement, labels));
}

/** Throws ApiError BadRequest. */
export function parseLabelQuery(text: string): readonly LabelRequirement[] {
  if (text.length > maxLength) throw refuse(`it has ${text.length} characters: expected at most ${maxLength}`);
  if (text.trim() === '') return [];
  return splitTop(text).map((part) => parseRequirement(part.trim()));
}

/** At the commas that stand in no parentheses. */
function splitTop(text: string): readonly string[] {
  const parts: string[] = [];
  let [start, isInside] = [0, false];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '(') isInside = true;
    else if (character === ')') isInside = false;
    else if (character === ',' && !isInside) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  if (isInside) throw refuse(`unable to parse requirement: found '', expected: ')'`);
  return [...parts, text.slice(start)];
}

function parseRequirement(text: string): LabelRequirement {
  if (text === '') throw refuse(`found ',', expected: identifier`);
  if (text.startsWith('!')) return check({ key: text.slice(1).trim(), operator: '!', values: [] });
  const sets = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(text);
  if (sets !== null) {
    const [, key, word, list] = sets;
    const values = list.split(',').map((value) => value.trim());
    return check({ key, operator: word === 'in' ? 'in' : 'notin', values });
  }
  const equals = /^([^=!<>\s]+)\s*(==|=|!=|>|<)\s*([^=!<>\s]*)$/.exec(text);
  if (equals !== null) {
    const [, key, sign, value] = equals;
    const operator = sign === '==' || sign === '=' ? '=' : sign === '!=' ? '!=' : sign === '>' ? '>' : '<';
    return check({ key, operator, values: [value] });
  }
  if (/\s/.test(text))
    throw refuse(
      `unable to parse requirement: found '${text.split(/\s+/)[1]}', expected: in, notin, =, ==, !=, gt, lt`,
    );
  return check({ key: text, operator: 'exists', values: [] });
}

function check(requirement: LabelRequirement): LabelRequirement {
  const { key, operator, values } = requirement;
  if (!keyPattern.test(key))
    throw refuse(
      `key: Invalid value: "${key.slice(0, 320)}": expected a label name of up to 63 letters, digits, '-', '_' and '.', with an optional DNS prefix and '/'`,
    );
  for (const value of values) {
    if (!valuePattern.test(value))
      throw refuse(
        `values: Invalid value: "${value.slice(0, 64)}": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character`,
      );
    if ((operator === '>' || operator === '<') && !/^-?\d{1,18}$/.test(value))
      throw refuse(`for 'Gt', 'Lt' operators, the value must be an integer`);
  }
  return requirement;
}

function holds({ key, operator, values }: LabelRequirement, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case '=':
    case 'in':
      return value !== undefined && values.includes(value);
    // An absent label is not equal to anything.
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case '>':
    case '<': {
      if (value === undefined || !/^-?\d{1,18}$/.test(value)) return false;
      const [left, right] = [BigInt(value), BigInt(values[0])];
      return operator === '>' ? left > right : left < right;
    }
  }
}

function refuse(why: string): ApiError {
  return new ApiError('BadRequest', `unable to parse the label selector: ${why}`);
}
