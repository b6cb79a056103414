// What becomes of an object, from what became of its owners. Pure. Kubernetes documentation, "Garbage Collection"; upstream: garbage
// collector, attemptToDeleteItem.

import type { DeleteOptions } from '../api/api-port.ts';
import type { KubeObject, OwnerReference } from '../api/object.ts';
import { foregroundFinalizer, type OwnedObject, orphanFinalizer } from './owner-graph.ts';

/** `waiting`: the owner is being deleted, and waits for its dependents. */
export type OwnerState = 'there' | 'waiting' | 'absent';

export interface JudgedOwner {
  readonly reference: OwnerReference;
  readonly state: OwnerState;
}

export type Verdict =
  | { readonly type: 'keep' }
  /** Somebody still owns it: the others are struck out. */
  | { readonly type: 'disown'; readonly owners: readonly OwnerReference[] }
  /** `isUnblocking`: it is held up by what it holds up, and must let go first. */
  | {
      readonly type: 'delete';
      readonly policy: NonNullable<DeleteOptions['propagationPolicy']>;
      readonly isUnblocking: boolean;
    };

export function judgeOwners(
  { metadata: { finalizers = [] } }: KubeObject,
  owners: readonly JudgedOwner[],
  dependents: readonly OwnedObject[],
): Verdict {
  const there = owners.filter(({ state }) => state === 'there');
  if (there.length === owners.length) return { type: 'keep' };
  if (there.length > 0) return { type: 'disown', owners: there.map(({ reference }) => reference) };
  const isWaitedFor = owners.some(({ state }) => state === 'waiting');
  if (isWaitedFor && dependents.length > 0) {
    const isUnblocking = dependents.some(({ isForeground }) => isForeground);
    return { type: 'delete', policy: 'Foreground', isUnblocking };
  }
  const policy = finalizers.includes(orphanFinalizer)
    ? 'Orphan'
    : finalizers.includes(foregroundFinalizer)
      ? 'Foreground'
      : 'Background';
  return { type: 'delete', policy, isUnblocking: false };
}
