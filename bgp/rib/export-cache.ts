// hot: made attribute sets, on the way out or in, by what they were made of: the set that the table has, the way of changing it ("row")
// and a value of the source that goes into it. Each is made once while a burst lasts; clear() gives all back when it is over. Both sets
// are kept alive by an entry, so that their numbers mean what they meant. At most 2 × MOST entries: the older half goes first.

import { type AttributeSets, attrSetId } from '../wire/attribute-sets.ts';

/** In the place of an outgoing set: no message can carry it. */
export const TOO_LARGE = 0xffff_fffe;

/** Entries of the younger half. */
const MOST = 1 << 13;
const SMALLEST = 64;
/** Slots of the older half that go with each new entry: it is gone before the younger half is full again. */
const STEPS = 4;

/** One half: a hash table that is only added to. */
class Half {
  count: number;
  sets: Uint32Array;
  rows: Uint32Array;
  sources: Uint32Array;
  results: Uint32Array;

  constructor(capacity: number) {
    this.count = 0;
    this.sets = new Uint32Array(capacity);
    this.rows = new Uint32Array(capacity);
    this.sources = new Uint32Array(capacity);
    this.results = new Uint32Array(capacity);
  }

  get bytes(): number {
    return this.sets.byteLength * 4;
  }

  /** The place of an entry, or where it would have to be. */
  place(set: number, row: number, source: number): number {
    const { sets, rows, sources } = this;
    const mask = sets.length - 1;
    let place = hashOf(set, row, source) & mask;
    while (sets[place] !== 0 && (sets[place] !== set || rows[place] !== row || sources[place] !== source)) {
      place = (place + 1) & mask;
    }
    return place;
  }

  put(set: number, row: number, source: number, result: number): void {
    const place = this.place(set, row, source);
    if (this.sets[place] === 0) this.count++;
    this.sets[place] = set;
    this.rows[place] = row;
    this.sources[place] = source;
    this.results[place] = result;
  }
}

export class ExportCache {
  private readonly attributes: AttributeSets;
  private young: Half;
  private old: Half;
  /** An older half that was emptied, to be filled again while the burst lasts. */
  private spare: Half | undefined;
  /** Next place of the older half to empty. */
  private cursor: number;

  constructor(attributes: AttributeSets) {
    this.attributes = attributes;
    this.young = new Half(SMALLEST);
    this.old = new Half(0);
    this.spare = undefined;
    this.cursor = 0;
  }

  get bytes(): number {
    return this.young.bytes + this.old.bytes + (this.spare?.bytes ?? 0);
  }

  get isEmpty(): boolean {
    return this.young.count === 0 && this.old.count === 0;
  }

  /** An outgoing set, TOO_LARGE, or 0 when nothing is known. The reference stays here, until something else is stored. */
  find(set: number, row: number, source: number): number {
    const place = this.young.place(set, row, source);
    if (this.young.sets[place] !== 0) return this.young.results[place];
    if (this.old.count === 0) return 0;
    // Places before the cursor are empty: they break chains of probing, which only makes the entry be made again.
    const older = this.old.place(set, row, source);
    return this.old.sets[older] === 0 ? 0 : this.old.results[older];
  }

  /** Remembers; takes over the caller's reference to the result and one of its own to the set. */
  store(set: number, row: number, source: number, result: number): void {
    this.emptyOld(STEPS);
    if (this.young.count >= MOST) {
      this.emptyOld(this.old.sets.length);
      this.old = this.young;
      this.young = this.spare ?? new Half(SMALLEST);
      this.spare = undefined;
      this.cursor = 0;
    }
    if ((this.young.count + 1) * 2 > this.young.sets.length) this.grow();
    this.attributes.retain(attrSetId(set));
    this.young.put(set, row, source, result);
  }

  /** A set that turned out not to fit a message: whatever it was made of is too large from now on. */
  refuseResult(result: number): void {
    for (const half of [this.young, this.old]) {
      for (let place = half.results.indexOf(result); place >= 0; place = half.results.indexOf(result, place + 1)) {
        if (half.sets[place] === 0) continue;
        half.results[place] = TOO_LARGE;
        this.attributes.release(attrSetId(result));
      }
    }
  }

  /** Forgets up to about `budget` entries; true when nothing is left. */
  clear(budget: number): boolean {
    let left = budget;
    if (this.old.count > 0) left -= this.emptyOld(budget * 2) >> 1;
    if (left <= 0) return false;
    if (this.young.count > 0) {
      this.old = this.young;
      this.young = new Half(SMALLEST);
      this.cursor = 0;
      this.emptyOld(left * 2);
    }
    if (!this.isEmpty) return false;
    this.spare = undefined;
    return true;
  }

  /** Passes some places of the older half; answers how many. */
  private emptyOld(steps: number): number {
    const { old, attributes } = this;
    if (old.count === 0) return 0;
    const start = this.cursor;
    const end = Math.min(old.sets.length, start + steps);
    for (let place = start; place < end; place++) {
      const set = old.sets[place];
      if (set === 0) continue;
      const result = old.results[place];
      old.sets[place] = 0;
      old.count--;
      if (result < TOO_LARGE) attributes.release(attrSetId(result));
      attributes.release(attrSetId(set));
    }
    this.cursor = end;
    if (old.count === 0) {
      if (old.sets.length > MOST) this.spare = old;
      this.old = new Half(0);
    }
    return end - start;
  }

  private grow(): void {
    const { young } = this;
    const grown = new Half(young.sets.length * 2);
    for (let place = 0; place < young.sets.length; place++) {
      if (young.sets[place] === 0) continue;
      grown.put(young.sets[place], young.rows[place], young.sources[place], young.results[place]);
    }
    this.young = grown;
  }
}

function hashOf(set: number, row: number, source: number): number {
  const hash = Math.imul(set, 0x9e3779b1) ^ Math.imul(row, 0x85ebca6b) ^ Math.imul(source, 0xc2b2ae35);
  return hash ^ (hash >>> 15);
}
