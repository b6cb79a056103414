// What a speaker thread has of the kernel: one view, one resolver, and one FIB an instance that asked for it, with the fan-out
// between them. The sockets' one owner.

import type { FibConfig } from '#bgp/config.ts';
import { NetlinkSocket } from '#kernel/netlink/socket.ts';
import { KernelFib, type KernelFibDeps } from './kernel-fib.ts';
import { defaultKernelViewOptions, KernelView, type OwnRoutes } from './kernel-view.ts';
import { KernelNextHops } from './next-hop-resolver.ts';
import type { KernelRoute } from '#kernel/netlink/route.ts';

export interface KernelServicesDeps {
  /** Interfaces, addresses or foreign routes changed: next hops may lead elsewhere. */
  readonly changed: () => void;
  readonly problem: (text: string) => void;
}

export class KernelServices {
  readonly view: KernelView;
  readonly nextHops: KernelNextHops;
  readonly #socket: NetlinkSocket;
  readonly #fibs = new Set<KernelFib>();

  /** Throws KernelError. */
  constructor(deps: KernelServicesDeps) {
    this.#socket = new NetlinkSocket();
    try {
      this.view = new KernelView(
        { ...defaultKernelViewOptions, ignoredPortIds: [this.#socket.portId] },
        {
          changed: () => {
            for (const fib of this.#fibs) fib.nextHopsChanged();
            deps.changed();
          },
          own: this.#fanOut(),
          problem: deps.problem,
        },
      );
    } catch (error) {
      this.#socket.close();
      throw error;
    }
    this.nextHops = new KernelNextHops(this.view);
  }

  /** Reads what an earlier run left of it. Throws KernelError; `RangeError` when an instance has the table and metric already. */
  openFib(config: FibConfig, { installed, failed }: Pick<KernelFibDeps, 'installed' | 'failed'>): KernelFib {
    const { table, metric } = config;
    for (const { targets } of this.#fibs) {
      // Of IPv6 the metrics 0 and 1024 are one.
      const isTaken = targets.some((taken) => taken.metric === metric || (metric === 0 && taken.metric === 1024));
      if (!isTaken || targets[0].table !== table) continue;
      throw new RangeError(`table ${table} with metric ${metric} is another instance's: choose another metric`);
    }
    const fib = new KernelFib(config, {
      socket: this.#socket,
      resolve: (address, interfaceName) => this.nextHops.resolve(address, interfaceName),
      installed,
      failed,
      settle: (version) => this.view.settle(version),
      doubt: () => this.view.doubt(),
      suspect: () => this.view.readRoutesSoon(),
    });
    this.#fibs.add(fib);
    // Foreign routes beside those that it adopted were read when nobody asked for them yet.
    this.view.doubt();
    return fib;
  }

  async closeFib(fib: KernelFib, how: { readonly keep: boolean }): Promise<void> {
    await fib.stop(how);
    this.#fibs.delete(fib);
  }

  /** After every FIB was closed. */
  close(): void {
    this.view.close();
    this.#socket.close();
  }

  #fanOut(): OwnRoutes {
    const fibs = this.#fibs;
    const each = (act: (fib: KernelFib) => void): void => {
      for (const fib of fibs) act(fib);
    };
    return {
      changed: (route: KernelRoute, isDeleted: boolean) => each((fib) => fib.changed(route, isDeleted)),
      foreignAdded: (route) => each((fib) => fib.foreignAdded(route)),
      foreignDeleted: (route) => each((fib) => fib.foreignDeleted(route)),
      readingBegun: (version) => each((fib) => fib.readingBegun(version)),
      found: (route) => each((fib) => fib.found(route)),
      readingEnded: (version, isComplete) => each((fib) => fib.readingEnded(version, isComplete)),
    };
  }
}
