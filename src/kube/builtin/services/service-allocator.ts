// Gives services their addresses and ports while they are written. What is written is seen in the store only after its transaction, so
// what was given out is remembered until the next one; what came to nothing (a dry run, a write that failed) is forgotten with it.

import type { KubeObject } from '../../api/object.ts';
import { allocateService, readTaken, type ServiceRanges } from './allocate.ts';
import type { Pick } from './ranges.ts';

export interface ServiceAllocatorDeps {
  /** Every service that is there, of all namespaces. */
  readonly listServices: () => readonly KubeObject[];
  /** Of what listServices answers: one transaction takes every write that waits. */
  readonly revision: () => number;
  readonly nowMs: () => number;
  readonly pick: Pick;
}

/** Longer than any transaction: what came to nothing may be the last write for a while. */
const rememberMs = 2_000;

export class ServiceAllocator {
  readonly #ranges: ServiceRanges;
  readonly #deps: ServiceAllocatorDeps;
  readonly #recent = new Map<string, KubeObject>();
  /** Of what is remembered. */
  #revision = 0;
  #untilMs = 0;

  constructor(ranges: ServiceRanges, deps: ServiceAllocatorDeps) {
    this.#ranges = ranges;
    this.#deps = deps;
  }

  /** Throws ApiError. */
  allocate(service: KubeObject, before: KubeObject | undefined): KubeObject {
    const { listServices, pick } = this.#deps;
    this.#forget();
    const key = keyOf(service);
    const others = [...listServices(), ...this.#recent.values()].filter((one) => keyOf(one) !== key);
    const allocated = allocateService(service, before, readTaken(others), this.#ranges, pick);
    this.#recent.set(key, allocated);
    return allocated;
  }

  #forget(): void {
    const [revision, now] = [this.#deps.revision(), this.#deps.nowMs()];
    if (revision === this.#revision && now < this.#untilMs) return;
    this.#recent.clear();
    this.#revision = revision;
    this.#untilMs = now + rememberMs;
  }
}

function keyOf({ metadata: { namespace = '', name = '' } }: KubeObject): string {
  return `${namespace}/${name}`;
}
