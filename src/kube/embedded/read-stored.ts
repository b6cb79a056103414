// Objects as the file has them: whatever else stands there than what was once written is damage, and is said before anybody works with it.

import { isJsonObject, type Json, type KubeObject } from '../api/object.ts';
import { damaged } from './database-error.ts';

/** `revision` must be the one that it says itself; undefined: any. Throws DatabaseError. */
export function readStored(json: string, revision: number | undefined, file: string): KubeObject {
  let value: Json;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw damaged(file, 'an object that is no JSON', error);
  }
  if (!isKubeObject(value)) throw damaged(file, `an object without kind or metadata: ${json.slice(0, 64)}`);
  const { resourceVersion } = value.metadata;
  if (revision !== undefined && resourceVersion !== String(revision)) {
    throw damaged(file, `an object of revision ${revision} that says ${JSON.stringify(resourceVersion)}`);
  }
  return value;
}

function isKubeObject(value: Json): value is KubeObject {
  if (!isJsonObject(value)) return false;
  return (
    typeof value['apiVersion'] === 'string' && typeof value['kind'] === 'string' && isJsonObject(value['metadata'])
  );
}
