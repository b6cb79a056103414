// The speaker's port from the main thread: starts the thread, numbers requests, matches answers, streams
// routes with one batch asked ahead. If the thread dies, everything pending is rejected and `crashed` is
// told once: a process without its speaker has nothing left to do.

import { Worker } from 'node:worker_threads';
import type { ResourceLimits } from 'node:worker_threads';
import type { SpeakerEvent } from '#bgp/events.ts';
import type {
  DebugKind,
  InstanceView,
  MemoryView,
  PolicyDecisionView,
  RouteBatch,
  RouteQuery,
  UpdateGroupView,
} from '#bgp/views.ts';
import { EventBuffer } from './event-buffer.ts';
import { unpackBatch } from './packed-batch.ts';
import type { PackedBatch } from './packed-batch.ts';
import { packError, PortError, unpackError } from './port-error.ts';
import type {
  BeginState,
  ClearKind,
  ConfigureOutcome,
  ExplainQuery,
  FibRouteView,
  InstanceFibView,
  RouteStream,
  SpeakerFigures,
  SpeakerHostConfig,
  SpeakerPort,
  StopKind,
} from './port.ts';
import type { CallName, Calls, Reply, ViewId } from './thread-messages.ts';

export interface SpeakerThreadOptions {
  /** Told at most once, when the thread ends without having been asked to. */
  readonly crashed: (error: Error) => void;
  readonly resourceLimits?: ResourceLimits;
  /** The thread's program: worker.ts unless given. */
  readonly entry?: URL;
}

interface Pending {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** How long the thread may take to end after it answered `stop`. */
const exitLimitMs = 3_000;

export class SpeakerThreadClient implements SpeakerPort {
  readonly #worker: Worker;
  readonly #crashed: (error: Error) => void;
  readonly #events = new EventBuffer();
  readonly #pending = new Map<number, Pending>();
  readonly #exited: Promise<void>;
  #nextId = 1;
  #isStopping = false;
  #death: Error | undefined;

  constructor({ crashed, resourceLimits, entry }: SpeakerThreadOptions) {
    this.#crashed = crashed;
    const ownEntry = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
    this.#worker = new Worker(entry ?? new URL(ownEntry, import.meta.url), {
      name: 'speaker',
      ...(resourceLimits === undefined ? {} : { resourceLimits }),
    });
    this.#worker.on('message', (reply: Reply) => this.#receive(reply));
    this.#worker.on('messageerror', (error) => this.#die(describeDeath(error)));
    this.#worker.on('error', (error) => this.#die(describeDeath(error)));
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', (code) => {
        this.#die(new PortError('WorkerError', `the speaker thread ended with code ${code}`, undefined));
        resolve();
      });
    });
  }

  async begin(state: BeginState): Promise<void> {
    await this.#call('begin', state);
  }

  async sourcesSynchronised(): Promise<void> {
    await this.#call('sourcesSynchronised', undefined);
  }

  configure(config: SpeakerHostConfig): Promise<ConfigureOutcome> {
    return this.#call('configure', config);
  }

  instances(): Promise<readonly InstanceView[]> {
    return this.#call('instances', undefined);
  }

  async routes(query: RouteQuery): Promise<RouteStream> {
    const { view, head } = await this.#call('openRoutes', query);
    let isOpen = true;
    const close = (): void => {
      if (!isOpen) return;
      isOpen = false;
      this.#call('closeRoutes', view).catch((error: unknown) => {
        // The view dies with the thread; there is nothing left to close.
        if (this.#death === undefined) throw error;
      });
    };
    return { head, batches: this.#readBatches(view, close), close };
  }

  clear(neighbor: string | undefined, kind: ClearKind): Promise<readonly string[]> {
    return this.#call('clear', { neighbor, kind });
  }

  shutdown(neighbor: string, isShutdown: boolean, message: string | undefined): Promise<boolean> {
    return this.#call('shutdown', { neighbor, isShutdown, message });
  }

  drain(neighbor: string | undefined, isDraining: boolean): Promise<boolean> {
    return this.#call('drain', { neighbor, isDraining });
  }

  debug(neighbor: string, kinds: readonly DebugKind[]): Promise<boolean> {
    return this.#call('debug', { neighbor, kinds });
  }

  updateGroups(): Promise<readonly UpdateGroupView[]> {
    return this.#call('updateGroups', undefined);
  }

  memory(): Promise<readonly MemoryView[]> {
    return this.#call('memory', undefined);
  }

  explain(query: ExplainQuery): Promise<readonly PolicyDecisionView[]> {
    return this.#call('explain', query);
  }

  figures(): Promise<SpeakerFigures> {
    return this.#call('figures', undefined);
  }

  fibs(): Promise<readonly InstanceFibView[]> {
    return this.#call('fibs', undefined);
  }

  fibRoute(query: ExplainQuery): Promise<FibRouteView | undefined> {
    return this.#call('fibRoute', query);
  }

  onEvent(listener: (event: SpeakerEvent) => void): void {
    this.#events.subscribe(listener);
  }

  async stop(how: StopKind = 'restart'): Promise<void> {
    if (this.#isStopping || this.#death !== undefined) return this.#exited;
    this.#isStopping = true;
    await this.#call('stop', how);
    const timer = setTimeout(() => void this.#worker.terminate(), exitLimitMs);
    await this.#exited;
    clearTimeout(timer);
  }

  async *#readBatches(view: ViewId, close: () => void): AsyncGenerator<RouteBatch> {
    try {
      let spare: ArrayBuffer | undefined;
      let next = this.#askBatch(view, undefined);
      for (let batch = await next; batch !== undefined; batch = await next) {
        // The thread makes the next batch while this one is rendered: one ahead, never more.
        next = this.#askBatch(view, spare);
        yield unpackBatch(batch);
        spare = batch.block;
      }
    } finally {
      close();
    }
  }

  #askBatch(view: ViewId, spare: ArrayBuffer | undefined): Promise<PackedBatch | undefined> {
    const asked = this.#call('nextBatch', { view, spare }, spare === undefined ? [] : [spare]);
    // A reader that stops early never awaits the batch ahead: its failure is not a surprise then.
    asked.catch(() => undefined);
    return asked;
  }

  #call<Name extends CallName>(
    call: Name,
    ask: Calls[Name]['ask'],
    transfer?: readonly ArrayBuffer[],
  ): Promise<Calls[Name]['answer']>;
  #call(call: CallName, ask: unknown, transfer: readonly ArrayBuffer[] = []): Promise<unknown> {
    if (this.#death !== undefined) return Promise.reject(this.#death);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ id, call, ask }, [...transfer]);
    });
  }

  #receive(reply: Reply): void {
    if (reply.type === 'event') {
      this.#events.add(reply.event);
      return;
    }
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (reply.type === 'error') pending?.reject(unpackError(reply.error));
    else pending?.resolve(reply.answer);
  }

  #die(error: Error): void {
    if (this.#death !== undefined) return;
    this.#death = error;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
    if (!this.#isStopping) this.#crashed(error);
  }
}

/** What the thread died of came through another realm: it is the cause of an error of our own. */
function describeDeath(cause: unknown): PortError {
  const { name, message } = packError(cause);
  return new PortError('WorkerError', `the speaker thread failed: ${name}: ${message}`, undefined, { cause });
}
