// What becomes of an object that is written, apart from its kind's own rules: metadata that belongs to the server, the parts that a
// subresource may touch, the generation, and deletion that waits for finalizers. Pure: time and identity are handed in.
// Kubernetes API conventions, "Metadata" and "Spec and Status".

import { ApiError, conflict } from '../api/api-error.ts';
import type { JsonObject, KubeObject, ObjectMeta } from '../api/object.ts';
import type { Resource } from '../api/resource.ts';
import { isSameJson } from '../api/same-json.ts';

export interface Stamp {
  /** RFC 3339, whole seconds. */
  readonly nowText: string;
  readonly uid: string;
}

const staleWords = 'the object has been modified; please apply your changes to the latest version and try again';

/** As it is stored for the first time. The name is settled before. */
export function beginLife(
  object: KubeObject,
  name: string,
  namespace: string,
  resource: Resource,
  stamp: Stamp,
): KubeObject {
  const { generateName, labels, annotations, finalizers, ownerReferences, resourceVersion } = object.metadata;
  if (resourceVersion !== undefined && resourceVersion !== '' && resourceVersion !== '0') {
    throw new ApiError('BadRequest', 'resourceVersion should not be set on objects to be created');
  }
  const metadata: ObjectMeta = {
    name,
    ...(generateName === undefined || generateName === '' ? {} : { generateName }),
    ...(namespace === '' ? {} : { namespace }),
    uid: stamp.uid,
    ...(hasGeneration(resource) ? { generation: 1 } : {}),
    creationTimestamp: stamp.nowText,
    ...keepUnlessEmpty({ labels, annotations, finalizers, ownerReferences }),
  };
  const { status: _, ...rest } = object;
  const isWithout = resource.hasStatus && resource.isCreatedWithStatus !== true;
  return isWithout ? { ...rest, metadata } : { ...object, metadata };
}

/** The object in the place of the one that is stored. Throws ApiError Conflict when the caller saw an older one. */
export function continueLife(
  object: KubeObject,
  live: KubeObject,
  subresource: 'status' | undefined,
  resource: Resource,
): KubeObject {
  checkPreconditions(object.metadata, live, resource);
  if (subresource === 'status') {
    const { status: _, ...rest } = live;
    return object['status'] === undefined ? rest : { ...rest, status: object['status'] };
  }
  const { labels, annotations, finalizers, ownerReferences } = object.metadata;
  const { name, generateName, namespace, uid, generation, creationTimestamp } = live.metadata;
  const { deletionTimestamp, deletionGracePeriodSeconds, managedFields } = live.metadata;
  if (deletionTimestamp !== undefined) checkNoNewFinalizers(finalizers ?? [], live, resource);
  const metadata: ObjectMeta = keepUnlessEmpty({
    name,
    generateName,
    namespace,
    uid,
    resourceVersion: live.metadata.resourceVersion,
    generation,
    creationTimestamp,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    labels,
    annotations,
    finalizers,
    ownerReferences,
    managedFields,
  });
  const { status: _, ...rest } = object;
  const next = resource.hasStatus
    ? { ...rest, metadata, ...(live['status'] === undefined ? {} : { status: live['status'] }) }
    : { ...object, metadata };
  return recount(next, live, resource);
}

/** The generation: the next one when anything but metadata and status is other than it was. Asked again when defaults are in. */
export function recount(next: KubeObject, live: KubeObject, resource: Resource): KubeObject {
  const { generation } = live.metadata;
  if (generation === undefined) return next;
  const counted = isSameSpec(next, live, resource) ? generation : generation + 1;
  return counted === next.metadata.generation ? next : { ...next, metadata: { ...next.metadata, generation: counted } };
}

/** `isDeleted`: nothing holds it. Otherwise as it waits for its finalizers. `isHeld`: what is not in its metadata holds it. */
export function endLife(
  live: KubeObject,
  propagation: 'Background' | 'Foreground' | 'Orphan' | undefined,
  gracePeriodSeconds: number,
  nowText: string,
  isHeld = false,
): { readonly object: KubeObject; readonly isDeleted: boolean } {
  const { finalizers = [], deletionTimestamp, generation } = live.metadata;
  const wanted = propagation === 'Foreground' ? 'foregroundDeletion' : propagation === 'Orphan' ? 'orphan' : undefined;
  // What asked for dependents before is taken back by another policy.
  const kept =
    propagation === undefined ? finalizers : finalizers.filter((name) => !dependentFinalizers.includes(name));
  const held = wanted === undefined ? kept : [...kept, wanted];
  if (held.length === 0 && !isHeld) return { object: live, isDeleted: true };
  const metadata: ObjectMeta = {
    ...live.metadata,
    ...(held.length === 0 ? {} : { finalizers: held }),
    deletionTimestamp: deletionTimestamp ?? nowText,
    deletionGracePeriodSeconds: gracePeriodSeconds,
    // The spec of an object that is going has changed: it is to be no more.
    ...(generation === undefined || deletionTimestamp !== undefined ? {} : { generation: generation + 1 }),
  };
  return { object: { ...live, metadata }, isDeleted: false };
}

/** After the last finalizer of an object that was deleted has gone. */
export function isOver({ metadata: { deletionTimestamp, finalizers = [] } }: KubeObject): boolean {
  return deletionTimestamp !== undefined && finalizers.length === 0;
}

export function checkPreconditions(
  { uid, resourceVersion }: { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined },
  live: KubeObject,
  { group, plural }: Resource,
): void {
  const { name = '', uid: liveUid = '', resourceVersion: liveVersion } = live.metadata;
  if (uid !== undefined && uid !== '' && uid !== liveUid) {
    throw conflict(
      group,
      plural,
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${liveUid}`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== '' && resourceVersion !== liveVersion) {
    throw conflict(group, plural, name, staleWords);
  }
}

const dependentFinalizers: readonly string[] = ['foregroundDeletion', 'orphan'];

function checkNoNewFinalizers(finalizers: readonly string[], live: KubeObject, { group, kind }: Resource): void {
  const before = live.metadata.finalizers ?? [];
  const added = finalizers.filter((name) => !before.includes(name));
  if (added.length === 0) return;
  const words = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((name) => `"${name}"`).join(', ')}}`;
  const message = `Forbidden: ${words}`;
  const name = live.metadata.name ?? '';
  throw new ApiError(
    'Invalid',
    `${group === '' ? kind : `${kind}.${group}`} "${name}" is invalid: metadata.finalizers: ${message}`,
    {
      name,
      ...(group === '' ? {} : { group }),
      kind,
      causes: [{ reason: 'FieldValueForbidden', message, field: 'metadata.finalizers' }],
    },
  );
}

const ungenerated: ReadonlySet<string> = new Set(['', 'coordination.k8s.io']);

/** As upstream has it: custom resources always, of the oldest groups pods alone, slices of endpoints, and whatever else has a spec. */
function hasGeneration({ group, kind, schema }: Resource): boolean {
  if (group.includes('.') && !group.endsWith('.k8s.io')) return true;
  if (ungenerated.has(group)) return kind === 'Pod';
  return group === 'discovery.k8s.io' || schema?.properties?.['spec'] !== undefined;
}

/** Whether all but metadata is the same, and but status where that has a subresource of its own. */
function isSameSpec(one: KubeObject, other: KubeObject, { hasStatus }: Resource): boolean {
  const rest = (object: KubeObject): JsonObject => {
    const { status, ...fields } = object;
    return { ...fields, metadata: undefined, status: hasStatus ? undefined : status };
  };
  return isSameJson(rest(one), rest(other));
}

/** Absent, `{}`, `[]` and '' are one in metadata. */
function keepUnlessEmpty(fields: Readonly<Record<string, JsonObject[string] | readonly JsonObject[]>>): ObjectMeta {
  const isEmpty = (value: unknown): boolean =>
    value === undefined ||
    value === '' ||
    (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)));
}
