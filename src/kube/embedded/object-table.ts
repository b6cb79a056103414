// Objects in memory, each resource's in the order of namespace and name, so that a list is made without sorting.

import type { KubeObject, ObjectKey } from '../api/object.ts';

/** Objects of one namespace. */
interface Shelf {
  /** Sorted by UTF-16 code units. */
  readonly names: string[];
  readonly objects: Map<string, KubeObject>;
}

export class ObjectTable {
  /** By resource, then by namespace. */
  readonly #resources = new Map<string, Map<string, Shelf>>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get({ resource, namespace, name }: ObjectKey): KubeObject | undefined {
    return this.#resources.get(resource)?.get(namespace)?.objects.get(name);
  }

  set({ resource, namespace, name }: ObjectKey, object: KubeObject): void {
    let shelves = this.#resources.get(resource);
    if (shelves === undefined) this.#resources.set(resource, (shelves = new Map()));
    let shelf = shelves.get(namespace);
    if (shelf === undefined) shelves.set(namespace, (shelf = { names: [], objects: new Map() }));
    if (!shelf.objects.has(name)) {
      shelf.names.splice(findPlace(shelf.names, name), 0, name);
      this.#count++;
    }
    shelf.objects.set(name, object);
  }

  delete({ resource, namespace, name }: ObjectKey): void {
    const shelves = this.#resources.get(resource);
    const shelf = shelves?.get(namespace);
    if (shelf === undefined || !shelf.objects.delete(name)) return;
    shelf.names.splice(findPlace(shelf.names, name), 1);
    this.#count--;
    if (shelf.names.length === 0) shelves?.delete(namespace);
  }

  list(resource: string, namespace: string | undefined): readonly KubeObject[] {
    const shelves = this.#resources.get(resource);
    if (shelves === undefined) return [];
    const namespaces = namespace === undefined ? [...shelves.keys()].toSorted(compareTexts) : [namespace];
    const found: KubeObject[] = [];
    for (const each of namespaces) {
      const shelf = shelves.get(each);
      if (shelf === undefined) continue;
      for (const name of shelf.names) {
        const object = shelf.objects.get(name);
        if (object !== undefined) found.push(object);
      }
    }
    return found;
  }
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** Where the name is, or belongs. */
function findPlace(names: readonly string[], name: string): number {
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (names[middle] < name) low = middle + 1;
    else high = middle;
  }
  return low;
}
