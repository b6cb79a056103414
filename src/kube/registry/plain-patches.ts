// The patches that are there: JSON and merge patches, and strategic merge patches of built-in kinds. Server-side apply is refused by
// name, and nobody's fields are tracked.

import { ApiError } from '../api/api-error.ts';
import type { Patch } from '../api/api-port.ts';
import { isJsonObject, type Json, type JsonObject, type KubeObject } from '../api/object.ts';
import { applyJsonPatch } from '../patch/json-patch.ts';
import { applyMergePatch } from '../patch/merge-patch.ts';
import type { Resource } from '../api/resource.ts';
import { applyStrategicMerge } from '../patch/strategic-merge.ts';
import type { Patches } from './patches.ts';
import { readJson } from './read-object.ts';

const understood = 'application/json-patch+json, application/merge-patch+json';
const strategic = 'application/strategic-merge-patch+json';

export const plainPatches: Patches = {
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
  apply: (_live, _applied, resource, _subresource, { type }): never => {
    throw refuse(type, isBuiltin(resource) ? `${understood}, ${strategic}` : understood);
  },
  track: (_live, next) => next,
};

/** Groups of somebody have a dot, and are not upstream's own. */
function isBuiltin({ group }: Resource): boolean {
  return !group.includes('.') || group.endsWith('.k8s.io');
}

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
