// hot: the routes of one prefix as rows of numbers, and rows gathered into a batch (views.ts RouteBatch).
// Scratch for the route views; nothing here knows tables or views.

import type { RouteBatch } from '../views.ts';
import { growUint16, growUint32, growUint8 } from '../net/columns.ts';

/** The routes of one prefix, in the order in which they are shown. */
export class RouteRows {
  count = 0;
  version = 0;
  peers: Uint16Array = new Uint16Array(16);
  attributes: Uint32Array = new Uint32Array(16);
  flags: Uint8Array = new Uint8Array(16);
  reasons: Uint8Array = new Uint8Array(16);
  receivedSec: Uint32Array = new Uint32Array(16);

  reset(version: number): void {
    this.count = 0;
    this.version = version;
  }

  add(peer: number, attr: number, flags: number, reason: number, receivedSec: number): void {
    const index = this.count++;
    if (index >= this.peers.length) {
      const capacity = this.peers.length * 2;
      this.peers = growUint16(this.peers, capacity);
      this.attributes = growUint32(this.attributes, capacity);
      this.flags = growUint8(this.flags, capacity);
      this.reasons = growUint8(this.reasons, capacity);
      this.receivedSec = growUint32(this.receivedSec, capacity);
    }
    this.peers[index] = peer;
    this.attributes[index] = attr;
    this.flags[index] = flags;
    this.reasons[index] = reason;
    this.receivedSec[index] = receivedSec;
  }

  swap(a: number, b: number): void {
    for (const column of [this.peers, this.attributes, this.flags, this.reasons, this.receivedSec]) {
      const value = column[a];
      column[a] = column[b];
      column[b] = value;
    }
  }
}

/** Collects rows of many prefixes into columns that can be handed to another thread. */
export class BatchBuilder {
  count = 0;
  private readonly stride: 1 | 4;
  private capacity: number;
  private words: Int32Array;
  private lengths: Uint8Array;
  private versions: Uint32Array;
  private readonly rows: RouteRows;
  private newAttributes: { number: number; bytes: Uint8Array }[];

  constructor(stride: 1 | 4) {
    this.stride = stride;
    this.capacity = 256;
    this.words = new Int32Array(this.capacity * stride);
    this.lengths = new Uint8Array(this.capacity);
    this.versions = new Uint32Array(this.capacity);
    this.rows = new RouteRows();
    this.newAttributes = [];
  }

  addAttributes(number: number, bytes: Uint8Array): void {
    this.newAttributes.push({ number, bytes });
  }

  add(prefixWords: Int32Array, at: number, length: number, from: RouteRows): void {
    for (let index = 0; index < from.count; index++) {
      const row = this.count++;
      if (row >= this.capacity) this.grow();
      for (let word = 0; word < this.stride; word++) this.words[row * this.stride + word] = prefixWords[at + word];
      this.lengths[row] = length;
      this.versions[row] = from.version;
      this.rows.add(
        from.peers[index],
        from.attributes[index],
        from.flags[index],
        from.reasons[index],
        from.receivedSec[index],
      );
    }
  }

  /** The batch; the builder is empty afterwards. */
  take(): RouteBatch {
    const { count, rows } = this;
    const batch: RouteBatch = {
      count,
      prefixWords: this.words.slice(0, count * this.stride),
      prefixLengths: this.lengths.slice(0, count),
      peers: rows.peers.slice(0, count),
      attributes: rows.attributes.slice(0, count),
      flags: rows.flags.slice(0, count),
      reasons: rows.reasons.slice(0, count),
      receivedWallSec: rows.receivedSec.slice(0, count),
      versions: this.versions.slice(0, count),
      newAttributes: this.newAttributes,
    };
    this.newAttributes = [];
    this.count = 0;
    rows.reset(0);
    return batch;
  }

  private grow(): void {
    this.capacity *= 2;
    const words = new Int32Array(this.capacity * this.stride);
    words.set(this.words);
    this.words = words;
    this.lengths = growUint8(this.lengths, this.capacity);
    this.versions = growUint32(this.versions, this.capacity);
  }
}
