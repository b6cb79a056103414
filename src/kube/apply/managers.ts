// metadata.managedFields ↔ who owns which fields (API reference, ManagedFieldsEntry). Managers who apply are told apart by their names,
// managers who update also by the version they wrote; each by the subresource.

import { ApiError, type StatusCause } from '../api/api-error.ts';
import { isJsonObject, type Json, type JsonObject } from '../api/object.ts';
import { difference, type FieldSet, isEmpty, isSameSet, union } from './field-set.ts';
import { readFields, writeFields } from './fields-v1.ts';

export interface Manager {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  /** '' for the object itself. */
  readonly subresource: string;
  /** RFC 3339; '' where nobody said. */
  readonly time: string;
  readonly fields: FieldSet;
  /** As it is stored, while `fields` is what stands there. */
  readonly entry: JsonObject | undefined;
}

/** So many who update are kept apart; the oldest of more become one. */
const maxUpdaters = 10;
const ancient = 'ancient-changes';

/** By the list itself, which is never changed in place. */
const known = new WeakMap<object, readonly Manager[]>();

/** Throws ApiError Invalid for what cannot be read. */
export function readManagers(list: Json | undefined): readonly Manager[] {
  if (!Array.isArray(list) || list.length === 0) return [];
  const before = known.get(list);
  if (before !== undefined) return before;
  const managers = (list as readonly Json[]).map(readManager);
  known.set(list, managers);
  return managers;
}

function readManager(entry: Json, index: number): Manager {
  const field = (name: string): string => `metadata.managedFields[${index}].${name}`;
  const refuse = (name: string, words: string): never => {
    const cause: StatusCause = { reason: 'FieldValueInvalid', field: field(name), message: words };
    throw new ApiError('Invalid', `metadata.managedFields is invalid: ${field(name)}: ${words}`, { causes: [cause] });
  };
  const given = isJsonObject(entry) ? entry : {};
  const text = (name: string): string => (typeof given[name] === 'string' ? given[name] : '');
  const operation = text('operation');
  if (operation !== 'Apply' && operation !== 'Update') {
    return refuse('operation', `Invalid value: "${operation}": must be \`Apply\` or \`Update\``);
  }
  if (text('fieldsType') !== 'FieldsV1') {
    return refuse('fieldsType', `Invalid value: "${text('fieldsType')}": must be \`FieldsV1\``);
  }
  const fields = readFields(given['fieldsV1'] ?? {}) ?? refuse('fieldsV1', 'Invalid value: not a set of fields');
  return {
    name: text('manager'),
    operation,
    apiVersion: text('apiVersion'),
    subresource: text('subresource'),
    time: text('time'),
    fields,
    entry: given,
  };
}

/** undefined: nobody owns anything. */
export function writeManagers(managers: readonly Manager[]): readonly JsonObject[] | undefined {
  const owning = managers.filter(({ fields }) => !isEmpty(fields));
  if (owning.length === 0) return undefined;
  const written = mergeAncient(owning).toSorted(compareManagers).map(writeManager);
  const list = written.map(({ entry }) => entry ?? {});
  known.set(list, written);
  return list;
}

function writeManager(manager: Manager): Manager {
  if (manager.entry !== undefined) return manager;
  const { name, operation, apiVersion, time, fields, subresource } = manager;
  const entry = {
    manager: name,
    operation,
    apiVersion,
    ...(time === '' ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: writeFields(fields),
    ...(subresource === '' ? {} : { subresource }),
  };
  return { ...manager, entry };
}

/** Who applies comes first; then by time and name. */
function compareManagers(a: Manager, b: Manager): number {
  const keys = ({ operation, time, name, apiVersion, subresource }: Manager): readonly string[] => [
    operation,
    time,
    name,
    apiVersion,
    subresource,
  ];
  const [left, right] = [keys(a), keys(b)];
  for (const [index, key] of left.entries()) if (key !== right[index]) return key < right[index] ? -1 : 1;
  return 0;
}

function mergeAncient(managers: readonly Manager[]): readonly Manager[] {
  const updaters = managers.filter(({ operation }) => operation === 'Update');
  if (updaters.length <= maxUpdaters) return managers;
  const oldest = updaters.toSorted((a, b) => (a.time < b.time ? -1 : 1)).slice(0, updaters.length - maxUpdaters + 1);
  const merged = new Map<string, Manager>();
  for (const manager of oldest) {
    const { apiVersion, subresource, fields, time } = manager;
    const key = `${apiVersion} ${subresource}`;
    const before = merged.get(key);
    const both = before === undefined ? fields : union(before.fields, fields);
    merged.set(key, { ...manager, name: ancient, time, fields: both, entry: undefined });
  }
  return [...managers.filter((manager) => !oldest.includes(manager)), ...merged.values()];
}

/** One manager, under whatever version where that does not matter. */
export function isSameManager(a: Manager, b: Manager): boolean {
  const isSame = a.name === b.name && a.operation === b.operation && a.subresource === b.subresource;
  return isSame && (a.operation === 'Apply' || a.apiVersion === b.apiVersion);
}

/** With other fields; as it was when they are the same. */
export function without(manager: Manager, gone: FieldSet): Manager {
  const fields = difference(manager.fields, gone);
  return isSameSet(fields, manager.fields) ? manager : { ...manager, fields, entry: undefined };
}
