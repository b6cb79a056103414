// hot: the kernel's routes as BGP wants them. What is wanted is collected by prefix, compared with what the kernel has from us
// (our own writes, and a dump of our protocol at the start), and the difference written in batches between other work. Routes of
// others are never replaced: a first write asks the kernel to refuse when there is one. What we put there stays when the process
// dies; the next one adopts it and writes only what is different (RFC 4724 §4.1).

import type { FibConfig } from '#bgp/config.ts';
import { families, type Family } from '#bgp/net/family.ts';
import type { Prefix } from '#bgp/net/prefix.ts';
import type { Fib, FibHop } from '#bgp/ports.ts';
import { KernelError } from '#kernel/errors.ts';
import type { KernelRoute, RouteTarget } from '#kernel/netlink/route.ts';
import type { NetlinkSocket } from '#kernel/netlink/socket.ts';
import { countFamily, describeRoute, type FibRouteView, type FibView } from './fib-view.ts';
import { HopSets, type Resolve } from './hop-sets.ts';
import type { OwnRoutes } from './kernel-view.ts';
import { Paths } from './paths.ts';
import { listTargets, ownProtocol } from './protocol.ts';
import { readOwnRoutes } from './read-own-routes.ts';
import { Refusals } from './refusals.ts';
import { type Answer, describeAnswer, isForbidden, isShortage, RouteBatch, Write } from './route-batch.ts';
import { RouteColumns, RouteState } from './route-columns.ts';

/** How long one turn writes before sockets and timers are looked at again. */
const turnBudgetMs = 4;
/** Paths that nothing uses any more are looked for beyond this. */
const collectPathsAt = 4_096;

export interface KernelFibDeps {
  /** Shared by all that write; its notifications are filtered out. */
  readonly socket: NetlinkSocket;
  readonly resolve: Resolve;
  /** A route is in the kernel, or is not, and why. */
  readonly installed: (
    family: Family,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    length: number,
    isInstalled: boolean,
    error: string | undefined,
  ) => void;
  /** What an operator should know: which prefix was refused, why, and how many others were. */
  readonly failed: (prefix: string, reason: string, others: number) => void;
  /** Before routes are written: what the kernel has told up to now is taken in (KernelView.settle). */
  readonly settle: () => void;
  /** What there is in the kernel is in doubt: read all routes again (KernelView.readRoutesAgain). */
  readonly doubt: () => void;
}

export class KernelFib implements Fib, OwnRoutes {
  readonly #targets: readonly [RouteTarget, RouteTarget];
  readonly #deps: KernelFibDeps;
  readonly #paths = new Paths();
  readonly #sets: HopSets;
  readonly #columns: readonly [RouteColumns, RouteColumns] = [new RouteColumns(4), new RouteColumns(6)];
  readonly #batch: RouteBatch;
  readonly #refusals: Refusals;
  readonly #preserved: readonly Family[];
  #isPlanned = false;
  #isStopped = false;
  #isHandedOver = false;
  #isDoubtful = false;
  #collectAt = collectPathsAt;
  #batches = 0;
  #writes = 0;
  #hasSwept = [false, false];
  #isReading = [false, false];

  /** Reads what an earlier run left, within the call. Throws KernelError. */
  constructor(config: FibConfig, deps: KernelFibDeps) {
    this.#targets = listTargets(config);
    this.#deps = deps;
    this.#sets = new HopSets(this.#paths, deps.resolve);
    this.#batch = new RouteBatch(deps.socket);
    this.#refusals = new Refusals(deps.failed, () => this.#tryAgain());
    for (const route of readOwnRoutes(config.table)) this.#adopt(route);
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
      batches: this.#batches,
      writes: this.#writes,
      refusals: this.#refusals.count,
      lastRefusal: this.#refusals.last,
    };
  }

  /** undefined: nothing is wanted for the prefix. */
  route(prefix: Prefix): FibRouteView | undefined {
    return describeRoute(this.#columns[prefix.version === 4 ? 0 : 1], prefix, this.#sets, this.#refusals);
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
    this.#enqueue(columns, slot);
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
    this.#enqueue(columns, slot);
  }

  sweepStale(family: Family): void {
    const columns = this.#columns[family.index];
    this.#hasSwept[family.index] = true;
    for (let slot = 1; slot < columns.prefixes.limit; slot++) {
      if ((columns.flags[slot] & RouteState.Stale) === 0 || !columns.prefixes.isUsed(slot)) continue;
      columns.flags[slot] &= ~RouteState.Stale;
      if (columns.wanted[slot] === 0) this.#enqueue(columns, slot);
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
        this.#enqueue(columns, slot);
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
        if (set !== 0 && changed[set] === 1 && columns.prefixes.isUsed(slot)) this.#enqueue(columns, slot);
      }
    }
  }

  /** Everything wanted here is wanted there; the answers come from there from now on. */
  handOver(next: KernelFib): void {
    this.#isHandedOver = true;
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
  async settled(): Promise<void> {
    while (this.#hasQueued() && !this.#isStopped) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
  }

  /** Ends writing. `keep`: the routes stay for the next process; else exactly ours are removed. */
  async stop({ keep }: { readonly keep: boolean }): Promise<void> {
    if (this.#isStopped) return;
    if (!keep) await this.#removeAll();
    this.#isStopped = true;
    this.#refusals.stop();
  }

  // --- what others do with our routes -----------------------------------------------------------------

  changed(route: KernelRoute, isDeleted: boolean): void {
    // A foreign route that took the place of ours is told as ours being deleted.
    if (!this.#isAt(route)) return;
    const columns = this.#columnsOf(route);
    const slot = columns.find(route.w0, route.w1, route.w2, route.w3, route.length);
    if (slot === 0 || (isDeleted && columns.installed[slot] === 0)) return;
    // One hop of several may have gone with its link: what is left is read with all the others.
    if (isDeleted && this.#hasMoreHops(columns, slot, route)) return this.#deps.doubt();
    columns.setInstalled(slot, isDeleted ? 0 : this.#paths.ofRoute(route));
    columns.flags[slot] |= RouteState.Seen;
    this.#enqueue(columns, slot);
  }

  foreignAdded(route: KernelRoute): void {
    if (!this.#isAt(route)) return;
    const columns = this.#columnsOf(route);
    const slot = columns.find(route.w0, route.w1, route.w2, route.w3, route.length);
    // Beside ours, with the same metric (IPv4: prepended or appended): a replacement takes the place of whichever is first.
    if (slot !== 0) columns.flags[slot] |= RouteState.Yields;
  }

  foreignDeleted(route: KernelRoute): void {
    if (!this.#isAt(route)) return;
    const columns = this.#columnsOf(route);
    const slot = columns.find(route.w0, route.w1, route.w2, route.w3, route.length);
    if (slot !== 0 && (columns.flags[slot] & RouteState.Failed) !== 0) this.#enqueue(columns, slot);
  }

  readingBegun(version: 4 | 6): void {
    this.#isReading[version === 4 ? 0 : 1] = true;
    this.#columns[version === 4 ? 0 : 1].clearFlag(RouteState.Seen);
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
      this.#enqueue(columns, slot);
      return;
    }
    const stray = this.#adopt(route);
    columns.flags[stray] |= RouteState.Seen;
    if (!this.#hasSwept[families[version(route)].index]) return;
    columns.flags[stray] &= ~RouteState.Stale;
    this.#enqueue(columns, stray);
  }

  readingEnded(ofVersion: 4 | 6, isComplete: boolean): void {
    const index = ofVersion === 4 ? 0 : 1;
    this.#isReading[index] = false;
    if (!isComplete) return;
    const columns = this.#columns[index];
    for (let slot = 1; slot < columns.prefixes.limit; slot++) {
      if (columns.installed[slot] === 0 || (columns.flags[slot] & RouteState.Seen) !== 0) continue;
      if (!columns.prefixes.isUsed(slot)) continue;
      // Gone without a word, as IPv4 routes do with their link.
      columns.setInstalled(slot, 0);
      this.#enqueue(columns, slot);
    }
  }

  // --- writing ----------------------------------------------------------------------------------------

  #enqueue(columns: RouteColumns, slot: number): void {
    columns.enqueue(slot);
    this.#plan();
  }

  #plan(): void {
    if (this.#isPlanned || this.#isStopped) return;
    this.#isPlanned = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    this.#isPlanned = false;
    if (this.#isStopped) return;
    const endMs = performance.now() + turnBudgetMs;
    do {
      for (const columns of this.#columns) this.#writeSome(columns);
    } while (this.#hasQueued() && performance.now() < endMs);
    if (this.#hasQueued()) this.#plan();
    else if (this.#paths.size > this.#collectAt) this.#collectPaths();
  };

  #hasQueued(): boolean {
    return this.#columns[0].queued > 0 || this.#columns[1].queued > 0;
  }

  /** One batch. */
  #writeSome(columns: RouteColumns): void {
    // Right before: a foreign route may have taken the place of ours, and must not be replaced in turn.
    this.#deps.settle();
    const batch = this.#batch;
    batch.begin();
    for (let slot = columns.peek(); slot !== 0; slot = columns.peek()) {
      const set = columns.wanted[slot];
      const isKept = (columns.flags[slot] & RouteState.Stale) !== 0;
      const target = set === 0 ? 0 : this.#sets.path(set);
      const path = this.#paths.get(target);
      if (!batch.hasRoom(path)) break;
      columns.shift();
      const installed = columns.installed[slot];
      if (target === installed || isKept) this.#settle(columns, slot);
      else if (target === 0) this.#write(Write.Delete, columns, slot, 0);
      else if (installed === 0) this.#write(Write.Add, columns, slot, target);
      else if ((columns.flags[slot] & RouteState.Yields) !== 0) this.#write(Write.Delete, columns, slot, 0);
      else this.#write(Write.Replace, columns, slot, target);
    }
    if (batch.count === 0) return;
    this.#batches++;
    this.#writes += batch.count;
    const failure = this.#send();
    for (let at = 0; at < batch.count; at++) this.#answered(columns, at, failure ?? batch.refused.get(at));
    // Taken as done, or as refused, until all routes are read again: after the loop, which marks what it wrote as seen.
    if (this.#isDoubtful) this.#deps.doubt();
    this.#isDoubtful = false;
  }

  /** Answers what holds for the whole batch, when it could not be sent. */
  #send(): Answer | undefined {
    try {
      if (this.#batch.send() === 'lost') this.#isDoubtful = true;
      return undefined;
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      this.#isDoubtful = true;
      return { code: error.code, detail: error.message };
    }
  }

  #write(write: Write, columns: RouteColumns, slot: number, path: number): void {
    this.#batch.write(
      write,
      slot,
      columns.version,
      columns.word(slot, 0),
      columns.word(slot, 1),
      columns.word(slot, 2),
      columns.word(slot, 3),
      columns.prefixes.lengths[slot],
      this.#targets[columns.version === 4 ? 0 : 1],
      path,
      this.#paths.get(path),
    );
  }

  #answered(columns: RouteColumns, at: number, answer: Answer | undefined): void {
    const { slots, writes, paths } = this.#batch;
    const slot = slots[at];
    const isDeletion = writes[at] === Write.Delete;
    if (this.#isReading[columns.version === 4 ? 0 : 1]) columns.flags[slot] |= RouteState.Seen;
    // A route that is gone already is as good as removed.
    if (answer === undefined || (isDeletion && answer.code === 'ESRCH')) {
      columns.setInstalled(slot, paths[at]);
      if (isDeletion && (columns.flags[slot] & RouteState.Yields) !== 0) return this.#yielded(columns, slot);
      // There is no other one of the prefix and metric.
      if (writes[at] === Write.Add) columns.flags[slot] &= ~RouteState.Yields;
      if ((columns.flags[slot] & RouteState.Failed) !== 0) this.#refusals.relent();
      this.#settle(columns, slot);
      return;
    }
    // Not in our columns, yet there: somebody else's, or ours after all. Reading tells.
    if (answer.code === 'EEXIST' && (columns.flags[slot] & RouteState.Failed) === 0) this.#isDoubtful = true;
    const reason = describeAnswer(answer);
    columns.flags[slot] |= RouteState.Failed;
    columns.reasons[slot] = this.#refusals.add(columns.format(slot), reason, isForbidden(answer));
    if (columns.wanted[slot] === 0) return;
    this.#tell(columns, slot, false, reason);
    // What is there still leads where BGP no longer points, and will not be replaced soon.
    if (writes[at] !== Write.Replace || isShortage(answer)) return;
    columns.flags[slot] |= RouteState.Yields;
    this.#enqueue(columns, slot);
  }

  /** Ours has gone to make room for another one, which comes now, or when it is tried again. */
  #yielded(columns: RouteColumns, slot: number): void {
    columns.flags[slot] &= ~RouteState.Yields;
    if (columns.wanted[slot] === 0) this.#settle(columns, slot);
    else if ((columns.flags[slot] & RouteState.Failed) === 0) this.#enqueue(columns, slot);
    else this.#refusals.planRetry();
  }

  /** Nothing is left to be written for the slot. */
  #settle(columns: RouteColumns, slot: number): void {
    columns.flags[slot] &= ~RouteState.Failed;
    const set = columns.wanted[slot];
    if (set === 0) {
      columns.releaseIfEmpty(slot);
      return;
    }
    if (columns.installed[slot] !== 0) this.#tell(columns, slot, true, undefined);
    else this.#tell(columns, slot, false, this.#sets.reason(set));
  }

  #tell(columns: RouteColumns, slot: number, isInstalled: boolean, error: string | undefined): void {
    if (this.#isHandedOver) return;
    const told = isInstalled ? RouteState.ToldInstalled : RouteState.ToldMissing;
    if ((columns.flags[slot] & told) !== 0) return;
    columns.flags[slot] = (columns.flags[slot] & ~(RouteState.ToldInstalled | RouteState.ToldMissing)) | told;
    this.#deps.installed(
      families[columns.version === 4 ? 0 : 1],
      columns.word(slot, 0),
      columns.word(slot, 1),
      columns.word(slot, 2),
      columns.word(slot, 3),
      columns.prefixes.lengths[slot],
      isInstalled,
      error,
    );
  }

  #tryAgain(): void {
    for (const columns of this.#columns) {
      const { flags, prefixes } = columns;
      for (let slot = 1; slot < prefixes.limit; slot++) {
        if ((flags[slot] & RouteState.Failed) !== 0 && prefixes.isUsed(slot)) this.#enqueue(columns, slot);
      }
    }
  }

  async #removeAll(): Promise<void> {
    this.clear();
    for (const columns of this.#columns) {
      while (columns.queued > 0) {
        this.#writeSome(columns);
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
      }
    }
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

  #collectPaths(): void {
    const used = new Set<number>(this.#sets.paths());
    for (const { installed } of this.#columns) for (const path of installed) used.add(path);
    this.#paths.collect(used);
    this.#collectAt = Math.max(collectPathsAt, this.#paths.size * 2);
  }
}

/** Index of the columns. */
function version(route: KernelRoute): 0 | 1 {
  return route.version === 4 ? 0 : 1;
}
