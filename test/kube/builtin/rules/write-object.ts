// What becomes of an object that is written: with its defaults, and what is wrong with it as a client is told.

import type { JsonObject, KubeObject } from '#kube/api/object.ts';
import { mapAt } from '#kube/builtin/read-fields.ts';
import { rulesOf } from '#kube/builtin/rules/index.ts';

export interface Written {
  readonly object: KubeObject;
  /** `spec.type: Required value` */
  readonly faults: readonly string[];
}

/** `key`: `group/Kind`. */
export function writeObject(key: string, fields: JsonObject, before?: KubeObject): Written {
  const [group, kind] = key.split('/');
  const { metadata, ...rest } = fields;
  const rules = rulesOf({ group, kind, schema: undefined });
  const apiVersion = group === '' ? 'v1' : `${group}/v1`;
  const object = rules.prepare({ ...rest, apiVersion, kind, metadata: { name: 'x', ...mapAt(metadata) } }, before);
  return { object, faults: rules.validate(object, before).map(({ field, message }) => `${field}: ${message}`) };
}

export function specOf(object: KubeObject): JsonObject {
  return mapAt(object, 'spec');
}
