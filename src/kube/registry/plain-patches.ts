// The patches that are there: JSON and merge patches. Strategic merge patches and server-side apply are refused by name, and
// nobody's fields are tracked.

import { ApiError } from '../api/api-error.ts';
import type { Patch } from '../api/api-port.ts';
import { isJsonObject, type Json, type JsonObject, type KubeObject } from '../api/object.ts';
import { applyJsonPatch } from '../patch/json-patch.ts';
import { applyMergePatch } from '../patch/merge-patch.ts';
import type { Patches } from './patches.ts';
import { readJson } from './read-object.ts';

const understood = 'application/json-patch+json, application/merge-patch+json';

export const plainPatches: Patches = {
  patch(live: KubeObject, { type, body }: Patch): Json {
    switch (type) {
      case 'application/json-patch+json':
        return applyJsonPatch(live, readJson(body, 0));
      case 'application/merge-patch+json':
        return applyMergePatch(live, readMap(body));
      default:
        throw refuse(type);
    }
  },
  apply: (_live, _applied, _resource, _subresource, { type }): never => {
    throw refuse(type);
  },
  track: (_live, next) => next,
};

function readMap(body: unknown): JsonObject {
  const patch = readJson(body, 0);
  if (isJsonObject(patch)) return patch;
  throw new ApiError('BadRequest', 'a merge patch of an object is a map');
}

/** Upstream's words for a type that a resource does not take. */
function refuse(type: string): ApiError {
  return new ApiError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${understood} (not ${type})`,
  );
}
