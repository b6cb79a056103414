// What is to be written so that users see what nothing acts on: conditions of policies, and Events. Pure: objects and Events as they
// are → writes; what is there already is not written again, so that replays, restarts and two runs at once end in the same.

import { setCondition } from '#kube/controllers/conditions.ts';
import { isJsonObject, type JsonObject, type KubeObject } from '#kube/api/object.ts';
import { isSameJson } from '#kube/api/same-json.ts';
import { noticeOf, type Notice } from '#kube/notices/notices.ts';

/** A kind that is looked after. */
export interface NoticedKind {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly isPolicy: boolean;
  /** Its status takes a condition `Valid`, as upstream's policies have it. */
  readonly hasValidCondition: boolean;
}

export type NoticeWrite =
  /** A merge patch of the status; with the version that it was made of, so that of two writers one is told. */
  | { readonly type: 'status'; readonly kind: NoticedKind; readonly object: KubeObject; readonly patch: JsonObject }
  | { readonly type: 'create-event'; readonly event: KubeObject }
  | { readonly type: 'update-event'; readonly event: KubeObject };

/** Component of the Events. */
export const reporter = 'waggle-operator';

/** The generation that an Event was told for. */
const generationAnnotation = 'waggle.dev/observed-generation';

/**
 * For one object. `eventOf` answers an Event by namespace and name; `nowText`: RFC 3339, whole seconds. An object that is being deleted
 * is left alone.
 */
export function planNotices(
  kind: NoticedKind,
  object: KubeObject,
  eventOf: (namespace: string, name: string) => KubeObject | undefined,
  nowText: string,
): readonly NoticeWrite[] {
  if (object.metadata.deletionTimestamp !== undefined || object.metadata.uid === undefined) return [];
  const notice = noticeOf(kind, object);
  if (notice === undefined) return [];
  return [...planCondition(kind, object, notice, nowText), ...planEvent(kind, object, notice, eventOf, nowText)];
}

function planCondition(
  kind: NoticedKind,
  object: KubeObject,
  { reason, message }: Notice,
  nowText: string,
): readonly NoticeWrite[] {
  if (!kind.hasValidCondition) return [];
  const before = listConditions(object);
  const after = setCondition(before, { type: 'Valid', status: 'False', reason, message }, nowText);
  if (isSameJson(before, after)) return [];
  const { resourceVersion } = object.metadata;
  const patch = { metadata: { resourceVersion }, status: { conditions: after } };
  return [{ type: 'status', kind, object, patch }];
}

function listConditions({ status }: JsonObject): readonly JsonObject[] {
  const conditions = isJsonObject(status) ? status['conditions'] : undefined;
  return Array.isArray(conditions) ? conditions.filter((one) => isJsonObject(one)) : [];
}

/** One Event for an object and a reason; a new generation that it holds for too raises its count. */
function planEvent(
  kind: NoticedKind,
  object: KubeObject,
  notice: Notice,
  eventOf: (namespace: string, name: string) => KubeObject | undefined,
  nowText: string,
): readonly NoticeWrite[] {
  const { name = '', namespace, uid = '', generation = 1, resourceVersion } = object.metadata;
  // Events of objects that live in no namespace are in the default one.
  const home = namespace ?? 'default';
  const eventName = nameEvent(name, uid, notice.reason);
  const before = eventOf(home, eventName);
  const annotations = { [generationAnnotation]: String(generation) };
  if (before === undefined) {
    const involvedObject = {
      apiVersion: kind.group === '' ? kind.version : `${kind.group}/${kind.version}`,
      kind: kind.kind,
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    };
    const event: KubeObject = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: eventName, namespace: home, annotations },
      involvedObject,
      type: 'Warning',
      reason: notice.reason,
      message: notice.message,
      source: { component: reporter },
      reportingComponent: reporter,
      reportingInstance: '',
      firstTimestamp: nowText,
      lastTimestamp: nowText,
      count: 1,
    };
    return [{ type: 'create-event', event }];
  }
  const toldFor = Number(before.metadata.annotations?.[generationAnnotation] ?? 0);
  // An older state that comes late has nothing to add.
  if (toldFor >= generation) return [];
  const count = typeof before['count'] === 'number' ? before['count'] : 1;
  const metadata = { ...before.metadata, annotations: { ...before.metadata.annotations, ...annotations } };
  const event = { ...before, metadata, message: notice.message, lastTimestamp: nowText, count: count + 1 };
  return [{ type: 'update-event', event }];
}

/** The same for the same object and reason, whoever computes it; at most 253 characters. */
export function nameEvent(name: string, uid: string, reason: string): string {
  const suffix = hash(`${uid}/${reason}`);
  // A cut name must not end where no name may.
  const cut = name.slice(0, 253 - 1 - suffix.length).replace(/[^a-z0-9]+$/, '');
  return `${cut}.${suffix}`;
}

/** FNV-1a of 64 bits, as 16 hexadecimal digits. */
function hash(text: string): string {
  let value = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text))
    value = BigInt.asUintN(64, (value ^ BigInt(byte)) * 0x100000001b3n);
  return value.toString(16).padStart(16, '0');
}
