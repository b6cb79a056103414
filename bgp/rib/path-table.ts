// hot: every path of one family as columns: what each peer announced (Adj-RIB-In), what the import policy
// made of it and what the decision process said (Loc-RIB). A path is a slot; the paths of a prefix are a
// linked list. Slot 0 is "none". Who may change what, and when, is the business of rib.ts.

import { firstCapacity, growUint16, growUint32, growUint8, nextCapacity } from '../net/columns.ts';
import { PrefixTable } from '../net/prefix-table.ts';

export class PathTable {
  readonly prefixes: PrefixTable;
  // By prefix slot.
  first: Uint32Array;
  best: Uint32Array;
  /** Table version at which the best path last changed. */
  versions: Uint32Array;
  /** Update groups that advertise the prefix or have work due for it: keeps the slot in use. */
  holds: Uint16Array;
  // By path slot.
  prefixOf: Uint32Array;
  next: Uint32Array;
  /** As received, and as it counts after the import policy; the same id most of the time. */
  attributes: Uint32Array;
  usedAttributes: Uint32Array;
  receivedSec: Uint32Array;
  peers: Uint16Array;
  /** Session of the peer that the path belongs to: paths of an earlier one are swept. */
  epochs: Uint8Array;
  flags: Uint8Array;
  reasons: Uint8Array;
  /** RFC 7911 path identifiers; of length 0 until a path has another one than 0. */
  pathIds: Uint32Array;
  /** Rank before LOCAL_PREF that an import policy gave; of length 0 until a path has one. */
  weights: Uint16Array;
  pathCount: number;
  /** Every path slot in use is below this. */
  pathLimit: number;
  private freeHead: number;
  /** Length of the shortest column by prefix slot, and by path slot: the others grow at other times. */
  private prefixCapacity: number;
  private pathCapacity: number;

  constructor(stride: 1 | 4, hashSeed: number) {
    this.prefixes = new PrefixTable(stride, hashSeed);
    this.first = new Uint32Array(firstCapacity(0));
    this.best = new Uint32Array(firstCapacity(1));
    this.versions = new Uint32Array(firstCapacity(2));
    this.holds = new Uint16Array(firstCapacity(3));
    this.prefixOf = new Uint32Array(firstCapacity(4));
    this.next = new Uint32Array(firstCapacity(5));
    this.attributes = new Uint32Array(firstCapacity(6));
    this.usedAttributes = new Uint32Array(firstCapacity(7));
    this.receivedSec = new Uint32Array(firstCapacity(8));
    this.peers = new Uint16Array(firstCapacity(9));
    this.epochs = new Uint8Array(firstCapacity(10));
    this.flags = new Uint8Array(firstCapacity(11));
    this.reasons = new Uint8Array(firstCapacity(12));
    this.pathIds = new Uint32Array(0);
    this.weights = new Uint16Array(0);
    this.prefixCapacity = firstCapacity(0);
    this.pathCapacity = firstCapacity(4);
    this.pathCount = 0;
    this.pathLimit = 1;
    this.freeHead = 0;
  }

  get bytes(): number {
    const columns = [this.first, this.best, this.versions, this.holds, this.prefixOf, this.next, this.attributes];
    const more = [this.usedAttributes, this.receivedSec, this.peers, this.epochs, this.flags, this.reasons];
    const rare = this.pathIds.byteLength + this.weights.byteLength;
    return [...columns, ...more].reduce((sum, column) => sum + column.byteLength, this.prefixes.bytes + rare);
  }

  /** The slot of the prefix, with room in the columns. */
  prefixSlot(w0: number, w1: number, w2: number, w3: number, length: number): number {
    const slot = this.prefixes.insert(w0, w1, w2, w3, length);
    if (slot >= this.prefixCapacity) this.growPrefixColumns(slot);
    return slot;
  }

  /** The path of a peer among those of a prefix; 0 when there is none. */
  find(prefix: number, peer: number, pathId: number): number {
    const { next, pathIds, peers } = this;
    let path = this.first[prefix];
    if (pathIds.length === 0) {
      if (pathId !== 0) return 0;
      while (path !== 0 && peers[path] !== peer) path = next[path];
    } else while (path !== 0 && (peers[path] !== peer || pathIds[path] !== pathId)) path = next[path];
    return path;
  }

  /** How many paths of a prefix are a peer's. */
  countOf(prefix: number, peer: number): number {
    let count = 0;
    for (let path = this.first[prefix]; path !== 0; path = this.next[path]) if (this.peers[path] === peer) count++;
    return count;
  }

  pathIdOf(path: number): number {
    return this.pathIds.length === 0 ? 0 : this.pathIds[path];
  }

  weightOf(path: number): number {
    return this.weights.length === 0 ? 0 : this.weights[path];
  }

  setWeight(path: number, weight: number): void {
    if (this.weights.length === 0) {
      if (weight === 0) return;
      this.weights = new Uint16Array(this.next.length);
      this.pathCapacity = this.shortestPathColumn();
    }
    this.weights[path] = weight;
  }

  /** A new first path of the prefix; attributes, flags and time are the caller's to set. */
  link(prefix: number, peer: number, pathId: number): number {
    let path = this.freeHead;
    if (path !== 0) this.freeHead = this.next[path];
    else {
      path = this.pathLimit++;
      if (path >= this.pathCapacity) this.growPathColumns(path);
    }
    this.prefixOf[path] = prefix;
    this.peers[path] = peer;
    this.next[path] = this.first[prefix];
    this.first[prefix] = path;
    this.reasons[path] = 0;
    if (this.pathIds.length > 0) this.pathIds[path] = pathId;
    else if (pathId !== 0) {
      this.pathIds = new Uint32Array(this.next.length);
      this.pathCapacity = this.shortestPathColumn();
      this.pathIds[path] = pathId;
    }
    if (this.weights.length > 0) this.weights[path] = 0;
    this.pathCount++;
    return path;
  }

  unlink(path: number): void {
    const prefix = this.prefixOf[path];
    if (this.first[prefix] === path) this.first[prefix] = this.next[path];
    else {
      let before = this.first[prefix];
      while (this.next[before] !== path) before = this.next[before];
      this.next[before] = this.next[path];
    }
    this.prefixOf[path] = 0;
    this.attributes[path] = 0;
    this.usedAttributes[path] = 0;
    this.next[path] = this.freeHead;
    this.freeHead = path;
    this.pathCount--;
  }

  /** Nothing refers to the prefix slot any more. */
  isUnused(prefix: number): boolean {
    return this.first[prefix] === 0 && this.best[prefix] === 0 && this.holds[prefix] === 0;
  }

  private growPrefixColumns(slot: number): void {
    if (slot >= this.first.length) this.first = growUint32(this.first, nextCapacity(this.first.length, slot + 1));
    if (slot >= this.best.length) this.best = growUint32(this.best, nextCapacity(this.best.length, slot + 1));
    if (slot >= this.versions.length)
      this.versions = growUint32(this.versions, nextCapacity(this.versions.length, slot + 1));
    if (slot >= this.holds.length) this.holds = growUint16(this.holds, nextCapacity(this.holds.length, slot + 1));
    this.prefixCapacity = Math.min(this.first.length, this.best.length, this.versions.length, this.holds.length);
  }

  private growPathColumns(path: number): void {
    if (path >= this.prefixOf.length)
      this.prefixOf = growUint32(this.prefixOf, nextCapacity(this.prefixOf.length, path + 1));
    if (path >= this.next.length) this.next = growUint32(this.next, nextCapacity(this.next.length, path + 1));
    if (path >= this.attributes.length)
      this.attributes = growUint32(this.attributes, nextCapacity(this.attributes.length, path + 1));
    if (path >= this.usedAttributes.length)
      this.usedAttributes = growUint32(this.usedAttributes, nextCapacity(this.usedAttributes.length, path + 1));
    if (path >= this.receivedSec.length)
      this.receivedSec = growUint32(this.receivedSec, nextCapacity(this.receivedSec.length, path + 1));
    if (path >= this.peers.length) this.peers = growUint16(this.peers, nextCapacity(this.peers.length, path + 1));
    if (path >= this.epochs.length) this.epochs = growUint8(this.epochs, nextCapacity(this.epochs.length, path + 1));
    if (path >= this.flags.length) this.flags = growUint8(this.flags, nextCapacity(this.flags.length, path + 1));
    if (path >= this.reasons.length)
      this.reasons = growUint8(this.reasons, nextCapacity(this.reasons.length, path + 1));
    if (this.pathIds.length > 0 && path >= this.pathIds.length)
      this.pathIds = growUint32(this.pathIds, nextCapacity(this.pathIds.length, path + 1));
    if (this.weights.length > 0 && path >= this.weights.length)
      this.weights = growUint16(this.weights, nextCapacity(this.weights.length, path + 1));
    this.pathCapacity = this.shortestPathColumn();
  }

  private shortestPathColumn(): number {
    return Math.min(
      this.prefixOf.length,
      this.next.length,
      this.attributes.length,
      this.usedAttributes.length,
      this.receivedSec.length,
      this.peers.length,
      this.epochs.length,
      this.flags.length,
      this.reasons.length,
      this.pathIds.length === 0 ? this.next.length : this.pathIds.length,
      this.weights.length === 0 ? this.next.length : this.weights.length,
    );
  }
}
