// Conditions of a status (Kubernetes API conventions, "Typical status properties"): one of each type, and when its status changed last.

import type { JsonObject } from '../api/object.ts';

export interface Condition extends JsonObject {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/** The conditions with this one in the place of the one of its type. */
export function setCondition(
  conditions: readonly JsonObject[],
  condition: JsonObject,
  nowText: string,
): readonly JsonObject[] {
  const before = conditions.find(({ type }) => type === condition['type']);
  const isChange = before?.['status'] !== condition['status'];
  const since = isChange ? nowText : (before?.['lastTransitionTime'] ?? nowText);
  const next = { ...condition, lastTransitionTime: since };
  return before === undefined ? [...conditions, next] : conditions.map((one) => (one === before ? next : one));
}

export function isTrue(conditions: readonly JsonObject[], type: string): boolean {
  return conditions.some((condition) => condition['type'] === type && condition['status'] === 'True');
}
