// Interned attribute sets (signatures first; the body follows).
// hot

import type { PathAttributes } from './attributes.ts';
import { type NextHops } from './next-hops.ts';

declare const brand: unique symbol;
/** A row of {@link AttributeSets}; 0 means none. */
export type AttrSetId = number & { readonly [brand]: 'AttrSetId' };

/** For ids read back from typed arrays. */
export function attrSetId(value: number): AttrSetId {
  return value as AttrSetId;
}

export const SetFlag = { Med: 1, LocalPref: 2, OriginatorId: 4, Communities: 8 } as const;

export declare class AttributeSets {
  constructor(options?: { readonly hashSeed?: number });
  readonly nextHops: NextHops;
  /** Columns by AttrSetId; replaced as the table grows: read them through this object each time. */
  origin: Uint8Array;
  flags: Uint8Array;
  asPathLength: Uint16Array;
  neighborAsn: Uint32Array;
  med: Uint32Array;
  localPref: Uint32Array;
  nextHop: Uint32Array;
  originatorId: Uint32Array;
  clusterListLength: Uint8Array;
  readonly size: number;
  /** One more than the largest id ever given out. */
  readonly limit: number;
  readonly bytesUsed: number;
  onFree(freed: (id: AttrSetId) => void): void;
  /** The set of a canonical block, with one reference more, which the caller owns. */
  intern(buffer: Uint8Array, offset: number, end: number): AttrSetId;
  retain(id: AttrSetId): void;
  release(id: AttrSetId): void;
  referencesOf(id: AttrSetId): number;
  bytesOf(id: AttrSetId): Uint8Array;
  decode(id: AttrSetId): PathAttributes;
  containsAsn(id: AttrSetId, asn: number): boolean;
}
