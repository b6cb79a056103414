// The objects of the crash test: ConfigMaps that say which write made them, and whether they are whole.

import type { Change } from './ledger.ts';

export const configMaps = '/api/v1/namespaces/default/configmaps';
/** All but the one that the server makes in every namespace. */
export const ours = 'fieldSelector=metadata.name%21%3Dkube-root-ca.crt';

export interface Read {
  readonly name: string;
  readonly uid: string;
  readonly revision: number;
  readonly id: string;
  readonly data: Readonly<Record<string, string>>;
}

/** `keys`: beside the write's own. */
export function dataOf(id: string, fillerLength: number, keys: Readonly<Record<string, string>> = {}): object {
  return { ...keys, id, length: String(fillerLength), filler: id.slice(-1).repeat(fillerLength) };
}

/** Throws when it is not whole. */
export function readConfigMap(value: unknown): Read {
  const { metadata, data }: { metadata: Record<string, string>; data: Record<string, string> } = Object(value);
  const { id, length, filler } = data;
  if (filler !== id.slice(-1).repeat(Number(length))) throw new Error(`${metadata['name']} is half of ${id}`);
  return { name: metadata['name'], uid: metadata['uid'], revision: Number(metadata['resourceVersion']), id, data };
}

/** undefined: a bookmark. Throws with what an ERROR says. */
export function readChange(line: string): Change | { readonly type: 'BOOKMARK'; readonly revision: number } {
  const { type, object } = JSON.parse(line);
  if (type === 'BOOKMARK') return { type, revision: Number(object.metadata.resourceVersion) };
  if (type === 'ERROR') throw new Error(`a watch was ended: ${object.code} ${object.message}`);
  const { name, uid, revision, id } = readConfigMap(object);
  return { type, name, uid, revision, id };
}
