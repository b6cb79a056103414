// How objects are changed in part: JSON and merge patches, strategic merge patches of built-in kinds, and server-side apply; and whose
// fields are whose afterwards.

import { ApiError } from '../api/api-error.ts';
import type { Patch } from '../api/api-port.ts';
import { isJsonObject, type Json, type JsonObject, type KubeObject } from '../api/object.ts';
import { apply } from '../apply/apply.ts';
import { track } from '../apply/track.ts';
import { applyJsonPatch } from '../patch/json-patch.ts';
import { applyMergePatch } from '../patch/merge-patch.ts';
import { isBuiltin, type Resource } from '../api/resource.ts';
import { applyStrategicMerge } from '../patch/strategic-merge.ts';
import type { Patches } from './patches.ts';
import { readJson } from './read-object.ts';

const understood = 'application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml';
const strategic = 'application/strategic-merge-patch+json';

export const objectPatches: Patches = {
  patch(live: KubeObject, { type, body }: Patch, resource: Resource): Json {
    switch (type) {
      case 'application/json-patch+json':
        return applyJsonPatch(live, readJson(body, 0));
      case 'application/merge-patch+json':
        return applyMergePatch(live, readMap(body));
      case strategic:
        // As upstream: custom kinds have no strategies.
        if (!isBuiltin(resource)) throw refuse(type, understood);
        return applyStrategicMerge(live, readMap(body), resource.schema);
      default:
        throw refuse(type, isBuiltin(resource) ? `${understood}, ${strategic}` : understood);
    }
  },
  apply: (live, applied, resource, subresource, { isForced }, { caller }, nowText) =>
    apply(live, applied, resource, { name: caller.fieldManager, subresource, nowText }, isForced),
  track: (live, next, resource, subresource, { caller }, nowText) =>
    track(live, next, resource, { name: caller.fieldManager, subresource, nowText }),
};

function readMap(body: unknown): JsonObject {
  const patch = readJson(body, 0);
  if (isJsonObject(patch)) return patch;
  throw new ApiError('BadRequest', 'a merge patch of an object is a map');
}

/** Upstream's words for a type that a resource does not take. */
function refuse(type: string, known: string): ApiError {
  return new ApiError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${known} (not ${type})`,
  );
}
