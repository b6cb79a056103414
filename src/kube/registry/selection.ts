// Which objects a list or a watch speaks of, and what a change means to whoever watches a part of them: what comes into the part was
// added to it, what leaves it was deleted from it, whatever happened to the object.

import type { KubeObject } from '../api/object.ts';
import type { StoredEvent } from './storage.ts';

/** Both selectors together; undefined: everything. */
export type Selects = ((object: KubeObject) => boolean) | undefined;

/** What the watcher is told of it, undefined: nothing. */
export function eventFor(
  { type, object, previous }: StoredEvent,
  selects: Selects,
): { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubeObject } | undefined {
  if (selects === undefined) return { type, object };
  const isIn = type !== 'DELETED' && selects(object);
  const wasIn = previous !== undefined && selects(previous);
  if (isIn) return { type: wasIn ? 'MODIFIED' : 'ADDED', object };
  if (!wasIn) return undefined;
  // As it was while it was in the part, with the version of the change.
  const { resourceVersion } = object.metadata;
  return {
    type: 'DELETED',
    object: {
      ...previous,
      metadata: { ...previous.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
    },
  };
}
