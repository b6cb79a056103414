// What the bench of `waggle apiserver` does to a server, over HTTPS as its clients do: fill it, start it again, list everything, write
// under a hundred watches. Each part checks what it was answered, after the clock has stopped.

import { HttpsClient } from '../apiserver/https-client.ts';
import type { ServerProcess } from '../apiserver/server-process.ts';
import { BenchError } from './bench-error.ts';

export const writers = 50;
export const watches = 100;

const nodes = '/apis/cilium.io/v2/ciliumnodes';
const mergePatch = 'application/merge-patch+json';

export interface Rate {
  readonly writes: number;
  readonly seconds: number;
}

export interface ListRun {
  readonly ms: number;
  readonly octets: number;
}

export interface WatchRun {
  /** Of each write, until its client was answered. */
  readonly answeredMs: readonly number[];
  /** Of each write, until the last watch was told. */
  readonly toldMs: readonly number[];
}

/** About 900 octets as JSON. */
function nodeOf(index: number): object {
  const name = nameOf(index);
  const address = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
  return {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumNode',
    metadata: {
      name,
      labels: { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': `zone-${index % 7}` },
      annotations: { 'example.com/rack': `rack-${index % 100}`, 'example.com/description': 'x'.repeat(300) },
    },
    spec: {
      addresses: [
        { ip: address, type: 'InternalIP' },
        { ip: address, type: 'CiliumInternalIP' },
      ],
      ipam: { podCIDRs: [`10.${index >> 8}.${index & 255}.0/24`] },
      health: { ipv4: address },
    },
  };
}

function nameOf(index: number): string {
  return `node-${String(index).padStart(6, '0')}`;
}

export class ApiLoad {
  readonly #server: ServerProcess;
  readonly #objects: number;

  constructor(server: ServerProcess, objects: number) {
    this.#server = server;
    this.#objects = objects;
  }

  create(): Promise<Rate> {
    return this.#write(this.#objects, async (client, index) => {
      const { code, text } = await client.ask('POST', nodes, JSON.stringify(nodeOf(index)));
      if (code !== 201) throw new BenchError('a create was refused', text);
    });
  }

  /** Of objects all over the list. */
  change(writes: number, round: number): Promise<Rate> {
    return this.#write(writes, async (client, index) => {
      await this.#patch(client, (index * 7919) % this.#objects, `${round}-${index}`);
    });
  }

  /** Milliseconds from exec until it serves. */
  async restart(): Promise<number> {
    await this.#server.stop();
    const startMs = performance.now();
    await this.#server.start();
    const ms = performance.now() - startMs;
    const client = this.#client();
    const { text } = await client.ask('GET', '/readyz');
    client.close();
    if (text !== 'ok') throw new BenchError('the server is not ready', text);
    return ms;
  }

  async list(): Promise<ListRun> {
    const client = this.#client();
    await client.ask('GET', '/readyz');
    const startMs = performance.now();
    const { text } = await client.ask('GET', nodes);
    const ms = performance.now() - startMs;
    client.close();
    const { items }: { items: unknown[] } = JSON.parse(text);
    if (items.length !== this.#objects) throw new BenchError(`${items.length} of ${this.#objects} were listed`);
    return { ms, octets: Buffer.byteLength(text) };
  }

  /** One write after another, each when every watch was told of the last; `meanwhile` goes on until they are through. */
  async watch(writes: number, meanwhile?: (isOver: () => boolean) => Promise<void>): Promise<WatchRun> {
    let [waiting, told] = [watches, (): void => {}];
    const clients = Array.from({ length: watches }, () => this.#client());
    const page = await clients[0].ask('GET', `${nodes}?limit=1`);
    const { resourceVersion } = JSON.parse(page.text).metadata;
    const streams = await Promise.all(
      clients.map((client) =>
        client.watch(`${nodes}?watch=1&resourceVersion=${resourceVersion}`, () => {
          if (--waiting === 0) told();
        }),
      ),
    );
    const writer = this.#client();
    const [answeredMs, toldMs]: [number[], number[]] = [[], []];
    let isOver = false;
    const beside = meanwhile?.(() => isOver);
    for (let index = 0; index < writes; index++) {
      waiting = watches;
      const all = new Promise<void>((resolve) => (told = resolve));
      const startMs = performance.now();
      await this.#patch(writer, index, `watched-${resourceVersion}`);
      answeredMs.push(performance.now() - startMs);
      await all;
      toldMs.push(performance.now() - startMs);
    }
    isOver = true;
    await beside;
    for (const stream of streams) stream.close();
    for (const client of [...clients, writer]) client.close();
    return { answeredMs, toldMs };
  }

  async #patch(client: HttpsClient, index: number, value: string): Promise<void> {
    const body = JSON.stringify({ metadata: { annotations: { 'example.com/round': value } } });
    const { code, text } = await client.ask('PATCH', `${nodes}/${nameOf(index)}`, body, mergePatch);
    if (code !== 200 || !text.includes(value)) throw new BenchError('a patch was refused', text);
  }

  async #write(writes: number, write: (client: HttpsClient, index: number) => Promise<void>): Promise<Rate> {
    const clients = Array.from({ length: writers }, () => this.#client());
    await Promise.all(clients.map((client) => client.ask('GET', '/readyz')));
    let next = 0;
    const startMs = performance.now();
    await Promise.all(
      clients.map(async (client) => {
        while (next < writes) await write(client, next++);
      }),
    );
    const seconds = (performance.now() - startMs) / 1_000;
    for (const client of clients) client.close();
    return { writes, seconds };
  }

  #client(): HttpsClient {
    return new HttpsClient(this.#server.port, this.#server.admin);
  }
}
