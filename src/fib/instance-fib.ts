// The FIB of one instance as its speaker sees it for life: there while the configuration has one, and moved to another table or
// metric without a gap, new routes first. What comes while it is off is for nobody.

import type { FibConfig } from '#bgp/config.ts';
import type { Family } from '#bgp/net/family.ts';
import type { Fib, FibHop } from '#bgp/ports.ts';
import type { KernelFib, KernelFibDeps } from './kernel-fib.ts';
import type { KernelServices } from './kernel-services.ts';

export type InstanceFibDeps = Pick<KernelFibDeps, 'installed' | 'failed'>;

export class InstanceFib implements Fib {
  readonly #services: KernelServices;
  readonly #deps: InstanceFibDeps;
  #fib: KernelFib | undefined;

  constructor(services: KernelServices, deps: InstanceFibDeps) {
    this.#services = services;
    this.#deps = deps;
  }

  /** Of the present table and metric; undefined while switched off. */
  get current(): KernelFib | undefined {
    return this.#fib;
  }

  /** Throws KernelError or RangeError, and stays as it was. */
  async configure(config: FibConfig | undefined): Promise<void> {
    const before = this.#fib;
    const target = before?.targets[0];
    if (config?.table === target?.table && config?.metric === target?.metric) return;
    if (config === undefined) {
      this.#fib = undefined;
    } else {
      const next = this.#services.openFib(config, this.#deps);
      this.#fib = next;
      before?.handOver(next);
      if (before !== undefined) await next.settled();
    }
    if (before !== undefined) await this.#services.closeFib(before, { keep: false });
  }

  /** `keep`: the routes stay in the kernel for the next process. */
  async stop(how: { readonly keep: boolean }): Promise<void> {
    const fib = this.#fib;
    this.#fib = undefined;
    if (fib !== undefined) await this.#services.closeFib(fib, how);
  }

  install(
    family: Family,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    length: number,
    hops: readonly FibHop[],
  ): void {
    this.#fib?.install(family, w0, w1, w2, w3, length, hops);
  }

  installBlackhole(family: Family, w0: number, w1: number, w2: number, w3: number, length: number): void {
    this.#fib?.installBlackhole(family, w0, w1, w2, w3, length);
  }

  remove(family: Family, w0: number, w1: number, w2: number, w3: number, length: number): void {
    this.#fib?.remove(family, w0, w1, w2, w3, length);
  }

  sweepStale(family: Family): void {
    this.#fib?.sweepStale(family);
  }

  clear(): void {
    this.#fib?.clear();
  }
}
