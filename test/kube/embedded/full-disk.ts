// Runs on a small file system of its own: writes until the disk is full, and tells what was acknowledged and what is there.

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject, ObjectKey } from '#kube/api/object.ts';
import { ObjectStore } from '#kube/embedded/object-store.ts';

const directory = process.argv[2];
let nowMs = 1;
const open = (): ObjectStore => new ObjectStore({ directory, keepEvents: 4, keepMs: 1e12 }, () => nowMs);
const keyOf = (index: number): ObjectKey => ({ resource: '/configmaps', namespace: 'default', name: `n${index}` });
const objectOf = (index: number): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: `n${index}`, namespace: 'default' },
  data: { text: 'x'.repeat(8_000) },
});

const ballast = join(directory, 'ballast');
writeFileSync(ballast, 'x'.repeat(256 * 1024));
let store = open();
let acknowledged = 0;
let refused = 0;
let message = '';
for (let index = 0; index < 200 && refused < 5; index++) {
  try {
    await store.write(keyOf(index), () => objectOf(index));
    acknowledged++;
  } catch (error) {
    refused++;
    message = error instanceof Error ? error.message : '';
    if (store.get(keyOf(index)) !== undefined) throw new Error('what was refused is seen', { cause: error });
  }
}
const fault = store.fault ?? '';
// Somebody makes room, and the running process goes on.
rmSync(ballast);
nowMs += 10_000;
const faultAfterwards = store.fault ?? '';
await store.write(keyOf(900), () => objectOf(900));
store.close();
store = open();
const found = store.list('/configmaps', undefined).length;
store.close();
process.stdout.write(JSON.stringify({ acknowledged, refused, message, fault, faultAfterwards, found }));
