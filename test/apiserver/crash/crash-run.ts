// `kill -9` of a real `waggle apiserver` at random times, while clients write and watch over HTTPS: what was acknowledged is there
// afterwards, versions never go back, and each watch that resumes is told each change once and in order.

import { setTimeout as pause } from 'node:timers/promises';
import { HttpsClient } from '../https-client.ts';
import type { ServerProcess } from '../server-process.ts';
import { configMaps, dataOf, ours, readConfigMap } from './config-maps.ts';
import { Ledger, type Snapshot } from './ledger.ts';
import { Observer } from './observer.ts';
import { Unexpected, Writer } from './writer.ts';

export interface CrashOptions {
  readonly seconds: number;
  readonly writesPerSecond: number;
  readonly random: () => number;
}

export interface CrashReport {
  readonly kills: number;
  readonly acknowledged: number;
  readonly changes: number;
  /** Of all watches together. */
  readonly told: number;
  /** From exec until it serves, of each start after a kill. */
  readonly readyMs: readonly number[];
  /** Empty: everything held. */
  readonly faults: readonly string[];
}

const writers = 8;
const observers = 5;
const sharedNames = Array.from({ length: 10 }, (_, index) => `shared-${index}`);
const maxSettleMs = 30_000;

export async function runCrashes(server: ServerProcess, options: CrashOptions): Promise<CrashReport> {
  const { random, seconds, writesPerSecond } = options;
  await server.start();
  const ledger = new Ledger();
  const credentials = server.admin;
  const clients: HttpsClient[] = [];
  const makeClient = (): HttpsClient => {
    const client = new HttpsClient(server.port, credentials);
    clients.push(client);
    return client;
  };
  const reader = makeClient();
  const start = await listAll(reader);
  const gate = new Gate();
  const watching = Array.from(
    { length: observers },
    (_, index) => new Observer(`watch ${index}`, start.revision, makeClient(), ledger, random),
  );
  const observed = Promise.all(watching.map((observer) => observer.run(() => gate.opened)));
  gate.open();
  await makeShared(reader, ledger);
  const writing = Array.from({ length: writers }, (_, index) => {
    const own = { number: index + 1, writesPerSecond: writesPerSecond / writers, sharedNames, random };
    return new Writer(own, makeClient(), ledger);
  });
  const written = Promise.all(
    writing.map(async (writer) => {
      try {
        await writer.run(() => gate.opened);
      } catch (error) {
        if (!(error instanceof Unexpected)) throw error;
        ledger.faults.push(error.message);
      }
    }),
  );
  const readyMs: number[] = [];
  const endMs = performance.now() + seconds * 1_000;
  while (performance.now() < endMs) {
    await pause(200 + random() * 2_500);
    gate.close();
    await server.stop('SIGKILL');
    // Now and then it dies again before it serves.
    if (random() < 0.15) await killEarly(server, random);
    const startMs = performance.now();
    await server.start();
    readyMs.push(performance.now() - startMs);
    ledger.list(await listAll(reader));
    gate.open();
  }
  for (const writer of writing) writer.end();
  await written;
  const last = await listAll(reader);
  ledger.list(last);
  await until(() => {
    const isTold = (ledger.changes.at(-1)?.revision ?? 0) >= ledger.newest;
    return isTold && watching.every(({ seen }) => seen === ledger.changes.length);
  });
  for (const observer of watching) observer.end();
  await observed;
  for (const client of clients) client.close();
  for (const [index, { seen }] of watching.entries()) {
    if (seen !== ledger.changes.length)
      ledger.faults.push(`watch ${index} was told ${seen} of ${ledger.changes.length}`);
  }
  ledger.check();
  const told = watching.reduce((sum, { seen }) => sum + seen, 0);
  const { acknowledged, changes, faults } = ledger;
  return { kills: readyMs.length, acknowledged, changes: changes.length, told, readyMs, faults };
}

/** What all writers patch is there before the first of them begins. */
async function makeShared(client: HttpsClient, ledger: Ledger): Promise<void> {
  for (const name of sharedNames) {
    const write = ledger.send('create', name, undefined, 0);
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: dataOf(write.id, 10) };
    const { code, text } = await client.ask('POST', configMaps, JSON.stringify(body));
    if (code !== 201) throw new Unexpected(text);
    ledger.acknowledge(write, readConfigMap(JSON.parse(text)).revision);
  }
}

async function killEarly(server: ServerProcess, random: () => number): Promise<void> {
  const starting = server.start().catch(() => {});
  await pause(random() * 1_500);
  await server.stop('SIGKILL');
  await starting;
}

async function listAll(client: HttpsClient): Promise<Snapshot> {
  const all = `${configMaps}?${ours}`;
  const { code, text } = await client.ask('GET', all).catch(() => client.ask('GET', all));
  if (code !== 200) throw new Unexpected(text);
  const { metadata, items }: { metadata: { resourceVersion: string }; items: unknown[] } = JSON.parse(text);
  const ids = new Map(items.map((item) => readConfigMap(item)).map(({ name, id }) => [name, id]));
  return { revision: Number(metadata.resourceVersion), ids };
}

async function until(isDone: () => boolean): Promise<void> {
  const endMs = performance.now() + maxSettleMs;
  while (!isDone() && performance.now() < endMs) await pause(50);
}

/** Closed while there is no server: who writes or watches waits. */
class Gate {
  #opening = Promise.withResolvers<void>();

  get opened(): Promise<void> {
    return this.#opening.promise;
  }

  open(): void {
    this.#opening.resolve();
  }

  close(): void {
    this.#opening = Promise.withResolvers<void>();
  }
}
