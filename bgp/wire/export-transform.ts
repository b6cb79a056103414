// Attribute sets as they go out (signatures first; the body follows).
// hot

import type { AttrSetId, AttributeSets } from './attribute-sets.ts';
import type { LargeCommunity } from './attributes.ts';

export interface ExportOptions {
  readonly kind: 'ebgp' | 'ibgp';
  readonly localAsn: number;
  /** 4, 16 or 32 octets to set; undefined keeps the set's own next hop. */
  readonly nextHop: Uint8Array | undefined;
  /** Originated here: MED goes out to eBGP too, and attributes we add are not Partial (RFC 4271 §5, §5.1.4). */
  readonly isLocal: boolean;
  /** For iBGP when the set has none. */
  readonly defaultLocalPref: number;
  /** From policy: added to what is there; localPref replaces (iBGP only). */
  readonly addCommunities: readonly number[];
  readonly addLargeCommunities: readonly LargeCommunity[];
  readonly localPref: number | undefined;
}

/** The outgoing canonical set, with one reference for the caller; 0 when it cannot be sent because it is too large. */
export declare function deriveExport(attributes: AttributeSets, id: AttrSetId, options: ExportOptions): AttrSetId;
