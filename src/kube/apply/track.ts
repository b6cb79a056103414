// Who owns which fields after an object was created or updated: whoever wrote owns what he changed, and everybody else no longer does.
// Upstream: apiserver, managedfields; structured-merge-diff, merge.Updater.Update.

import type { JsonObject, KubeObject } from '../api/object.ts';
import { isBuiltin, type Resource } from '../api/resource.ts';
import { apiVersionOf } from '../registry/read-object.ts';
import { compare } from './compare.ts';
import { isEmpty, noFields, union } from './field-set.ts';
import { isSameManager, type Manager, readManagers, without, writeManagers } from './managers.ts';
import { ownedPart, ownedSchema } from './owned-part.ts';

export interface Writer {
  /** Of the request. */
  readonly name: string;
  readonly subresource: 'status' | 'scale' | 'finalize' | undefined;
  /** RFC 3339. */
  readonly nowText: string;
}

/** `next` with its managedFields. `live`: what is in its place; undefined: it is new. Throws ApiError Invalid. */
export function track(live: KubeObject | undefined, next: KubeObject, resource: Resource, writer: Writer): KubeObject {
  const given = next.metadata.managedFields;
  // One empty entry says that they are to be forgotten; none, that the caller knows nothing of them.
  if (given?.length === 1 && Object.keys(given[0]).length === 0) return withManagers(next, undefined);
  const before = live?.metadata.managedFields;
  const stored = given === undefined || given.length === 0 ? before : given;
  const managers = readManagers(stored);
  // Of an object whose fields were forgotten, nobody owns any until somebody applies.
  if (live !== undefined && managers.length === 0) return withManagers(next, undefined);
  const { subresource } = writer;
  const { changed, removed } = compare(
    ownedPart(live, resource, subresource),
    ownedPart(next, resource, subresource),
    ownedSchema(resource),
    isBuiltin(resource),
  );
  if (isEmpty(changed) && isEmpty(removed)) {
    return withManagers(next, stored === before ? before : writeManagers(managers));
  }
  const taken = union(changed, removed);
  const us = { ...managerOf(writer, resource, 'Update'), fields: noFields };
  const rest = managers.map((manager) => without(manager, isSameManager(manager, us) ? removed : taken));
  return withManagers(next, writeManagers(isEmpty(changed) ? rest : give(rest, { ...us, fields: changed })));
}

export function managerOf(
  { name, subresource, nowText }: Writer,
  resource: Resource,
  operation: Manager['operation'],
): Manager {
  const apiVersion = apiVersionOf(resource);
  return {
    name,
    operation,
    apiVersion,
    subresource: subresource ?? '',
    time: nowText,
    fields: noFields,
    entry: undefined,
  };
}

/** The managers, with these fields added to those of one of them. */
function give(managers: readonly Manager[], us: Manager): readonly Manager[] {
  const mine = managers.find((manager) => isSameManager(manager, us));
  const fields = mine === undefined ? us.fields : union(mine.fields, us.fields);
  return [...managers.filter((manager) => manager !== mine), { ...us, fields }];
}

export function withManagers(object: KubeObject, managedFields: readonly JsonObject[] | undefined): KubeObject {
  const { managedFields: before, ...metadata } = object.metadata;
  if (managedFields === before) return object;
  return { ...object, metadata: managedFields === undefined ? metadata : { ...metadata, managedFields } };
}
