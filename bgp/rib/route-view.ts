// hot: a view of one table as it was when the view was opened, read in slices and in the order of prefixes
// although routes change meanwhile. Nothing is copied at first; a prefix that is about to change while the
// view has still to show it is saved before (copy before write). Views are opened by route-views.ts.

import type { Address } from '../net/address.ts';
import { freeColumn, growUint32, nextCapacity } from '../net/columns.ts';
import { type Prefix, wordMask } from '../net/prefix.ts';
import type { RouteBatch } from '../views.ts';
import { isAcceptedFlags } from './adj-rib-in.ts';
import { PathFlag } from './code-points.ts';
import type { RibCore } from './core.ts';
import { LOCAL_WEIGHT } from './decision.ts';
import { Age } from './peer-routes.ts';
import { PrefixSort } from './prefix-sort.ts';
import { BatchBuilder, RouteRows } from './route-rows.ts';
import type { PeerIndex } from './types.ts';
import type { UpdateGroup } from './update-group.ts';

export type ViewTable = 'loc-rib' | 'received' | 'accepted' | 'advertised';

export interface ViewQuery {
  readonly table: ViewTable;
  /** Whose routes; for the loc-rib without meaning. */
  readonly peer: PeerIndex;
  /** This prefix alone, or with `isLongerPrefixes` everything within it. */
  readonly prefix: Prefix | undefined;
  readonly isLongerPrefixes: boolean;
  /** The longest prefix of the table that contains it. */
  readonly address: Address | undefined;
}

export class ViewError extends Error {
  readonly code: 'too-many-views' | 'view-overrun';

  constructor(code: 'too-many-views' | 'view-overrun', message: string) {
    super(message);
    this.name = 'ViewError';
    this.code = code;
  }
}

/** Words saved for a prefix (count, version) and for each of its routes; more where there are path identifiers or weights. */
const PREFIX_WORDS = 2;
const ROUTE_WORDS = 3;
const RARE_WORDS = 5;
/** In a saved count: its routes take RARE_WORDS. */
const IS_RARE = 0x8000_0000;
/** A slot is collected or sorted in a fraction of the time that showing one takes. */
const LIGHT_WORK = 4;
/** Slots of a page of `savedPages`: what changes during a view are mostly neighbours, the routes that came last. */
const PAGE_BITS = 10;
const PAGE_SLOTS = 1 << PAGE_BITS;

const Phase = { Collect: 0, Sort: 1, Show: 2, Done: 3 } as const;

export class RouteView {
  readonly query: ViewQuery;
  readonly tableVersion: number;
  /** Upper bound of the routes that will follow. */
  readonly maxRoutes: number;
  readonly group: UpdateGroup | undefined;
  /** The reclaimer's mark for this view. */
  readonly mark: number;
  private readonly core: RibCore;
  private readonly closed: (view: RouteView) => void;
  private phase: number;
  private failure: ViewError | undefined;
  /** Prefix slots at or above it came later. */
  private readonly limit: number;
  /** Bit by slot: still to be shown. */
  private pending: Uint32Array;
  private cursor: number;
  private order: Uint32Array;
  private orderCount: number;
  private sort: PrefixSort | undefined;
  /** By slot: where its rows were saved, 0 when they were not. In pages, made when something in them is saved. */
  private savedPages: (Uint32Array | undefined)[];
  private savedPageCount: number;
  private saved: Uint32Array;
  private savedEnd: number;
  private readonly rows: RouteRows;
  private readonly builder: BatchBuilder;

  constructor(
    query: ViewQuery,
    core: RibCore,
    opened: { tableVersion: number; maxRoutes: number; mark: number; group: UpdateGroup | undefined },
    closed: (view: RouteView) => void,
  ) {
    this.query = query;
    this.core = core;
    this.closed = closed;
    this.tableVersion = opened.tableVersion;
    this.maxRoutes = opened.maxRoutes;
    this.mark = opened.mark;
    this.group = opened.group;
    this.phase = Phase.Collect;
    this.failure = undefined;
    this.limit = core.paths.prefixes.limit;
    this.pending = new Uint32Array((this.limit >>> 5) + 1);
    this.cursor = 1;
    this.order = new Uint32Array(0);
    this.orderCount = 0;
    this.sort = undefined;
    this.savedPages = [];
    this.savedPageCount = 0;
    this.saved = new Uint32Array(1024);
    this.savedEnd = 1;
    this.rows = new RouteRows();
    this.builder = new BatchBuilder(core.family.words, core.attributes, opened.group?.nextHopOf(query.peer));
    if (query.address !== undefined || (query.prefix !== undefined && !query.isLongerPrefixes)) this.findOne();
    else {
      this.pending.fill(-1);
      // No more slots than are in use now can be collected: as large as that at once leaves no outgrown ones behind.
      const most = query.prefix === undefined ? Math.min(core.paths.prefixes.count, opened.maxRoutes) : 0;
      this.order = new Uint32Array(most);
    }
  }

  /** Everything was shown, or the view was closed. False when it had to end: next() throws why. */
  get isDone(): boolean {
    return this.phase === Phase.Done && this.failure === undefined;
  }

  get bytes(): number {
    return (
      this.saved.byteLength +
      this.pending.byteLength +
      this.savedPageCount * PAGE_SLOTS * 4 +
      this.order.byteLength * (this.phase === Phase.Show ? 1 : 2)
    );
  }

  /** The next slice: a batch, or undefined while the view is being put in order. Throws ViewError when it had to end. */
  next(budget = 2048): RouteBatch | undefined {
    if (this.failure !== undefined) throw this.failure;
    if (this.phase === Phase.Collect) this.collect(budget * LIGHT_WORK);
    else if (this.phase === Phase.Sort) this.sortSome(budget * LIGHT_WORK);
    else if (this.phase === Phase.Show) return this.show(budget);
    return undefined;
  }

  /** Ends the view; harmless when it has ended. */
  close(): void {
    if (this.phase === Phase.Done) return;
    this.phase = Phase.Done;
    this.pending = new Uint32Array(0);
    if (this.sort !== undefined) this.order = this.sort.slots;
    this.sort?.end();
    this.sort = undefined;
    freeColumn(this.order);
    this.order = new Uint32Array(0);
    this.savedPages = [];
    this.savedPageCount = 0;
    freeColumn(this.saved);
    this.saved = new Uint32Array(0);
    this.closed(this);
  }

  /** Ends the view because it cannot go on showing what was: next() tells. */
  fail(message: string): void {
    if (this.phase === Phase.Done) return;
    this.close();
    this.failure = new ViewError('view-overrun', message);
  }

  /** The routes of a prefix are about to change. */
  beforeChange(slot: number): void {
    if (slot >= this.limit || (this.pending[slot >>> 5] & (1 << (slot & 31))) === 0) return;
    if (this.findSaved(slot) !== 0) return;
    this.read(slot);
    const needed = this.savedEnd + PREFIX_WORDS + this.rows.count * RARE_WORDS;
    if ((needed + this.savedPageCount * PAGE_SLOTS) * 4 > this.core.viewBytes) {
      this.fail('too many routes changed while the table was being shown; ask for fewer routes or try again');
      return;
    }
    if (needed > this.saved.length) {
      const outgrown = this.saved;
      this.saved = growUint32(outgrown, nextCapacity(outgrown.length, needed));
      freeColumn(outgrown);
    }
    this.pageOf(slot)[slot & (PAGE_SLOTS - 1)] = this.savedEnd;
    this.save();
  }

  private collect(budget: number): void {
    const end = Math.min(this.limit, this.cursor + budget);
    const { words, lengths, stride } = this.core.paths.prefixes;
    const { prefix } = this.query;
    for (let slot = this.cursor; slot < end; slot++) {
      const isWanted =
        prefix === undefined ||
        (lengths[slot] >= prefix.length &&
          (words[slot * stride] & wordMask(prefix.length, 0)) === prefix.w0 &&
          (stride === 1 ||
            ((words[slot * 4 + 1] & wordMask(prefix.length, 1)) === prefix.w1 &&
              (words[slot * 4 + 2] & wordMask(prefix.length, 2)) === prefix.w2 &&
              (words[slot * 4 + 3] & wordMask(prefix.length, 3)) === prefix.w3)));
      if (isWanted && this.core.paths.prefixes.isUsed(slot) && this.load(slot) > 0) this.take(slot);
      else this.pending[slot >>> 5] &= ~(1 << (slot & 31));
    }
    this.cursor = end;
    if (end < this.limit) return;
    const collected = this.order;
    if (collected.length > this.orderCount) {
      this.order = collected.slice(0, this.orderCount);
      freeColumn(collected);
    }
    this.sort = new PrefixSort(this.core.paths.prefixes, this.order);
    this.phase = Phase.Sort;
  }

  private sortSome(budget: number): void {
    if (this.sort === undefined || !this.sort.step(budget)) return;
    this.order = this.sort.slots;
    this.sort.end();
    this.sort = undefined;
    this.cursor = 0;
    this.phase = Phase.Show;
  }

  private show(budget: number): RouteBatch {
    const { words, lengths, stride } = this.core.paths.prefixes;
    while (this.cursor < this.orderCount && this.builder.count < budget) {
      const slot = this.order[this.cursor++];
      this.load(slot);
      this.pending[slot >>> 5] &= ~(1 << (slot & 31));
      this.builder.add(words, slot * stride, lengths[slot], this.rows);
    }
    const batch = this.builder.take();
    if (this.cursor >= this.orderCount) this.close();
    return batch;
  }

  private findOne(): void {
    const { prefixes } = this.core.paths;
    const { address, prefix } = this.query;
    this.phase = Phase.Show;
    this.cursor = 0;
    if (address === undefined) {
      if (prefix === undefined) return;
      const slot = prefixes.find(prefix.w0, prefix.w1, prefix.w2, prefix.w3, prefix.length);
      if (slot !== 0 && this.load(slot) > 0) this.take(slot);
      return;
    }
    for (let length = this.core.family.maxLength; length >= 0; length--) {
      const slot = prefixes.find(
        address.w0 & wordMask(length, 0),
        address.w1 & wordMask(length, 1),
        address.w2 & wordMask(length, 2),
        address.w3 & wordMask(length, 3),
        length,
      );
      if (slot === 0 || this.load(slot) === 0) continue;
      this.take(slot);
      return;
    }
  }

  private take(slot: number): void {
    if (this.orderCount === this.order.length) {
      this.order = growUint32(this.order, Math.min(this.limit, Math.max(16, this.order.length * 2)));
    }
    this.order[this.orderCount++] = slot;
    this.pending[slot >>> 5] |= 1 << (slot & 31);
  }

  /** Fills the rows with the routes of a prefix as they were; answers how many. */
  private load(slot: number): number {
    const at = this.findSaved(slot);
    if (at === 0) this.read(slot);
    else this.restore(at);
    return this.rows.count;
  }

  private findSaved(slot: number): number {
    const page = this.savedPages[slot >>> PAGE_BITS];
    return page === undefined ? 0 : page[slot & (PAGE_SLOTS - 1)];
  }

  private pageOf(slot: number): Uint32Array {
    const number = slot >>> PAGE_BITS;
    let page = this.savedPages[number];
    if (page === undefined) {
      page = new Uint32Array(PAGE_SLOTS);
      this.savedPages[number] = page;
      this.savedPageCount++;
    }
    return page;
  }

  private save(): void {
    const { rows, saved } = this;
    const { pathIds, weights } = this.core.paths;
    const isRare = pathIds.length > 0 || weights.length > 0;
    saved[this.savedEnd++] = isRare ? rows.count | IS_RARE : rows.count;
    saved[this.savedEnd++] = rows.version;
    for (let index = 0; index < rows.count; index++) {
      // A peer takes 16 bits, the flags 11, the reason 5.
      saved[this.savedEnd++] = rows.peers[index] | (rows.flags[index] << 16) | (rows.reasons[index] << 27);
      saved[this.savedEnd++] = rows.attributes[index];
      saved[this.savedEnd++] = rows.receivedSec[index];
      if (!isRare) continue;
      saved[this.savedEnd++] = rows.pathIds[index];
      saved[this.savedEnd++] = rows.weights[index];
    }
  }

  private restore(start: number): void {
    const { rows, saved } = this;
    rows.reset(saved[start + 1]);
    const isRare = saved[start] >= IS_RARE;
    const count = isRare ? saved[start] - IS_RARE : saved[start];
    const step = isRare ? RARE_WORDS : ROUTE_WORDS;
    for (let index = 0, at = start + PREFIX_WORDS; index < count; index++, at += step) {
      const word = saved[at];
      const peer = word & 0xffff;
      const weight = peer === 0 && this.query.table !== 'advertised' ? LOCAL_WEIGHT : 0;
      rows.add(
        peer,
        saved[at + 1],
        (word >>> 16) & 0x7ff,
        word >>> 27,
        saved[at + 2],
        isRare ? saved[at + 3] : 0,
        isRare ? saved[at + 4] : weight,
      );
    }
  }

  /** Fills the rows from the tables as they are now. */
  private read(slot: number): void {
    const { paths } = this.core;
    this.rows.reset(paths.versions[slot]);
    if (this.query.table === 'advertised') this.readAdvertised(slot);
    else if (this.query.table === 'loc-rib') this.readLocRib(slot);
    else {
      const isReceived = this.query.table === 'received';
      for (let path = paths.first[slot]; path !== 0; path = paths.next[path]) {
        if (paths.peers[path] !== this.query.peer) continue;
        if (isReceived) this.addPath(slot, path, paths.attributes[path]);
        else if (isAcceptedFlags(paths.flags[path])) this.addPath(slot, path, paths.usedAttributes[path]);
      }
      if (this.rows.count > 1) this.sortRows(isAfterInPeer);
    }
  }

  private readAdvertised(slot: number): void {
    this.group?.out.read(slot, this.query.peer, this.rows);
  }

  /** Best path first, then by peer: the order of arrival shows nowhere. */
  private readLocRib(slot: number): void {
    const { paths, rows } = { paths: this.core.paths, rows: this.rows };
    for (let path = paths.first[slot]; path !== 0; path = paths.next[path]) {
      if (isAcceptedFlags(paths.flags[path])) this.addPath(slot, path, paths.usedAttributes[path]);
    }
    if (rows.count > 1) this.sortRows(isAfter);
  }

  private sortRows(isAfterRow: (rows: RouteRows, a: number, b: number) => boolean): void {
    const { rows } = this;
    for (let index = 1; index < rows.count; index++) {
      for (let at = index; at > 0 && isAfterRow(rows, at - 1, at); at--) rows.swap(at - 1, at);
    }
  }

  private addPath(slot: number, path: number, attr: number): void {
    const { paths, ranking, routes } = this.core;
    const peer = paths.peers[path];
    let flags = paths.flags[path];
    if (paths.best[slot] === path) {
      flags |= PathFlag.Best;
      if (ranking.isMissing(slot)) flags |= PathFlag.NotInstalled;
    }
    if (routes.ageOf(path) === Age.Stale) {
      flags |= routes.isLongLivedStale(path) ? PathFlag.Stale | PathFlag.LongLived : PathFlag.Stale;
    }
    const weight = peer === 0 ? LOCAL_WEIGHT : paths.weightOf(path);
    this.rows.add(peer, attr, flags, paths.reasons[path], paths.receivedSec[path], paths.pathIdOf(path), weight);
  }
}

function isAfter(rows: RouteRows, a: number, b: number): boolean {
  const isBestA = (rows.flags[a] & PathFlag.Best) !== 0;
  const isBestB = (rows.flags[b] & PathFlag.Best) !== 0;
  if (isBestA !== isBestB) return isBestB;
  return rows.peers[a] === rows.peers[b] ? isAfterInPeer(rows, a, b) : rows.peers[a] > rows.peers[b];
}

function isAfterInPeer(rows: RouteRows, a: number, b: number): boolean {
  return rows.pathIds[a] > rows.pathIds[b];
}
