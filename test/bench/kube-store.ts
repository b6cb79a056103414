// `node test/bench/kube-store.ts [--objects 50000]`: the embedded API's store alone, on the disk of this directory's file system: filling it,
// opening it, listing, and how long a write takes until it is durable and 100 watches were told. Prints Markdown.

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { KubeObject, ObjectKey } from '#kube/api/object.ts';
import { defaultHistory, ObjectStore } from '#kube/embedded/object-store.ts';

const { values } = parseArgs({ options: { objects: { type: 'string', default: '50000' } } });
const count = Number(values.objects);
const directory = mkdtempSync(join(process.cwd(), '.kube-store-'));
const resource = 'cilium.io/ciliumnodes';
const watchers = 100;
const concurrent = 50;

const keyOf = (index: number): ObjectKey => ({
  resource,
  namespace: '',
  name: `node-${String(index).padStart(6, '0')}`,
});
const objectOf = (index: number, round: number): KubeObject => ({
  apiVersion: 'cilium.io/v2',
  kind: 'CiliumNode',
  metadata: { name: keyOf(index).name, labels: { zone: `z${index % 7}` } },
  spec: { addresses: [{ ip: '192.0.2.1', type: 'InternalIP' }], round, filler: 'x'.repeat(700) },
});

const rows: string[] = [];
const row = (what: string, figure: string): void => void rows.push(`| ${what} | ${figure} |`);
const median = (numbers: readonly number[], at = 0.5): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length * at)];
const open = (): ObjectStore => new ObjectStore({ directory, ...defaultHistory }, Date.now);

try {
  let store = open();
  let startMs = performance.now();
  await writeAll(store, count, 0);
  row(`${count} objects of about 900 octets written, ${concurrent} at a time`, rate(count, startMs));
  startMs = performance.now();
  await writeAll(store, 5_000, 1);
  row(`5,000 of them changed, ${concurrent} at a time`, rate(5_000, startMs));
  store.close();
  startMs = performance.now();
  store = open();
  row('opened', `${((performance.now() - startMs) / 1_000).toFixed(2)} s`);
  startMs = performance.now();
  const bytes = JSON.stringify(store.list(resource, undefined)).length;
  row(
    `all listed as JSON, ${(bytes / 2 ** 20).toFixed(0)} MiB`,
    `${((performance.now() - startMs) / 1_000).toFixed(2)} s`,
  );
  const waits = await watchWrites(store);
  row(
    `one write, durable and told to ${watchers} watches`,
    `${median(waits).toFixed(2)} ms median, ${median(waits, 0.99).toFixed(2)} ms p99`,
  );
  row('memory', `${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MiB`);
  store.close();
  process.stdout.write(`| what | figure |\n|---|---|\n${rows.join('\n')}\n`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function writeAll(store: ObjectStore, objects: number, round: number): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < objects) {
      const index = next++;
      await store.write(keyOf(index), () => objectOf(index, round));
    }
  };
  await Promise.all(Array.from({ length: concurrent }, worker));
}

async function watchWrites(store: ObjectStore): Promise<readonly number[]> {
  const waits: number[] = [];
  let [told, done] = [0, (): void => undefined];
  for (let index = 0; index < watchers; index++) {
    const tell = (): void => {
      if (++told === watchers) done();
    };
    store.watch(resource, undefined, store.revision, tell, (error) => {
      throw error;
    });
  }
  for (let index = 0; index < 500; index++) {
    told = 0;
    const all = new Promise<void>((resolve) => (done = resolve));
    const startMs = performance.now();
    await store.write(keyOf(index), () => objectOf(index, 2));
    await all;
    waits.push(performance.now() - startMs);
  }
  return waits;
}

function rate(objects: number, startMs: number): string {
  const seconds = (performance.now() - startMs) / 1_000;
  return `${seconds.toFixed(2)} s, ${Math.round(objects / seconds)} a second`;
}
