// hot: what is known of which statement's conditions hold for which attribute set, two bits a statement. A set's row is where its
// number says, modulo the size: bounded, and a newer set takes the place of an older one. Rows are forgotten when their set is freed.

import { nextCapacity } from '../net/columns.ts';
import type { AttributeSets, AttrSetId } from '../wire/attribute-sets.ts';
import type { AttributeCondition } from './attribute-condition.ts';

/** Rows at most: 256 KB of keys, and 512 KB for each 32 statements that have conditions on attributes. */
const MAX_ROWS = 1 << 16;
const FIRST_ROWS = 256;

export class ConditionCache {
  private readonly conditions: readonly (AttributeCondition | undefined)[];
  /** Words of bits a row. */
  private readonly stride: number;
  private rows: number;
  /** The attribute set that has the row. */
  private keys: Uint32Array;
  /** Whether the bit in `values` means anything. */
  private known: Uint32Array;
  private values: Uint32Array;

  constructor(conditions: readonly (AttributeCondition | undefined)[]) {
    this.conditions = conditions;
    this.stride = (conditions.length + 31) >> 5;
    this.rows = FIRST_ROWS;
    this.keys = new Uint32Array(this.rows);
    this.known = new Uint32Array(this.rows * this.stride);
    this.values = new Uint32Array(this.rows * this.stride);
  }

  get bytes(): number {
    return this.keys.byteLength + this.known.byteLength + this.values.byteLength;
  }

  /** Whether the conditions of a statement hold for an attribute set. */
  holds(statement: number, attributes: AttributeSets, attr: AttrSetId): boolean {
    if (attr >= this.rows && this.rows < MAX_ROWS) this.grow(attr);
    const row = attr & (this.rows - 1);
    const at = row * this.stride + (statement >> 5);
    const bit = 1 << (statement & 31);
    if (this.keys[row] !== attr) this.take(row, attr);
    if ((this.known[at] & bit) !== 0) return (this.values[at] & bit) !== 0;
    const isHolding = this.conditions[statement]?.holds(attributes, attr) ?? true;
    this.known[at] |= bit;
    if (isHolding) this.values[at] |= bit;
    else this.values[at] &= ~bit;
    return isHolding;
  }

  forget(attr: AttrSetId): void {
    const row = attr & (this.rows - 1);
    if (this.keys[row] === attr) this.take(row, 0);
  }

  /** Numbers of sets may mean others now: nobody has called forget for a while. */
  clear(): void {
    this.keys.fill(0);
    this.known.fill(0);
  }

  private take(row: number, attr: number): void {
    this.keys[row] = attr;
    this.known.fill(0, row * this.stride, (row + 1) * this.stride);
  }

  /** Starts again with more rows: what was known is found out again. */
  private grow(attr: number): void {
    this.rows = Math.min(MAX_ROWS, 2 ** Math.ceil(Math.log2(nextCapacity(this.rows, attr + 1))));
    this.keys = new Uint32Array(this.rows);
    this.known = new Uint32Array(this.rows * this.stride);
    this.values = new Uint32Array(this.rows * this.stride);
  }
}
