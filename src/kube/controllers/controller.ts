// What every controller is given, and how it speaks to the API: as a user of its own, in the words of the API port. Controllers are
// loops: they compare what they observe with what should be, and write the difference; nothing depends on having seen each change.

import type { Clock } from '#bgp/ports.ts';
import { ApiError, notFound } from '../api/api-error.ts';
import type { Api, DeleteOptions, ListOptions, ObjectTarget, WriteOptions } from '../api/api-port.ts';
import type { KubeObject } from '../api/object.ts';
import type { Resource } from '../api/resource.ts';
import { keyOf as storageKeyOf } from '../registry/stored-form.ts';

export interface ControllerDeps {
  readonly api: Api;
  readonly clock: Clock;
  /** What could not be done, and is tried again: for the log. */
  readonly failed: (what: string, error: ApiError) => void;
}

export interface Controller {
  start(): void;
  close(): void;
}

export const everything: ListOptions = {
  labelSelector: undefined,
  fieldSelector: undefined,
  limit: undefined,
  continueToken: undefined,
  resourceVersion: undefined,
  resourceVersionMatch: undefined,
};

/** The user's name is upstream's, since it is read in managedFields and logs. */
export function writeAs(controller: string): WriteOptions {
  return {
    caller: {
      user: `system:serviceaccount:kube-system:${controller}`,
      groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
      fieldManager: 'kube-controller-manager',
    },
    isDryRun: false,
    fieldValidation: 'Ignore',
    warn: () => {},
  };
}

/** Of this very object, whatever has its name by then. */
export function deleteOnly(
  { metadata: { uid } }: KubeObject,
  propagationPolicy: DeleteOptions['propagationPolicy'],
): DeleteOptions {
  return {
    propagationPolicy,
    gracePeriodSeconds: undefined,
    preconditions: { uid, resourceVersion: undefined },
  };
}

/** As it is stored. Throws ApiError NotFound when it is not served (yet). */
export function findResource(api: Api, group: string, plural: string): Resource {
  const found = api.resources().filter((resource) => resource.group === group && resource.plural === plural);
  const resource = found.find(({ isStorage }) => isStorage) ?? found[0];
  if (resource === undefined) throw notFound(group, plural, '');
  return resource;
}

/** Each kind once: as it is stored, where it is served so. */
export function listKinds(api: Api): readonly Resource[] {
  const kinds = new Map<string, Resource>();
  for (const resource of api.resources()) {
    const key = storageKeyOf(resource);
    if (resource.isStorage || !kinds.has(key)) kinds.set(key, resource);
  }
  return [...kinds.values()];
}

/** Of either group. */
export function isEventKind({ group, plural }: Resource): boolean {
  return plural === 'events' && (group === '' || group === 'events.k8s.io');
}

export function targetOf(resource: Resource, { metadata: { namespace, name = '' } }: KubeObject): ObjectTarget {
  return { resource, namespace, name, subresource: undefined };
}

/** undefined: it is not there. */
export function getIfThere(api: Api, target: ObjectTarget): KubeObject | undefined {
  try {
    return api.get(target);
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  }
}

export function isReason(error: unknown, ...reasons: readonly ApiError['reason'][]): boolean {
  return error instanceof ApiError && reasons.includes(error.reason);
}

/** Waits for a write; that somebody else was faster is no failure. */
export async function unlessAlready(
  write: Promise<unknown>,
  ...reasons: readonly ('NotFound' | 'AlreadyExists' | 'Conflict')[]
): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!isReason(error, ...reasons)) throw error;
  }
}

/** `namespace/name`; `/name` of kinds that live in none. */
export function keyOf({ metadata: { namespace = '', name = '' } }: KubeObject): string {
  return `${namespace}/${name}`;
}

/** RFC 3339, whole seconds. */
export function timeText(wallMs: number): string {
  return new Date(wallMs).toISOString().replace(/\.\d+Z$/, 'Z');
}
