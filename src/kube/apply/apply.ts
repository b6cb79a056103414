// Server-side apply: what a manager says is merged into what is there; what he said before and says no more goes, unless somebody else
// owns it; and what others own with another value is a conflict (Kubernetes documentation, "Server-Side Apply"). Upstream:
// structured-merge-diff, merge.Updater.Apply.

import { ApiError, type StatusCause } from '../api/api-error.ts';
import type { KubeObject } from '../api/object.ts';
import { isBuiltin, type Resource } from '../api/resource.ts';
import { isSameJson } from '../api/same-json.ts';
import { compare } from './compare.ts';
import { difference, type FieldSet, intersection, isEmpty, isSameSet, noFields, paths, union } from './field-set.ts';
import { fieldsOf } from './fields-of.ts';
import { formatPath } from './fields-v1.ts';
import { isSameManager, type Manager, readManagers, without, writeManagers } from './managers.ts';
import { merge } from './merge.ts';
import { ownedPart, ownedSchema, withOwnedPart } from './owned-part.ts';
import { removeFields } from './remove-fields.ts';
import { managerOf, withManagers, type Writer } from './track.ts';

/** Who owns what was there before anybody applied, where nobody is known to. */
const beforeFirstApply = 'before-first-apply';

/** The object as it is to be. Throws ApiError Conflict or BadRequest. */
export function apply(
  live: KubeObject | undefined,
  applied: KubeObject,
  resource: Resource,
  writer: Writer,
  isForced: boolean,
): KubeObject {
  if (applied.metadata.managedFields !== undefined) {
    throw new ApiError('BadRequest', 'metadata.managedFields must be nil');
  }
  const { subresource } = writer;
  const schema = ownedSchema(resource);
  // Twins are found, and null is dropped where it may not be.
  const config = merge(undefined, ownedPart(applied, resource, subresource), schema);
  const us: Manager = { ...managerOf(writer, resource, 'Apply'), fields: fieldsOf(config, schema) };
  if (live === undefined) {
    const born = withOwnedPart(applied, config, {}, resource, subresource);
    return withManagers(born, writeManagers([us]));
  }

  const managers = ownersOf(live, resource, writer);
  const mine = managers.find((manager) => isSameManager(manager, us));
  const others = managers.filter((manager) => manager !== mine);
  const before = ownedPart(live, resource, subresource);
  const owned = others.reduce((set, { fields }) => union(set, fields), us.fields);
  const gone = difference(mine?.fields ?? noFields, us.fields);
  const after = removeFields(merge(before, config, schema), schema, gone, owned);

  const { changed, removed } = compare(before, after, schema, isBuiltin(resource));
  const conflicts = others
    .map((manager) => ({ manager, fields: intersection(manager.fields, changed) }))
    .filter(({ fields }) => !isEmpty(fields));
  if (conflicts.length > 0 && !isForced) throw refuse(conflicts);
  const taken = union(changed, removed);
  const rest = others.map((manager) => without(manager, taken));
  const isSameOwner = mine !== undefined && mine.apiVersion === us.apiVersion && isSameSet(mine.fields, us.fields);
  const isNothingNew = isSameJson(before, after) && isSameOwner && others.every((one, index) => one === rest[index]);
  const next = withOwnedPart(live, after, applied.metadata, resource, subresource);
  return isNothingNew ? next : withManagers(next, writeManagers([...rest, us]));
}

function ownersOf(live: KubeObject, resource: Resource, writer: Writer): readonly Manager[] {
  const managers = readManagers(live.metadata.managedFields);
  if (managers.length > 0) return managers;
  const fields = fieldsOf(ownedPart(live, resource, writer.subresource), ownedSchema(resource));
  const time = live.metadata.creationTimestamp ?? '';
  return [{ ...managerOf(writer, resource, 'Update'), name: beforeFirstApply, time, fields }];
}

interface Conflict {
  readonly manager: Manager;
  readonly fields: FieldSet;
}

/** In upstream's words. */
function refuse(conflicts: readonly Conflict[]): ApiError {
  const each = conflicts.flatMap(({ manager, fields }) =>
    [...paths(fields)].map((path) => ({ who: describe(manager), path: formatPath(path) })),
  );
  const causes = each.map(({ who, path }): StatusCause => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${who}`,
    field: path,
  }));
  const words =
    each.length === 1
      ? `1 conflict: conflict with ${each[0].who}: ${each[0].path}`
      : `${each.length} conflicts: ${listByManager(each)}`;
  return new ApiError('Conflict', `Apply failed with ${words}`, { causes });
}

function listByManager(each: readonly { readonly who: string; readonly path: string }[]): string {
  return [...new Set(each.map(({ who }) => who))]
    .toSorted()
    .map((who) => {
      const lines = each.filter((one) => one.who === who).map(({ path }) => `- ${path}\n`);
      return `conflicts with ${who}:\n${lines.join('')}`;
    })
    .join('');
}

function describe({ name, operation, apiVersion, subresource }: Manager): string {
  const who = subresource === '' ? `"${name}"` : `"${name}" with subresource "${subresource}"`;
  return operation === 'Update' ? `${who} using ${apiVersion}` : who;
}
