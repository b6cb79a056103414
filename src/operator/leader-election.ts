// Which of several operators works: who holds the Lease. A state machine without I/O: a Lease as it was read, and the time → what to
// write, and whether we lead. Upstream: client-go's leaderelection; a candidate goes by its own clock since it last saw the Lease change,
// never by the times that stand in it.

import { isJsonObject, type JsonObject, type KubeObject } from '#kube/api/object.ts';
import { isSameJson } from '#kube/api/same-json.ts';

export interface ElectionOptions {
  /** Where the Lease is. */
  readonly namespace: string;
  readonly name: string;
  /** Unlike that of any other candidate. */
  readonly identity: string;
  /** Upstream's 15: so long after its last change a Lease of ours may be taken over. */
  readonly leaseMs: number;
  /** Upstream's 10: so long a leader goes on without having renewed it. */
  readonly renewMs: number;
}

export type ElectionStep =
  | { readonly type: 'create' | 'update'; readonly lease: KubeObject }
  /** Another one leads. */
  | { readonly type: 'wait'; readonly holder: string };

export class LeaderElection {
  readonly #options: ElectionOptions;
  /** Of the Lease as it was last seen, and when that was seen first. */
  #seen: JsonObject | undefined;
  #seenMs = 0;
  #renewedMs: number | undefined;

  constructor(options: ElectionOptions) {
    this.#options = options;
  }

  /** `nowMs`: a clock that never goes back. A leader that could not renew in time leads no more. */
  isLeader(nowMs: number): boolean {
    return this.#renewedMs !== undefined && nowMs - this.#renewedMs < this.#options.renewMs;
  }

  /** What to do about a Lease (undefined: there is none). `wallMs`: for the times that people read in it. */
  next(lease: KubeObject | undefined, nowMs: number, wallMs: number): ElectionStep {
    const { identity, leaseMs, name, namespace } = this.#options;
    const time = microTime(wallMs);
    const ours = { holderIdentity: identity, leaseDurationSeconds: leaseMs / 1000, renewTime: time };
    if (lease === undefined) {
      const spec = { ...ours, acquireTime: time, leaseTransitions: 0 };
      const apiVersion = 'coordination.k8s.io/v1';
      return { type: 'create', lease: { apiVersion, kind: 'Lease', metadata: { name, namespace }, spec } };
    }
    const spec = specOf(lease);
    this.#see(spec, nowMs);
    const holder = typeof spec['holderIdentity'] === 'string' ? spec['holderIdentity'] : '';
    if (holder === identity) return { type: 'update', lease: { ...lease, spec: { ...spec, ...ours } } };
    if (holder !== '' && nowMs - this.#seenMs < durationOf(spec, leaseMs)) return { type: 'wait', holder };
    const transitions = typeof spec['leaseTransitions'] === 'number' ? spec['leaseTransitions'] : 0;
    const taken = { ...spec, ...ours, acquireTime: time, leaseTransitions: transitions + 1 };
    return { type: 'update', lease: { ...lease, spec: taken } };
  }

  /** The write was acknowledged. `askedMs`: when it was begun. */
  written(lease: KubeObject, askedMs: number): void {
    this.#see(specOf(lease), askedMs);
    this.#renewedMs = askedMs;
  }

  /** Somebody else has it. */
  lost(): void {
    this.#renewedMs = undefined;
  }

  /** The Lease with nobody in it, so that the next one need not wait; undefined: it is not ours. */
  release(lease: KubeObject, wallMs: number): KubeObject | undefined {
    const spec = specOf(lease);
    this.#renewedMs = undefined;
    if (spec['holderIdentity'] !== this.#options.identity) return undefined;
    const time = microTime(wallMs);
    const empty = { holderIdentity: '', leaseDurationSeconds: 1, renewTime: time, acquireTime: time };
    return { ...lease, spec: { ...spec, ...empty } };
  }

  #see(spec: JsonObject, nowMs: number): void {
    if (this.#seen !== undefined && isSameJson(this.#seen, spec)) return;
    this.#seen = spec;
    this.#seenMs = nowMs;
  }
}

function specOf(lease: JsonObject): JsonObject {
  const { spec } = lease;
  return isJsonObject(spec) ? spec : {};
}

/** What its holder asked for, which may be another version of us; else our own. */
function durationOf(spec: JsonObject, leaseMs: number): number {
  const seconds = spec['leaseDurationSeconds'];
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : leaseMs;
}

/** Kubernetes' MicroTime. */
function microTime(wallMs: number): string {
  return new Date(wallMs).toISOString().replace('Z', '000Z');
}
