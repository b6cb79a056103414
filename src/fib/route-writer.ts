// hot: brings the kernel's routes to what is wanted, slot by slot from the queue: which write a difference needs, in batches between
// other work, and what each answer means. Routes of others are never replaced: a first write asks the kernel to refuse when there
// is one. What is wanted, and what others do, is known to kernel-fib.ts.

import { families, type Family } from '#bgp/net/family.ts';
import { KernelError } from '#kernel/errors.ts';
import type { RouteTarget } from '#kernel/netlink/route.ts';
import type { NetlinkSocket } from '#kernel/netlink/socket.ts';
import type { HopSets } from './hop-sets.ts';
import type { Paths } from './paths.ts';
import { Refusals } from './refusals.ts';
import { type Answer, describeAnswer, isForbidden, isShortage, RouteBatch, Write } from './route-batch.ts';
import { type RouteColumns, RouteState } from './route-columns.ts';

/** How long one turn writes before sockets and timers are looked at again. */
const turnBudgetMs = 4;
/** Paths that nothing uses any more are looked for beyond this. */
const collectPathsAt = 4_096;
/** Ours goes before another one comes. */
const makesRoom = RouteState.Yields | RouteState.Beside;

/** `more` waits to be taken in before anything is written; `unsure`: some was lost, and what is taken for ours may not be. */
export type Settled = 'sure' | 'unsure' | 'more';

export interface RouteWriterDeps {
  /** Shared by all that write; its notifications are filtered out. */
  readonly socket: NetlinkSocket;
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
  /** Takes in what the kernel has told, before a batch is written (KernelView.settle). */
  readonly settle: (version: 4 | 6) => Settled;
  /** What there is in the kernel is in doubt: read all routes again (KernelView.doubt). */
  readonly doubt: () => void;
  /** The same for what may come once for each of many routes: they are read soon (KernelView.readRoutesSoon). */
  readonly suspect: () => void;
}

export class RouteWriter {
  readonly refusals: Refusals;
  /** Since the beginning. */
  batches = 0;
  writes = 0;
  /** Answers are for nobody any more. */
  isHandedOver = false;
  /** By family: routes are being read, and what is written meanwhile is newer. */
  readonly isReading = [false, false];
  readonly #columns: readonly [RouteColumns, RouteColumns];
  readonly #sets: HopSets;
  readonly #paths: Paths;
  readonly #targets: readonly [RouteTarget, RouteTarget];
  readonly #deps: RouteWriterDeps;
  readonly #batch: RouteBatch;
  #isPlanned = false;
  #isStopped = false;
  #collectAt = collectPathsAt;

  constructor(
    columns: readonly [RouteColumns, RouteColumns],
    sets: HopSets,
    paths: Paths,
    targets: readonly [RouteTarget, RouteTarget],
    deps: RouteWriterDeps,
  ) {
    this.#columns = columns;
    this.#sets = sets;
    this.#paths = paths;
    this.#targets = targets;
    this.#deps = deps;
    this.#batch = new RouteBatch(deps.socket);
    this.refusals = new Refusals(deps.failed, () => this.#tryAgain());
  }

  /** What is wanted of the slot, or there, may have changed. */
  enqueue(columns: RouteColumns, slot: number): void {
    columns.enqueue(slot);
    this.#plan();
  }

  /** When everything that is wanted now was written, or refused. */
  async settled(): Promise<void> {
    while (this.#hasQueued() && !this.#isStopped) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.refusals.stop();
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
    let hasMore = false;
    do {
      for (const columns of this.#columns) {
        if (columns.queued === 0 || hasMore) continue;
        // Right before each batch: a foreign route may have taken the place of ours, and must not be replaced in turn.
        const settled = this.#deps.settle(columns.version);
        if (settled === 'more') hasMore = true;
        else this.#writeSome(columns, settled === 'sure');
      }
    } while (!hasMore && this.#hasQueued() && performance.now() < endMs);
    if (this.#hasQueued()) this.#plan();
    else if (this.#paths.size > this.#collectAt) this.#collectPaths();
  };

  #hasQueued(): boolean {
    return this.#columns[0].queued > 0 || this.#columns[1].queued > 0;
  }

  /** One batch. A deletion is safe even when unsure: the kernel looks at the protocol, as it does not on replacement. */
  #writeSome(columns: RouteColumns, isSure: boolean): void {
    const batch = this.#batch;
    batch.begin();
    for (let slot = columns.peek(); slot !== 0; slot = columns.peek()) {
      const isKept = (columns.flags[slot] & RouteState.Stale) !== 0;
      const target = this.#target(columns, slot);
      const path = this.#paths.get(target);
      if (!batch.hasRoom(path)) break;
      columns.shift();
      const installed = columns.installed[slot];
      if (target === installed || isKept) this.#settle(columns, slot);
      else if (target === 0) this.#write(Write.Delete, columns, slot, 0);
      else if (installed === 0) this.#write(Write.Add, columns, slot, target);
      else if (!isSure || (columns.flags[slot] & makesRoom) !== 0) this.#write(Write.Delete, columns, slot, 0);
      else this.#write(Write.Replace, columns, slot, target);
    }
    if (batch.count === 0) return;
    this.batches++;
    this.writes += batch.count;
    const { failure, isLost } = this.#send();
    for (let at = 0; at < batch.count; at++) this.#answered(columns, at, failure ?? batch.refused.get(at));
    // Taken as done, or as refused, until all routes are read again: after the loop, which marks what it wrote as seen.
    if (isLost) this.#deps.doubt();
  }

  /** `failure`: what holds for the whole batch, when it could not be sent. `isLost`: what was done is not known. */
  #send(): { readonly failure: Answer | undefined; readonly isLost: boolean } {
    try {
      return { failure: undefined, isLost: this.#batch.send() === 'lost' };
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      return { failure: { code: error.code, detail: error.message }, isLost: true };
    }
  }

  /** The path that the kernel should have, 0: none. */
  #target(columns: RouteColumns, slot: number): number {
    const set = columns.wanted[slot];
    return set === 0 ? 0 : this.#sets.path(set);
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
    if (this.isReading[columns.version === 4 ? 0 : 1]) columns.flags[slot] |= RouteState.Seen;
    // A route that is gone already is as good as removed.
    if (answer === undefined || (isDeletion && answer.code === 'ESRCH')) {
      columns.setInstalled(slot, paths[at]);
      if (isDeletion && this.#target(columns, slot) !== 0) return this.#madeRoom(columns, slot);
      // There is no other one of the prefix and metric.
      if (writes[at] === Write.Add) columns.flags[slot] &= ~makesRoom;
      if ((columns.flags[slot] & RouteState.Failed) !== 0) this.refusals.relent();
      this.#settle(columns, slot);
      return;
    }
    // Not in our columns, yet there: somebody else's, or ours after all. Reading tells.
    if (answer.code === 'EEXIST' && (columns.flags[slot] & RouteState.Failed) === 0) this.#deps.suspect();
    const reason = describeAnswer(answer);
    columns.flags[slot] |= RouteState.Failed;
    columns.reasons[slot] = this.refusals.add(columns.format(slot), reason, isForbidden(answer));
    if (columns.wanted[slot] === 0) return;
    this.#tell(columns, slot, false, reason);
    // What is there still leads where BGP no longer points, and will not be replaced soon.
    if (writes[at] !== Write.Replace || isShortage(answer)) return;
    columns.flags[slot] |= RouteState.Yields;
    this.enqueue(columns, slot);
  }

  /** Ours has gone to make room for another one, which comes now, or when it is tried again. */
  #madeRoom(columns: RouteColumns, slot: number): void {
    columns.flags[slot] &= ~RouteState.Yields;
    if ((columns.flags[slot] & RouteState.Failed) === 0) this.enqueue(columns, slot);
    else this.refusals.planRetry();
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
    if (this.isHandedOver) return;
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
        if ((flags[slot] & RouteState.Failed) !== 0 && prefixes.isUsed(slot)) this.enqueue(columns, slot);
      }
    }
  }

  #collectPaths(): void {
    const used = new Set<number>(this.#sets.paths());
    for (const { installed } of this.#columns) for (const path of installed) used.add(path);
    this.#paths.collect(used);
    this.#collectAt = Math.max(collectPathsAt, this.#paths.size * 2);
  }
}
