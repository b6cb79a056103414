// What a deletion may ask of the object before it goes: to be that very one, in that very version. In upstream's words
// (apiserver, rest.BeforeDelete).

import { type ApiError, conflict } from '../api/api-error.ts';
import type { KubeObject } from '../api/object.ts';
import type { Resource } from '../api/resource.ts';

/** Throws ApiError Conflict, in which the kind stands for the plural. */
export function checkDeletionPreconditions(
  { uid, resourceVersion }: { readonly uid: string | undefined; readonly resourceVersion: string | undefined },
  live: KubeObject,
  { group, kind }: Resource,
): void {
  const { name = '', uid: liveUid = '', resourceVersion: liveVersion = '' } = live.metadata;
  const differs = (what: string, wanted: string, there: string, why: string): ApiError =>
    conflict(
      group,
      kind,
      name,
      `the ${what} in the precondition (${wanted}) does not match the ${what} in record (${there}). ${why}`,
    );
  if (uid !== undefined && uid !== liveUid) {
    throw differs('UID', uid, liveUid, 'The object might have been deleted and then recreated');
  }
  if (resourceVersion !== undefined && resourceVersion !== liveVersion) {
    throw differs('ResourceVersion', resourceVersion, liveVersion, 'The object might have been modified');
  }
}
