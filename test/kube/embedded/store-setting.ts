// Stores of tests: a directory that goes when the test is over, pods to put in, and somebody who writes down what a watch tells.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { KubeObject, ObjectKey } from '#kube/api/object.ts';
import { ObjectStore, type ObjectStoreOptions } from '#kube/embedded/object-store.ts';
import type { StoredEvent } from '#kube/registry/storage.ts';

export function makeDirectory(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'waggle-store-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Of a clock that stands still. */
export function open(
  t: ExecutionContext,
  directory: string,
  options: Partial<ObjectStoreOptions> = {},
  nowMs: () => number = () => 1,
): ObjectStore {
  const store = new ObjectStore({ directory, keepEvents: 1_000, keepMs: 1e12, ...options }, nowMs);
  t.teardown(() => store.close());
  return store;
}

export const keyOf = (name: string, namespace = 'default', resource = '/pods'): ObjectKey => ({
  resource,
  namespace,
  name,
});

export const podOf = ({ name, namespace }: ObjectKey, value: number | string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels: { value: String(value) } },
});

export const put = (
  store: ObjectStore,
  name: string,
  value: number | string,
  namespace = 'default',
  resource = '/pods',
): Promise<KubeObject | undefined> => {
  const key = keyOf(name, namespace, resource);
  return store.write(key, () => podOf(key, value));
};

export const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
export const settle = async (): Promise<void> => {
  for (let count = 0; count < 20; count++) await turn();
};

export class Recorder {
  readonly events: StoredEvent[] = [];
  readonly errors: Error[] = [];

  constructor(store: ObjectStore, after: number, resource?: string, namespace?: string) {
    store.watch(
      resource,
      namespace,
      after,
      (event) => this.events.push(event),
      (error) => this.errors.push(error),
    );
  }

  get lines(): readonly string[] {
    return this.events.map(({ type, revision, key }) => `${revision} ${type} ${key.namespace}/${key.name}`);
  }
}
