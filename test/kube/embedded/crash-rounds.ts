// `kill -9` of a writing process at random, again and again: every change that it acknowledged is there when the file is opened again,
// versions never go back, and a watch that resumes where it was sees each change once and in order.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { KubeObject } from '#kube/api/object.ts';
import { defaultHistory, ObjectStore } from '#kube/embedded/object-store.ts';
import { isJsonObject } from '#kube/api/object.ts';

const writer = fileURLToPath(new URL('./crash-writer.ts', import.meta.url));

export interface CrashOptions {
  readonly directory: string;
  readonly seconds: number;
  readonly writesPerSecond: number;
  readonly random: () => number;
}

export interface CrashReport {
  readonly kills: number;
  readonly acknowledged: number;
  readonly watched: number;
  /** Empty: everything held. */
  readonly faults: readonly string[];
}

export async function runCrashes({ directory, seconds, writesPerSecond, random }: CrashOptions): Promise<CrashReport> {
  const endMs = performance.now() + seconds * 1_000;
  const faults: string[] = [];
  /** As the acknowledgements and the changes that were seen make it. */
  const expected = new Map<string, { readonly revision: number; readonly value: string }>();
  let [kills, acknowledged, watched, revision, position] = [0, 0, 0, 0, 0];
  while (performance.now() < endMs) {
    const lines = await runWriter(directory, Math.floor(random() * 1e9), writesPerSecond, 300 + random() * 2_000);
    kills++;
    const told = new Map<number, string>();
    for (const line of lines) {
      const [number, value, name] = line.split(' ');
      if (name === undefined) continue;
      told.set(Number(number), `${name} ${value}`);
      acknowledged++;
    }
    const store = new ObjectStore({ directory, ...defaultHistory }, Date.now);
    const newest = Math.max(revision, ...told.keys());
    if (store.revision < newest)
      faults.push(`round ${kills}: revision ${store.revision} after ${newest} was acknowledged`);
    revision = store.revision;
    // The changes since the last round, as a watch that resumes sees them.
    const seen = await watchSome(store, position);
    for (const [index, event] of seen.entries()) {
      if (event.revision !== position + 1 + index)
        faults.push(`round ${kills}: change ${event.revision} came after ${position + index}`);
      const said = told.get(event.revision);
      told.delete(event.revision);
      const value = event.isDeleted ? '-' : event.value;
      if (said !== undefined && said !== `${event.name} ${value}`) {
        faults.push(`round ${kills}: ${event.revision} was acknowledged as ${said} and is ${event.name} ${value}`);
      }
      if (event.isDeleted) expected.delete(event.name);
      else expected.set(event.name, { revision: event.revision, value: event.value });
    }
    for (const [number, said] of told)
      faults.push(`round ${kills}: ${said} was acknowledged as ${number}, and no watch saw it`);
    watched += seen.length;
    position = store.revision;
    const listed = store.list('/configmaps', undefined);
    if (listed.length !== expected.size)
      faults.push(`round ${kills}: ${listed.length} objects, expected ${expected.size}`);
    for (const object of listed) {
      const { name = '', resourceVersion } = object.metadata;
      const known = expected.get(name);
      if (known?.value !== valueOf(object) || String(known.revision) !== resourceVersion) {
        faults.push(
          `round ${kills}: ${name} is ${valueOf(object)} (${resourceVersion}), expected ${known?.value} (${known?.revision})`,
        );
      }
    }
    store.close();
  }
  return { kills, acknowledged, watched, faults };
}

/** What it said before it was killed; a last line that is cut off was not said. */
async function runWriter(directory: string, seed: number, rate: number, forMs: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [writer, directory, String(seed), String(rate)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  const opened = new Promise<void>((resolve) => {
    child.stdout.on('data', (data: Buffer) => {
      text += data.toString();
      if (text.includes('\n')) resolve();
    });
  });
  const ended = once(child, 'close');
  await Promise.race([opened, ended]);
  await new Promise((resolve) => {
    setTimeout(resolve, forMs);
  });
  child.kill('SIGKILL');
  await ended;
  return text.split('\n').slice(1, -1);
}

interface Seen {
  readonly revision: number;
  readonly name: string;
  readonly value: string;
  readonly isDeleted: boolean;
}

function watchSome(store: ObjectStore, after: number): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  if (store.revision === after) return Promise.resolve(seen);
  return new Promise((resolve, reject) => {
    const watch = store.watch(
      '/configmaps',
      undefined,
      after,
      ({ revision, key, type, object }) => {
        seen.push({ revision, name: key.name, value: valueOf(object), isDeleted: type === 'DELETED' });
        if (revision !== store.revision) return;
        watch.close();
        resolve(seen);
      },
      reject,
    );
  });
}

function valueOf(object: KubeObject): string {
  const data = object['data'];
  const value = isJsonObject(data) ? data['value'] : undefined;
  return typeof value === 'string' ? value : '';
}
