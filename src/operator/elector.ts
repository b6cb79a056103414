// Carries out leader-election.ts on a cluster: reads the Lease, writes what it says, and asks again after a while. A cluster that is
// away costs us the lead after ten seconds, and nothing else.

import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '#kube/api/api-error.ts';
import type { KubeObject } from '#kube/api/object.ts';
import { type Cluster, ClusterUnreachable } from '#kube/cluster/cluster.ts';
import { type ElectionOptions, LeaderElection } from './leader-election.ts';

const leases = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases' } as const;
/** Whoever stops does not wait longer for a cluster that is away: the Lease runs out by itself. */
const releaseMs = 3_000;
const writeOptions = { fieldManager: 'waggle-operator', fieldValidation: 'Warn' } as const;

export interface ElectorDeps {
  readonly cluster: Cluster;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  /** Somebody leads now, or again: we, or another one. */
  readonly led: (holder: string) => void;
  readonly failed: (error: Error) => void;
}

export class Elector {
  readonly #options: ElectionOptions & { readonly retryMs: number };
  readonly #deps: ElectorDeps;
  readonly #election: LeaderElection;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #lease: KubeObject | undefined;
  #holder: string | undefined;

  /** `retryMs`: upstream's 2 seconds between looks at the Lease. */
  constructor(options: ElectionOptions & { readonly retryMs: number }, deps: ElectorDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#election = new LeaderElection(options);
  }

  get isLeader(): boolean {
    return this.#election.isLeader(this.#deps.nowMs());
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Gives the Lease back, where that can be done. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    const { cluster, wallMs, failed } = this.#deps;
    if (!this.isLeader || this.#lease === undefined) return;
    const released = this.#election.release(this.#lease, wallMs());
    if (released === undefined) return;
    const giveUp = new AbortController();
    const late = sleep(releaseMs, undefined, { signal: giveUp.signal }).then(
      () => failed(new Error(`the Lease was not given back within ${releaseMs / 1000} s`)),
      () => undefined,
    );
    try {
      await Promise.race([cluster.update(this.#item(), released, writeOptions), late]);
    } catch (error) {
      if (!isTheWorlds(error)) throw error;
      failed(error);
    } finally {
      giveUp.abort();
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#step();
      } catch (error) {
        if (signal.aborted) return;
        if (!isTheWorlds(error)) throw error;
        if (error instanceof ApiError && (error.reason === 'Conflict' || error.reason === 'AlreadyExists')) {
          this.#election.lost();
        } else {
          // Told anew when it works again.
          this.#holder = undefined;
          this.#deps.failed(error);
        }
      }
      await sleep(this.#options.retryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #step(): Promise<void> {
    const { cluster, nowMs, wallMs } = this.#deps;
    const lease = await this.#read();
    const askedMs = nowMs();
    const step = this.#election.next(lease, askedMs, wallMs());
    if (step.type === 'wait') {
      this.#election.lost();
      this.#tell(step.holder);
      return;
    }
    const written =
      step.type === 'create'
        ? await cluster.create({ ...leases, namespace: this.#options.namespace }, step.lease, writeOptions)
        : await cluster.update(this.#item(), step.lease, writeOptions);
    this.#lease = written;
    if (!this.isLeader) this.#holder = undefined;
    this.#election.written(written, askedMs);
    this.#tell(this.#options.identity);
  }

  async #read(): Promise<KubeObject | undefined> {
    try {
      return await this.#deps.cluster.get(this.#item(), this.#stop.signal);
    } catch (error) {
      if (error instanceof ApiError && error.reason === 'NotFound') return undefined;
      throw error;
    }
  }

  #item(): Parameters<Cluster['get']>[0] {
    const { namespace, name } = this.#options;
    return { ...leases, namespace, name };
  }

  #tell(holder: string): void {
    if (this.#holder === holder) return;
    this.#holder = holder;
    this.#deps.led(holder);
  }
}

function isTheWorlds(error: unknown): error is Error {
  return error instanceof ApiError || error instanceof ClusterUnreachable;
}
