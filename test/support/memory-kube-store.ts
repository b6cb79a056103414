// A KubeStore whose objects the test sets as YAML text: no directory, no time. Faults are given by the test.

import type { FieldPath } from '#control/yaml/document.ts';
import type { AnyManifest, AnyResource, KindName, Kinds } from '#kube/kinds.ts';
import type { KubeStore, StoreFault } from '#kube/port.ts';
import { ManifestReader, type ReadObject } from '#kube/read-manifests.ts';

const reader = new ManifestReader(() => []);

export class MemoryKubeStore implements KubeStore {
  storeFaults: StoreFault[] = [];
  #objects: readonly ReadObject[] = [];
  #listener: (() => void) | undefined;

  /** Replaces every object; throws when the text has a fault, so that a test cannot mean something else. */
  set(...texts: readonly string[]): void {
    const { objects, faults } = reader.read([{ name: 'test.yaml', text: texts.join('---\n') }]);
    if (faults.length > 0) throw new TypeError(faults.map(({ where, message }) => `${where}: ${message}`).join('\n'));
    this.#objects = objects;
    this.#listener?.();
  }

  list<K extends KindName>(kind: K): readonly Kinds[K][] {
    return this.#objects.map(({ manifest }) => complete(manifest)).filter((resource) => isOfKind(resource, kind));
  }

  locate(object: string, path: FieldPath): string | undefined {
    return this.#objects.find(({ key }) => key === object)?.locate(path);
  }

  faults(): readonly StoreFault[] {
    return this.storeFaults;
  }

  onChange(listener: () => void): void {
    this.#listener = listener;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): void {
    this.#listener = undefined;
  }
}

function complete(manifest: AnyManifest): AnyResource {
  const {
    name,
    uid = name,
    creationTimestamp = '2025-01-01T00:00:00Z',
    labels = {},
    annotations = {},
  } = manifest.metadata;
  const namespaced = 'namespace' in manifest.metadata ? { namespace: manifest.metadata.namespace } : {};
  return { ...manifest, metadata: { name, ...namespaced, uid, creationTimestamp, labels, annotations } };
}

function isOfKind<K extends KindName>(resource: AnyResource, kind: K): resource is Kinds[K] {
  return resource.kind === kind;
}
