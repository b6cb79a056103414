// Writes to a store without an end, a given number of changes a second, and says on stdout what was acknowledged, a line each, after it was.
// Whoever started it kills it.

import type { KubeObject, ObjectKey } from '#kube/api/object.ts';
import { defaultHistory, ObjectStore } from '#kube/embedded/object-store.ts';
import { randomFrom } from '#support/seed.ts';

const [directory, seedText, rateText] = process.argv.slice(2);
const random = randomFrom(Number(seedText));
const below = (limit: number): number => Math.floor(random() * limit);
const store = new ObjectStore({ directory, ...defaultHistory }, Date.now);
process.stdout.write(`opened ${store.revision}\n`);

/** Names of its own each run, and some that every run writes. */
function write(number: number): void {
  const name = below(2) === 0 ? `shared-${below(50)}` : `${seedText}-${number}`;
  const key: ObjectKey = { resource: '/configmaps', namespace: 'default', name };
  const value = `${seedText}-${number}`;
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default' },
    data: { value, filler: 'x'.repeat(below(4_000)) },
  };
  const isDeletion = below(5) === 0;
  store
    .write(key, () => (isDeletion ? 'delete' : object))
    .then(
      (written) => {
        if (written === undefined) return;
        const { resourceVersion } = written.metadata;
        process.stdout.write(`${resourceVersion} ${isDeletion ? '-' : value} ${name}\n`);
      },
      (error: Error) => process.stderr.write(`${error.message}\n`),
    );
}

let written = 0;
const startMs = performance.now();
setInterval(() => {
  const due = ((performance.now() - startMs) / 1_000) * Number(rateText);
  while (written < due) write(written++);
}, 5);
