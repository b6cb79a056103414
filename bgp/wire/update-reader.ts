// UPDATE from the wire (signatures first; the body follows).
// hot

import type { Family } from '../net/family.ts';
import type { AttrSetId, AttributeSets } from './attribute-sets.ts';

export interface UpdateReaderOptions {
  readonly attributes: AttributeSets;
  readonly isEbgp: boolean;
  /** Both sides sent the 4-octet AS capability (RFC 6793). */
  readonly hasFourOctetAsn: boolean;
  /** Negotiated families; IPv4 unicast alone when there was no multiprotocol capability. */
  readonly families: readonly Family[];
  readonly localAsn: number;
  readonly remoteAsn: number;
}

export interface DiscardedAttribute {
  readonly code: number;
  readonly reason: string;
}

export declare class UpdateReader {
  constructor(options: UpdateReaderOptions);
  /** IPv4 unicast: Withdrawn Routes and NLRI fields, as ranges of the buffer given to read(). Empty when start === end. */
  withdrawnStart: number;
  withdrawnEnd: number;
  nlriStart: number;
  nlriEnd: number;
  /** Set of the NLRI field; 0 when there is none or isTreatAsWithdraw. The reader owns the reference until the next read(). */
  attr: AttrSetId;
  /** MP_UNREACH_NLRI of a negotiated family, else undefined and an empty range. */
  unreachFamily: Family | undefined;
  unreachStart: number;
  unreachEnd: number;
  /** MP_REACH_NLRI of a negotiated family. */
  reachFamily: Family | undefined;
  reachStart: number;
  reachEnd: number;
  mpAttr: AttrSetId;
  /** RFC 7606 §2: the NLRI and MP_REACH ranges are to be handled as withdrawn. */
  isTreatAsWithdraw: boolean;
  faultCode: number;
  faultReason: string;
  discarded: readonly DiscardedAttribute[];
  endOfRib: Family | undefined;
  /** Reads the UPDATE between offset and end, whose header messageLength has accepted. Throws NotificationError. */
  read(buffer: Uint8Array, offset: number, end: number): void;
  /** Gives back the references held for the last message; for the end of the session. */
  close(): void;
}
