// What is stored and what is shown of it: versions of a kind differ in their name alone, and a kind may be another one under other names
// (events.k8s.io and the core group have the same events). Conversion happens at the store's door and nowhere else.

import type { KubeObject } from '../api/object.ts';
import type { Resource } from '../api/resource.ts';
import { apiVersionOf } from './read-object.ts';
import type { StoredEvent } from './storage.ts';

type Kept = Pick<Resource, 'group' | 'plural' | 'storedAs'>;
type Change = (latest: KubeObject | undefined) => KubeObject | 'delete' | undefined;

/** As in ObjectKey. */
export function keyOf({ group, plural, storedAs }: Kept): string {
  return storedAs === undefined ? `${group}/${plural}` : `${storedAs.group}/${storedAs.plural}`;
}

/** Versions of a kind have the same fields but for what their schemas leave out: the name is all that is converted. */
export function toVersion(object: KubeObject, resource: Resource): KubeObject {
  const apiVersion = apiVersionOf(resource);
  if (object.apiVersion === apiVersion) return object;
  const { storedAs } = resource;
  return { ...(storedAs === undefined ? object : storedAs.fromStored(object)), apiVersion };
}

/** The change of what is stored that a change of what is shown is. */
export function changeStored(resource: Resource, change: Change): Change {
  const { storedAs } = resource;
  if (storedAs === undefined) return change;
  return (latest) => {
    const next = change(latest === undefined ? undefined : toVersion(latest, resource));
    return next === undefined || next === 'delete' ? next : storedAs.toStored(next);
  };
}

/** Selectors of a watch speak of the fields that are shown. */
export function showEvent(event: StoredEvent, resource: Resource): StoredEvent {
  if (resource.storedAs === undefined) return event;
  const { object, previous } = event;
  return {
    ...event,
    object: toVersion(object, resource),
    previous: previous === undefined ? undefined : toVersion(previous, resource),
  };
}
