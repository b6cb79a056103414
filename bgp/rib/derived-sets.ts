// hot: attribute sets made out of others (by an export transform or a policy), each made once per way of
// changing ("row") and remembered by the id of the set it came from until that set is freed.

import { growUint32, nextCapacity } from '../net/columns.ts';
import { type AttrSetId, type AttributeSets, attrSetId } from '../wire/attribute-sets.ts';
import { deriveExport, type ExportOptions } from '../wire/export-transform.ts';

/** Remembered: nothing may be made out of this set. */
const REFUSED = 0xffff_ffff;

export class DerivedSets {
  private readonly attributes: AttributeSets;
  private readonly options: ExportOptions[];
  private readonly columns: Uint32Array[];

  constructor(attributes: AttributeSets) {
    this.attributes = attributes;
    this.options = [];
    this.columns = [];
  }

  get bytes(): number {
    return this.columns.reduce((sum, column) => sum + column.byteLength, 0);
  }

  get rows(): number {
    return this.options.length;
  }

  addRow(options: ExportOptions): number {
    this.columns.push(new Uint32Array(0));
    return this.options.push(options) - 1;
  }

  /** The set that a row makes of another, 0 when it was refused. The reference stays here: retain what is kept. */
  derive(row: number, attr: number): AttrSetId {
    const column = this.columns[row];
    let derived = attr < column.length ? column[attr] : 0;
    if (derived === 0) {
      derived = deriveExport(this.attributes, attrSetId(attr), this.options[row]);
      this.remember(row, attr, derived === 0 ? REFUSED : derived);
    }
    return attrSetId(derived === REFUSED ? 0 : derived);
  }

  /** Whether anything is remembered about a set in a row. */
  isKnown(row: number, attr: number): boolean {
    const column = this.columns[row];
    return attr < column.length && column[attr] !== 0;
  }

  refuse(row: number, attr: number): void {
    const column = this.columns[row];
    const known = attr < column.length ? column[attr] : 0;
    this.remember(row, attr, REFUSED);
    if (known !== 0 && known !== REFUSED) this.attributes.release(attrSetId(known));
  }

  /** Refuses, wherever it came from, a made set that turned out not to fit a message. */
  refuseDerived(derived: number): void {
    for (let row = 0; row < this.columns.length; row++) {
      for (let attr = this.columns[row].indexOf(derived); attr >= 0; attr = this.columns[row].indexOf(derived, attr)) {
        this.refuse(row, attr);
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
      if (derived !== REFUSED) this.attributes.release(attrSetId(derived));
    }
  }

  /** Forgets up to `budget` sets; true when nothing is left and no row either. */
  clear(budget: number): boolean {
    let left = budget;
    while (this.columns.length > 0) {
      const row = this.columns.length - 1;
      let end = this.columns[row].length;
      while (end > 0 && left > 0) {
        end--;
        left--;
        const derived = this.columns[row][end];
        if (derived !== 0 && derived !== REFUSED) {
          this.columns[row][end] = 0;
          this.attributes.release(attrSetId(derived));
        }
      }
      this.columns[row] = this.columns[row].subarray(0, end);
      if (end > 0) return false;
      this.columns.pop();
      this.options.pop();
    }
    return true;
  }

  private remember(row: number, attr: number, derived: number): void {
    if (attr >= this.columns[row].length) {
      const capacity = nextCapacity(this.columns[row].length, Math.max(attr + 1, this.attributes.limit));
      this.columns[row] = growUint32(this.columns[row], capacity);
    }
    this.columns[row][attr] = derived;
  }
}
