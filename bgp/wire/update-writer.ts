// UPDATE to the wire (signatures first; the body follows).
// hot

import type { Family } from '../net/family.ts';
import type { AttrSetId, AttributeSets } from './attribute-sets.ts';

export interface UpdateWriterOptions {
  readonly attributes: AttributeSets;
  /** The receivers negotiated 4-octet AS numbers (RFC 6793). */
  readonly hasFourOctetAsn: boolean;
  /** Takes a chunk of whole messages; its bytes never change again. */
  readonly emit: (chunk: Uint8Array, messages: number) => void;
}

export declare class UpdateWriter {
  constructor(options: UpdateWriterOptions);
  /** Starts announcing prefixes with this set. False when the attributes leave no room for one prefix: nothing may be added then. */
  beginReach(id: AttrSetId, family: Family): boolean;
  /** Starts withdrawing prefixes. */
  beginWithdraw(family: Family): void;
  addPrefix(w0: number, w1: number, w2: number, w3: number, length: number): void;
  addEndOfRib(family: Family): void;
  /** Closes the open message and hands out what is not yet handed out. */
  flush(): void;
}
