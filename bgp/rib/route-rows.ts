// hot: the routes of one prefix as rows of numbers, and rows gathered into a batch (views.ts RouteBatch).
// Scratch for the route views; nothing here knows tables or views.

import { growInt32, growUint16, growUint32, growUint8, nextCapacity } from '../net/columns.ts';
import type { RouteBatch } from '../views.ts';
import { fillNextHop } from './next-hop-filler.ts';
import { type AttributeSets, type AttrSetId, attrSetId } from '../wire/attribute-sets.ts';

/** The routes of one prefix, in the order in which they are shown. */
export class RouteRows {
  count = 0;
  version = 0;
  peers: Uint16Array = new Uint16Array(16);
  attributes: Uint32Array = new Uint32Array(16);
  flags: Uint16Array = new Uint16Array(16);
  reasons: Uint8Array = new Uint8Array(16);
  receivedSec: Uint32Array = new Uint32Array(16);
  pathIds: Uint32Array = new Uint32Array(16);
  weights: Uint16Array = new Uint16Array(16);

  reset(version: number): void {
    this.count = 0;
    this.version = version;
  }

  add(peer: number, attr: number, flags: number, reason: number, receivedSec: number, pathId = 0, weight = 0): void {
    const index = this.count++;
    if (index >= this.peers.length) {
      const capacity = this.peers.length * 2;
      this.peers = growUint16(this.peers, capacity);
      this.attributes = growUint32(this.attributes, capacity);
      this.flags = growUint16(this.flags, capacity);
      this.reasons = growUint8(this.reasons, capacity);
      this.receivedSec = growUint32(this.receivedSec, capacity);
      this.pathIds = growUint32(this.pathIds, capacity);
      this.weights = growUint16(this.weights, capacity);
    }
    this.peers[index] = peer;
    this.attributes[index] = attr;
    this.flags[index] = flags;
    this.reasons[index] = reason;
    this.receivedSec[index] = receivedSec;
    this.pathIds[index] = pathId;
    this.weights[index] = weight;
  }

  swap(a: number, b: number): void {
    const { peers, attributes, flags, reasons, receivedSec, pathIds, weights } = this;
    for (const column of [peers, attributes, flags, reasons, receivedSec, pathIds, weights]) {
      const value = column[a];
      column[a] = column[b];
      column[b] = value;
    }
  }
}

/** Collects rows of many prefixes, and the attribute sets that they name, into columns that are used again for every batch. */
export class BatchBuilder {
  count = 0;
  private readonly stride: 1 | 4;
  private readonly attributes: AttributeSets;
  /** For sets with zeros in its place: what the shown member gets. */
  private readonly nextHop: Uint8Array | undefined;
  private capacity: number;
  private words: Int32Array;
  private lengths: Uint8Array;
  private versions: Uint32Array;
  private readonly rows: RouteRows;
  private setCount: number;
  private setEnds: Uint32Array;
  private setBytes: Uint8Array;
  /** Hash table of the sets in the batch: AttrSetId, and its row in `setEnds`. Id 0 (no attributes) is always a new set. */
  private places: Uint32Array;
  private placeRows: Uint32Array;

  constructor(stride: 1 | 4, attributes: AttributeSets, nextHop: Uint8Array | undefined) {
    this.nextHop = nextHop;
    this.stride = stride;
    this.attributes = attributes;
    this.capacity = 256;
    this.words = new Int32Array(this.capacity * stride);
    this.lengths = new Uint8Array(this.capacity);
    this.versions = new Uint32Array(this.capacity);
    this.rows = new RouteRows();
    this.setCount = 0;
    this.setEnds = new Uint32Array(128);
    this.setBytes = new Uint8Array(8192);
    this.places = new Uint32Array(512);
    this.placeRows = new Uint32Array(512);
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
        this.place(from.attributes[index]),
        from.flags[index],
        from.reasons[index],
        from.receivedSec[index],
        from.pathIds[index],
        from.weights[index],
      );
    }
  }

  /** The batch, valid until the next row is added; the builder is empty afterwards. */
  take(): RouteBatch {
    const { count, rows, setCount, setEnds } = this;
    const batch: RouteBatch = {
      count,
      prefixWords: this.words.subarray(0, count * this.stride),
      prefixLengths: this.lengths.subarray(0, count),
      peers: rows.peers.subarray(0, count),
      attributes: rows.attributes.subarray(0, count),
      flags: rows.flags.subarray(0, count),
      reasons: rows.reasons.subarray(0, count),
      receivedWallSec: rows.receivedSec.subarray(0, count),
      pathIds: rows.pathIds.subarray(0, count),
      weights: rows.weights.subarray(0, count),
      versions: this.versions.subarray(0, count),
      setEnds: setEnds.subarray(0, setCount),
      setBytes: this.setBytes.subarray(0, setCount === 0 ? 0 : setEnds[setCount - 1]),
    };
    this.count = 0;
    rows.reset(0);
    this.setCount = 0;
    this.places.fill(0);
    return batch;
  }

  /** The set's number within the batch; its bytes are copied the first time. */
  private place(attr: number): number {
    const mask = this.places.length - 1;
    let place = Math.imul(attr, 0x9e37_79b1) & mask;
    while (this.places[place] !== 0) {
      if (this.places[place] === attr) return this.placeRows[place];
      place = (place + 1) & mask;
    }
    this.places[place] = attr;
    const set = this.addSet(attrSetId(attr));
    this.placeRows[place] = set;
    if (this.setCount * 2 > this.places.length) this.growPlaces();
    return set;
  }

  private addSet(id: AttrSetId): number {
    const set = this.setCount++;
    const start = set === 0 ? 0 : this.setEnds[set - 1];
    const end = start + this.attributes.lengthOf(id);
    if (set >= this.setEnds.length) this.setEnds = growUint32(this.setEnds, this.setEnds.length * 2);
    if (end > this.setBytes.length) this.setBytes = growUint8(this.setBytes, nextCapacity(this.setBytes.length, end));
    this.attributes.copyTo(id, this.setBytes, start);
    if (this.nextHop !== undefined) fillNextHop(this.setBytes, start, end, this.nextHop);
    this.setEnds[set] = end;
    return set;
  }

  private growPlaces(): void {
    const { places, placeRows } = this;
    this.places = new Uint32Array(places.length * 2);
    this.placeRows = new Uint32Array(places.length * 2);
    const mask = this.places.length - 1;
    for (let old = 0; old < places.length; old++) {
      if (places[old] === 0) continue;
      let place = Math.imul(places[old], 0x9e37_79b1) & mask;
      while (this.places[place] !== 0) place = (place + 1) & mask;
      this.places[place] = places[old];
      this.placeRows[place] = placeRows[old];
    }
  }

  private grow(): void {
    this.capacity *= 2;
    this.words = growInt32(this.words, this.capacity * this.stride);
    this.lengths = growUint8(this.lengths, this.capacity);
    this.versions = growUint32(this.versions, this.capacity);
  }
}
