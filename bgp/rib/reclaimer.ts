// hot: gives back attribute sets and prefix slots. While a view of the table is open both are kept, so that
// what the view has still to show stays readable without copies: releases queue up and happen once every
// view that was open at the time is closed. The queue has a limit at which the oldest view must end.

import { attrSetId, type AttributeSets } from '../wire/attribute-sets.ts';
import type { PathTable } from './path-table.ts';
import type { SlotQueue } from './slot-queue.ts';

/** Marks an entry as a prefix slot. */
const PREFIX = 0x8000_0000;
/** Releases kept for open views: 16 MB. */
const MAX_QUEUED = 4 << 20;

export class Reclaimer {
  private readonly attributes: AttributeSets;
  private readonly paths: PathTable;
  private readonly undecided: SlotQueue;
  private queue: Uint32Array;
  private head: number;
  private length: number;
  /** Entries ever queued: the marks of views count in these. */
  private queued: number;
  /** For every open view, `queued` when it was opened, oldest first. */
  private readonly marks: number[];
  /** Prefix slots in the queue: one must not stand there twice. */
  private readonly waitingPrefixes: Set<number>;

  constructor(attributes: AttributeSets, paths: PathTable, undecided: SlotQueue) {
    this.attributes = attributes;
    this.paths = paths;
    this.undecided = undecided;
    this.queue = new Uint32Array(1024);
    this.head = 0;
    this.length = 0;
    this.queued = 0;
    this.marks = [];
    this.waitingPrefixes = new Set();
  }

  get isFull(): boolean {
    return this.length >= MAX_QUEUED;
  }

  get hasWork(): boolean {
    return this.length > 0 && (this.marks.length === 0 || this.queued - this.length < this.marks[0]);
  }

  /** From now on nothing is given back until the mark is closed. */
  openMark(): number {
    this.marks.push(this.queued);
    return this.queued;
  }

  closeMark(mark: number): void {
    const index = this.marks.indexOf(mark);
    if (index >= 0) this.marks.splice(index, 1);
  }

  release(attr: number): void {
    if (this.marks.length === 0) this.attributes.release(attrSetId(attr));
    else this.enqueue(attr);
  }

  /** Frees the slot of a prefix if nothing uses it. */
  freePrefix(slot: number): void {
    if (!this.isUnused(slot)) return;
    if (this.marks.length === 0 && this.length === 0) this.paths.prefixes.remove(slot);
    else if (!this.waitingPrefixes.has(slot)) {
      this.waitingPrefixes.add(slot);
      this.enqueue(slot | PREFIX);
    }
  }

  drain(budget: number): void {
    for (let left = budget; left > 0 && this.hasWork; left--) {
      const entry = this.queue[this.head];
      this.head = (this.head + 1) & (this.queue.length - 1);
      this.length--;
      if (entry < PREFIX) this.attributes.release(attrSetId(entry));
      else {
        const slot = entry - PREFIX;
        this.waitingPrefixes.delete(slot);
        if (this.paths.prefixes.isUsed(slot) && this.isUnused(slot)) this.paths.prefixes.remove(slot);
      }
    }
    if (this.length === 0 && this.queue.length > 1024) {
      this.queue = new Uint32Array(1024);
      this.head = 0;
    }
  }

  /** A prefix that is still to be decided is looked at again afterwards. */
  private isUnused(slot: number): boolean {
    return this.paths.isUnused(slot) && !this.undecided.has(slot);
  }

  private enqueue(entry: number): void {
    if (this.length === this.queue.length) {
      const grown = new Uint32Array(this.queue.length * 2);
      const untilEnd = this.queue.length - this.head;
      grown.set(this.queue.subarray(this.head));
      grown.set(this.queue.subarray(0, this.head), untilEnd);
      this.queue = grown;
      this.head = 0;
    }
    this.queue[(this.head + this.length) & (this.queue.length - 1)] = entry >>> 0;
    this.length++;
    this.queued++;
  }
}
