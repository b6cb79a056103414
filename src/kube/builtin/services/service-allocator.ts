// Gives services their addresses and ports while they are written. What is written is seen in the store only after its transaction, so
// what was given out is remembered for a moment; what came to nothing (a dry run, a write that failed) is forgotten with it.

import type { KubeObject } from '../../api/object.ts';
import { allocateService, readTaken, type ServiceRanges } from './allocate.ts';
import type { Pick } from './ranges.ts';

export interface ServiceAllocatorDeps {
  /** Every service that is there, of all namespaces. */
  readonly listServices: () => readonly KubeObject[];
  readonly nowMs: () => number;
  readonly pick: Pick;
}

/** Longer than any transaction. */
const rememberMs = 2_000;
const maxRemembered = 10_000;

export class ServiceAllocator {
  readonly #ranges: ServiceRanges;
  readonly #deps: ServiceAllocatorDeps;
  readonly #recent = new Map<string, { readonly service: KubeObject; readonly untilMs: number }>();

  constructor(ranges: ServiceRanges, deps: ServiceAllocatorDeps) {
    this.#ranges = ranges;
    this.#deps = deps;
  }

  /** Throws ApiError. */
  allocate(service: KubeObject, before: KubeObject | undefined): KubeObject {
    const { listServices, nowMs, pick } = this.#deps;
    const now = nowMs();
    this.#forget(now);
    const key = keyOf(service);
    const recent = [...this.#recent.values()].map(({ service: one }) => one);
    const others = [...listServices(), ...recent].filter((one) => keyOf(one) !== key);
    const allocated = allocateService(service, before, readTaken(others), this.#ranges, pick);
    this.#recent.delete(key);
    this.#recent.set(key, { service: allocated, untilMs: now + rememberMs });
    return allocated;
  }

  /** The oldest come first. */
  #forget(now: number): void {
    for (const [key, { untilMs }] of this.#recent) {
      if (untilMs > now && this.#recent.size <= maxRemembered) return;
      this.#recent.delete(key);
    }
  }
}

function keyOf({ metadata: { namespace = '', name = '' } }: KubeObject): string {
  return `${namespace}/${name}`;
}
