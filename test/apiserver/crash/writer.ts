// One client of the crash test that writes: objects of its own, which it creates, replaces, patches and deletes, and some that all
// writers patch. One write at a time; when no answer comes, it looks afterwards what became of it.

import { setTimeout as pause } from 'node:timers/promises';
import type { HttpsClient, Reply } from '../https-client.ts';
import { configMaps, dataOf, type Read, readConfigMap } from './config-maps.ts';
import type { Ledger, Write } from './ledger.ts';

export interface WriterOptions {
  readonly number: number;
  readonly writesPerSecond: number;
  readonly sharedNames: readonly string[];
  readonly random: () => number;
}

const ownObjects = 30;
const mergePatch = 'application/merge-patch+json';

export class Writer {
  readonly #options: WriterOptions;
  readonly #client: HttpsClient;
  readonly #ledger: Ledger;
  readonly #own = new Map<string, Read>();
  #isOver = false;

  constructor(options: WriterOptions, client: HttpsClient, ledger: Ledger) {
    this.#options = options;
    this.#client = client;
    this.#ledger = ledger;
  }

  /** Until it is told to end, and has settled what it began. `isUp` resolves when there is a server. */
  async run(isUp: () => Promise<void>): Promise<void> {
    const intervalMs = 1_000 / this.#options.writesPerSecond;
    let nextMs = performance.now();
    while (!this.#isOver) {
      await isUp();
      nextMs = Math.max(nextMs + intervalMs, performance.now() - 1_000);
      await this.#write(isUp);
      await pause(Math.max(0, nextMs - performance.now()));
    }
  }

  end(): void {
    this.#isOver = true;
  }

  async #write(isUp: () => Promise<void>): Promise<void> {
    const { number, sharedNames, random } = this.#options;
    const below = (limit: number): number => Math.floor(random() * limit);
    const isShared = below(4) === 0;
    const name = isShared ? sharedNames[below(sharedNames.length)] : `own-${number}-${below(ownObjects)}`;
    const known = this.#own.get(name);
    const kind = isShared ? 'change' : known === undefined ? 'create' : below(4) === 0 ? 'delete' : 'change';
    const write = this.#ledger.send(kind, name, known?.uid, number);
    const data = dataOf(write.id, below(4_000), { [`by-${number}`]: write.id });
    try {
      this.#conclude(write, await this.#send(write, data, known, below(3)));
    } catch (error) {
      if (error instanceof Unexpected) throw error;
      await this.#settle(write, isUp);
    }
  }

  #send({ kind, name }: Write, data: object, known: Read | undefined, way: number): Promise<Reply> {
    const path = `${configMaps}/${name}`;
    if (kind === 'delete') return this.#client.ask('DELETE', path);
    const metadata = { name, ...(way === 0 && known !== undefined ? { resourceVersion: String(known.revision) } : {}) };
    const body = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
    if (kind === 'create') return this.#client.ask('POST', configMaps, body);
    if (known === undefined || way === 2) return this.#client.ask('PATCH', path, JSON.stringify({ data }), mergePatch);
    return this.#client.ask('PUT', path, body);
  }

  #conclude(write: Write, { code, text }: Reply): void {
    if (code !== 200 && code !== 201)
      throw new Unexpected(`${write.kind} of ${write.name} was answered ${code} ${text}`);
    if (write.kind === 'delete') {
      this.#own.delete(write.name);
      this.#ledger.acknowledge(write, undefined);
      return;
    }
    const read = readConfigMap(JSON.parse(text));
    if (this.#isOwn(write)) this.#own.set(write.name, read);
    this.#ledger.acknowledge(write, read.revision);
  }

  /** Nobody else writes what is this writer's: what is there is before its write or after it. */
  async #settle(write: Write, isUp: () => Promise<void>): Promise<void> {
    for (;;) {
      await isUp();
      try {
        const { code, text } = await this.#client.ask('GET', `${configMaps}/${write.name}`);
        if (code !== 200 && code !== 404) throw new Unexpected(`a read of ${write.name} was answered ${code} ${text}`);
        const found = code === 200 ? readConfigMap(JSON.parse(text)) : undefined;
        const isDone = write.kind === 'delete' ? found === undefined : found?.data[`by-${write.writer}`] === write.id;
        write.state = isDone ? 'landed' : 'lost';
        if (!this.#isOwn(write)) return;
        if (found === undefined) this.#own.delete(write.name);
        else this.#own.set(write.name, found);
        return;
      } catch (error) {
        if (error instanceof Unexpected) throw error;
        await pause(20);
      }
    }
  }

  #isOwn({ name }: Write): boolean {
    return name.startsWith('own-');
  }
}

/** The server answered, and not what it should have. */
export class Unexpected extends Error {
  override readonly name = 'Unexpected';
}
