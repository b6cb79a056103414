// hot: attribute sets made out of others (by an export transform or a policy), each made once per way of
// changing ("row") and remembered by the id of the set it came from. Remembering is for a burst of routes:
// clear() gives everything back when the burst is over. For ever it would keep sets alive that are made out of
// each other.

import { growUint32, nextCapacity } from '../net/columns.ts';
import { type AttrSetId, type AttributeSets, attrSetId } from '../wire/attribute-sets.ts';
import { deriveExport, type ExportOptions } from '../wire/export-transform.ts';

/** Remembered: nothing may be made out of this set. */
const REFUSED = 0xffff_ffff;
/** Remembered: what would be made out of this set fits no message. */
const TOO_LARGE = 0xffff_fffe;

export class DerivedSets {
  private readonly attributes: AttributeSets;
  private readonly options: ExportOptions[];
  private readonly columns: Uint32Array[];
  /** What is remembered, in the order in which it was: set ids, by row. May name what was forgotten since. */
  private readonly known: number[][];
  private count: number;

  constructor(attributes: AttributeSets) {
    this.attributes = attributes;
    this.options = [];
    this.columns = [];
    this.known = [];
    this.count = 0;
  }

  get bytes(): number {
    return this.columns.reduce((sum, column) => sum + column.byteLength, 0);
  }

  get isEmpty(): boolean {
    return this.count === 0;
  }

  addRow(options: ExportOptions): number {
    this.columns.push(new Uint32Array(0));
    this.known.push([]);
    return this.options.push(options) - 1;
  }

  /** The set that a row makes of another, 0 when it was refused or fits no message. The reference stays here: retain what is kept. */
  derive(row: number, attr: number): AttrSetId {
    const column = this.columns[row];
    let derived = attr < column.length ? column[attr] : 0;
    if (derived === 0) {
      derived = deriveExport(this.attributes, attrSetId(attr), this.options[row]);
      this.remember(row, attr, derived === 0 ? TOO_LARGE : derived);
    }
    return attrSetId(isSet(derived) ? derived : 0);
  }

  /** Whether anything is remembered about a set in a row. */
  isKnown(row: number, attr: number): boolean {
    const column = this.columns[row];
    return attr < column.length && column[attr] !== 0;
  }

  /** Whether derive() said 0 because of the size. */
  isTooLarge(row: number, attr: number): boolean {
    const column = this.columns[row];
    return attr < column.length && column[attr] === TOO_LARGE;
  }

  refuse(row: number, attr: number): void {
    this.replace(row, attr, REFUSED);
  }

  /** Refuses, wherever it came from, a made set that turned out not to fit a message. */
  refuseDerived(derived: number): void {
    for (let row = 0; row < this.columns.length; row++) {
      for (let attr = this.columns[row].indexOf(derived); attr >= 0; attr = this.columns[row].indexOf(derived, attr)) {
        this.replace(row, attr, TOO_LARGE);
      }
    }
  }

  /** The set was freed: its id will mean another one. */
  forget(attr: number): void {
    for (let row = 0; row < this.columns.length; row++) {
      const column = this.columns[row];
      if (attr >= column.length) continue;
      const derived = column[attr];
      if (derived === 0) continue;
      column[attr] = 0;
      if (isSet(derived)) this.attributes.release(attrSetId(derived));
    }
  }

  /** Forgets up to `budget` sets; true when nothing is left. */
  clear(budget: number): boolean {
    let left = budget;
    for (let row = 0; row < this.known.length; row++) {
      const known = this.known[row];
      const column = this.columns[row];
      for (; known.length > 0 && left > 0; left--) {
        const attr = known.pop() ?? 0;
        const derived = column[attr];
        this.count--;
        if (derived === 0) continue;
        column[attr] = 0;
        if (isSet(derived)) this.attributes.release(attrSetId(derived));
      }
    }
    return this.count === 0;
  }

  private replace(row: number, attr: number, verdict: number): void {
    const column = this.columns[row];
    const known = attr < column.length ? column[attr] : 0;
    this.remember(row, attr, verdict);
    if (isSet(known)) this.attributes.release(attrSetId(known));
  }

  private remember(row: number, attr: number, derived: number): void {
    if (attr >= this.columns[row].length) {
      const capacity = nextCapacity(this.columns[row].length, Math.max(attr + 1, this.attributes.limit));
      this.columns[row] = growUint32(this.columns[row], capacity);
    }
    if (this.columns[row][attr] === 0) {
      this.known[row].push(attr);
      this.count++;
    }
    this.columns[row][attr] = derived;
  }
}

/** Neither unknown nor a verdict. */
function isSet(derived: number): boolean {
  return derived !== 0 && derived < TOO_LARGE;
}
