// The objects of one collection as a client knows them. Whatever comes twice, late or out of order leaves the newest state: versions of
// one collection are numbers that only grow (Kubernetes API concepts, "Resource versions").

import type { KubeObject } from '../api/object.ts';

/** Deletions that are remembered. */
const maxGone = 10_000;

export class ObjectCache {
  readonly #objects = new Map<string, KubeObject>();
  /** Of what was deleted after the last list, the latest last: an older event of theirs brings nothing back. */
  readonly #gone = new Map<string, string>();
  /** Of the list, and of deletions that are forgotten: what is not newer is known. */
  #floor = '';

  get size(): number {
    return this.#objects.size;
  }

  list(): IterableIterator<KubeObject> {
    return this.#objects.values();
  }

  get(namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#objects.get(keyOf(namespace, name));
  }

  /** The collection as a whole, and the version of the list. True when that changes anything. */
  replace(objects: readonly KubeObject[], version: string): boolean {
    const next = new Map(objects.map((object) => [keyOfObject(object), object]));
    let isChanged = next.size !== this.#objects.size;
    for (const [key, object] of next) {
      const { metadata } = this.#objects.get(key) ?? {};
      isChanged ||= metadata?.uid !== object.metadata.uid || versionOf({ metadata }) !== versionOf(object);
    }
    this.#gone.clear();
    this.#floor = version;
    if (!isChanged) return false;
    this.#objects.clear();
    for (const [key, object] of next) this.#objects.set(key, object);
    return true;
  }

  /** An object was made or changed. */
  put(object: KubeObject): boolean {
    const key = keyOfObject(object);
    const known = this.#objects.get(key);
    const last = known === undefined ? (this.#gone.get(key) ?? this.#floor) : versionOf(known);
    if (!isNewer(versionOf(object), last)) return false;
    this.#gone.delete(key);
    this.#objects.set(key, object);
    return true;
  }

  /** An object was deleted; its version is that of the deletion. */
  remove(object: KubeObject): boolean {
    const key = keyOfObject(object);
    const known = this.#objects.get(key);
    const version = versionOf(object);
    if (known === undefined) {
      // Told before what it deleted.
      if (isNewer(version, this.#gone.get(key) ?? this.#floor)) this.#remember(key, version);
      return false;
    }
    if (isNewer(versionOf(known), version)) return false;
    this.#objects.delete(key);
    this.#remember(key, version);
    return true;
  }

  /** A watch may go on for weeks: the oldest deletion makes room, and nothing as old as it is believed any more. */
  #remember(key: string, version: string): void {
    this.#gone.delete(key);
    this.#gone.set(key, version);
    if (this.#gone.size <= maxGone) return;
    const [oldest] = this.#gone;
    this.#gone.delete(oldest[0]);
    if (isNewer(oldest[1], this.#floor)) this.#floor = oldest[1];
  }
}

function keyOfObject({ metadata }: KubeObject): string {
  return keyOf(metadata.namespace, metadata.name ?? '');
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

function versionOf({ metadata }: { readonly metadata?: KubeObject['metadata'] | undefined }): string {
  return metadata?.resourceVersion ?? '';
}

/** Decimal numbers of any length; what is none is taken for new. */
export function isNewer(version: string, than: string): boolean {
  if (!/^\d+$/.test(version) || !/^\d+$/.test(than)) return version !== than;
  return version.length === than.length ? version > than : version.length > than.length;
}
