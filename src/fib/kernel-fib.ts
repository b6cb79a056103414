// hot: the kernel's routes as BGP wants them. What is wanted is collected by prefix and compared with what the kernel has from us
// (our own writes, what others were heard to do, and a dump of our protocol at the start); route-writer.ts writes the difference.
// What we put there stays when the process dies; the next one adopts it and writes only what is different (RFC 4724 §4.1).

import type { FibConfig } from '#bgp/config.ts';
import { families, type Family } from '#bgp/net/family.ts';
import type { Prefix } from '#bgp/net/prefix.ts';
import type { Fib, FibHop } from '#bgp/ports.ts';
import type { KernelRoute, RouteTarget } from '#kernel/netlink/route.ts';
import { countFamily, describeRoute, type FibRouteView, type FibView } from './fib-view.ts';
import { HopSets, type Resolve } from './hop-sets.ts';
import type { OwnRoutes } from './kernel-view.ts';
import { Paths } from './paths.ts';
import { listTargets, ownProtocol } from './protocol.ts';
import { readOwnRoutes } from './read-own-routes.ts';
import { RouteColumns, RouteState } from './route-columns.ts';
import { RouteWriter, type RouteWriterDeps } from './route-writer.ts';

export interface KernelFibDeps extends RouteWriterDeps {
  readonly resolve: Resolve;
}

export class KernelFib implements Fib, OwnRoutes {
  readonly #targets: readonly [RouteTarget, RouteTarget];
  readonly #deps: KernelFibDeps;
  readonly #paths = new Paths();
  readonly #sets: HopSets;
  readonly #columns: readonly [RouteColumns, RouteColumns] = [new RouteColumns(4), new RouteColumns(6)];
  readonly #writer: RouteWriter;
  readonly #preserved: readonly Family[];
  /** By family: slots beside which a foreign route was found, or told of, since all routes began to be read. */
  readonly #besides: readonly [Set<number>, Set<number>] = [new Set(), new Set()];
  #isStopped = false;
  #hasSwept = [false, false];

  /** Reads what an earlier run left, within the call. Throws KernelError. */
  constructor(config: FibConfig, deps: KernelFibDeps) {
    this.#targets = listTargets(config);
    this.#deps = deps;
    this.#sets = new HopSets(this.#paths, deps.resolve);
    this.#writer = new RouteWriter(this.#columns, this.#sets, this.#paths, this.#targets, deps);
    const { routes, isComplete } = readOwnRoutes(config.table);
    for (const route of routes) this.#adopt(route);
    // The tables changed all the time: what was not found now is adopted when it is.
    if (!isComplete) deps.suspect();
    this.#preserved = families.filter(({ index }) => this.#columns[index].installedCount > 0);
  }

  /** Of IPv4 and IPv6. */
  get targets(): readonly [RouteTarget, RouteTarget] {
    return this.#targets;
  }

  /** Families whose routes were in the kernel when we began. */
  preservedFamilies(): readonly Family[] {
    return this.#preserved;
  }

  view(): FibView {
    return {
      table: this.#targets[0].table,
      metric: this.#targets[0].metric,
      families: this.#columns.map((columns) => countFamily(columns, this.#sets)),
      batches: this.#writer.batches,
      writes: this.#writer.writes,
      refusals: this.#writer.refusals.count,
      lastRefusal: this.#writer.refusals.last,
    };
  }

  /** undefined: nothing is wanted for the prefix. */
  route(prefix: Prefix): FibRouteView | undefined {
    return describeRoute(this.#columns[prefix.version === 4 ? 0 : 1], prefix, this.#sets, this.#writer.refusals);
  }

  // --- what BGP wants ---------------------------------------------------------------------------------

  install(
    family: Family,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    length: number,
    hops: readonly FibHop[],
  ): void {
    const columns = this.#columns[family.index];
    const slot = columns.insert(w0, w1, w2, w3, length);
    const set = this.#sets.take(family.version, hops);
    const before = columns.wanted[slot];
    columns.wanted[slot] = set;
    // Taken before the old one goes, which may be the same.
    if (before !== 0) this.#sets.release(before);
    if (before === set && (columns.flags[slot] & RouteState.ToldInstalled) !== 0) return;
    columns.flags[slot] &= ~(RouteState.Stale | RouteState.Failed);
    this.#writer.enqueue(columns, slot);
  }

  installBlackhole(family: Family, w0: number, w1: number, w2: number, w3: number, length: number): void {
    this.install(family, w0, w1, w2, w3, length, []);
  }

  remove(family: Family, w0: number, w1: number, w2: number, w3: number, length: number): void {
    const columns = this.#columns[family.index];
    const slot = columns.find(w0, w1, w2, w3, length);
    if (slot === 0) return;
    const before = columns.wanted[slot];
    if (before === 0) return;
    columns.wanted[slot] = 0;
    this.#sets.release(before);
    columns.flags[slot] &= ~(RouteState.Failed | RouteState.ToldInstalled | RouteState.ToldMissing);
    this.#writer.enqueue(columns, slot);
  }

  sweepStale(family: Family): void {
    const columns = this.#columns[family.index];
    this.#hasSwept[family.index] = true;
    for (let slot = 1; slot < columns.prefixes.limit; slot++) {
      if ((columns.flags[slot] & RouteState.Stale) === 0 || !columns.prefixes.isUsed(slot)) continue;
      columns.flags[slot] &= ~RouteState.Stale;
      if (columns.wanted[slot] === 0) this.#writer.enqueue(columns, slot);
    }
  }

  /** Nothing is wanted any more, neither by this run nor by the one before. */
  clear(): void {
    const told = RouteState.ToldInstalled | RouteState.ToldMissing;
    for (const columns of this.#columns) {
      for (let slot = 1; slot < columns.prefixes.limit; slot++) {
        if (!columns.prefixes.isUsed(slot)) continue;
        const set = columns.wanted[slot];
        columns.wanted[slot] = 0;
        if (set !== 0) this.#sets.release(set);
        columns.flags[slot] &= ~(RouteState.Stale | RouteState.Failed | told);
        this.#writer.enqueue(columns, slot);
      }
    }
  }

  /** Next hops may resolve to something else now. */
  nextHopsChanged(): void {
    const changed = this.#sets.resolveAgain();
    if (changed === undefined) return;
    for (const columns of this.#columns) {
      const { wanted } = columns;
      for (let slot = 1; slot < columns.prefixes.limit; slot++) {
        const set = wanted[slot];
        if (set !== 0 && changed[set] === 1 && columns.prefixes.isUsed(slot)) this.#writer.enqueue(columns, slot);
      }
    }
  }

  /** Everything wanted here is wanted there; the answers come from there from now on. */
  handOver(next: KernelFib): void {
    this.#writer.isHandedOver = true;
    for (const columns of this.#columns) {
      const { prefixes, wanted } = columns;
      const family = families[columns.version === 4 ? 0 : 1];
      for (let slot = 1; slot < prefixes.limit; slot++) {
        if (!prefixes.isUsed(slot) || wanted[slot] === 0) continue;
        const [w0, w1, w2, w3] = columns.words(slot);
        next.install(family, w0, w1, w2, w3, prefixes.lengths[slot], this.#sets.hops(wanted[slot]));
      }
      if (this.#hasSwept[family.index]) next.sweepStale(family);
    }
  }

  /** When everything that is wanted now was written, or refused. */
  settled(): Promise<void> {
    return this.#writer.settled();
  }

  /** Ends writing. `keep`: the routes stay for the next process; else exactly ours are removed. */
  async stop({ keep }: { readonly keep: boolean }): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    if (!keep) {
      this.clear();
      await this.#writer.settled();
    }
    this.#writer.stop();
  }

  // --- what others do with our routes -----------------------------------------------------------------

  changed(route: KernelRoute, isDeleted: boolean): void {
    // A foreign route that took the place of ours is told as ours being deleted.
    if (!this.#isAt(route)) return;
    const columns = this.#columnsOf(route);
    const slot = columns.find(route.w0, route.w1, route.w2, route.w3, route.length);
    if (slot === 0 || (isDeleted && columns.installed[slot] === 0)) return;
    // Which of several routes a foreign one took the place of is not told.
    const isForeign = route.protocol !== ownProtocol;
    if (isDeleted && isForeign && (columns.flags[slot] & RouteState.Beside) !== 0) return this.#deps.doubt();
    // One hop of several may have gone with its link: what is left is read with all the others.
    if (isDeleted && this.#hasMoreHops(columns, slot, route)) return this.#deps.doubt();
    columns.setInstalled(slot, isDeleted ? 0 : this.#paths.ofRoute(route));
    columns.flags[slot] |= RouteState.Seen;
    this.#writer.enqueue(columns, slot);
  }

  foreignAdded(route: KernelRoute): void {
    if (!this.#isAt(route)) return;
    const columns = this.#columnsOf(route);
    const slot = columns.find(route.w0, route.w1, route.w2, route.w3, route.length);
    if (slot === 0) return;
    // With the same metric (IPv4: prepended or appended): a replacement takes the place of whichever is first.
    columns.flags[slot] |= RouteState.Beside;
    this.#besides[version(route)].add(slot);
  }

  foreignDeleted(route: KernelRoute): void {
    if (!this.#isAt(route)) return;
    const columns = this.#columnsOf(route);
    const slot = columns.find(route.w0, route.w1, route.w2, route.w3, route.length);
    if (slot === 0) return;
    if ((columns.flags[slot] & RouteState.Failed) !== 0) this.#writer.enqueue(columns, slot);
    // It may not have been the only one: reading tells.
    if ((columns.flags[slot] & RouteState.Beside) !== 0) this.#deps.suspect();
  }

  readingBegun(ofVersion: 4 | 6): void {
    const index = ofVersion === 4 ? 0 : 1;
    this.#writer.isReading[index] = true;
    this.#columns[index].clearFlag(RouteState.Seen);
    this.#besides[index].clear();
  }

  found(route: KernelRoute): void {
    if (!this.#isOurs(route)) return;
    const columns = this.#columnsOf(route);
    const slot = columns.find(route.w0, route.w1, route.w2, route.w3, route.length);
    // Written or told of since the reading began: what was read may be older.
    if (slot !== 0 && (columns.flags[slot] & RouteState.Seen) !== 0) return;
    const path = this.#paths.ofRoute(route);
    if (slot !== 0) {
      columns.flags[slot] |= RouteState.Seen;
      if (columns.installed[slot] === path) return;
      columns.setInstalled(slot, path);
      this.#writer.enqueue(columns, slot);
      return;
    }
    const stray = this.#adopt(route);
    columns.flags[stray] |= RouteState.Seen;
    if (!this.#hasSwept[families[version(route)].index]) return;
    columns.flags[stray] &= ~RouteState.Stale;
    this.#writer.enqueue(columns, stray);
  }

  readingEnded(ofVersion: 4 | 6, isComplete: boolean): void {
    const index = ofVersion === 4 ? 0 : 1;
    this.#writer.isReading[index] = false;
    if (!isComplete) return;
    const columns = this.#columns[index];
    for (let slot = 1; slot < columns.prefixes.limit; slot++) {
      if (!columns.prefixes.isUsed(slot)) continue;
      if (!this.#besides[index].has(slot)) columns.flags[slot] &= ~RouteState.Beside;
      if (columns.installed[slot] === 0 || (columns.flags[slot] & RouteState.Seen) !== 0) continue;
      // Gone without a word, as IPv4 routes do with their link.
      columns.setInstalled(slot, 0);
      this.#writer.enqueue(columns, slot);
    }
    this.#besides[index].clear();
  }

  // --- small things -----------------------------------------------------------------------------------

  #adopt(route: KernelRoute): number {
    if (!this.#isOurs(route)) return 0;
    const columns = this.#columnsOf(route);
    const slot = columns.insert(route.w0, route.w1, route.w2, route.w3, route.length);
    columns.setInstalled(slot, this.#paths.ofRoute(route));
    if (columns.wanted[slot] === 0) columns.flags[slot] |= RouteState.Stale;
    return slot;
  }

  #isAt(route: KernelRoute): boolean {
    const { table, metric } = this.#targets[version(route)];
    return route.table === table && route.metric === metric;
  }

  #isOurs(route: KernelRoute): boolean {
    return route.protocol === ownProtocol && this.#isAt(route);
  }

  #hasMoreHops(columns: RouteColumns, slot: number, route: KernelRoute): boolean {
    const path = this.#paths.get(columns.installed[slot]);
    return route.protocol === ownProtocol && path !== undefined && path.hops.length > Math.max(1, route.hops.length);
  }

  #columnsOf(route: KernelRoute): RouteColumns {
    return this.#columns[version(route)];
  }
}

/** Index of the columns. */
function version(route: KernelRoute): 0 | 1 {
  return route.version === 4 ? 0 : 1;
}
