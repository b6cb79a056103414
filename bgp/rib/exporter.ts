// hot: what becomes of a best path on its way to the members of an update group: rules of iBGP, well-known
// communities, export policy, outgoing attributes. Answers an outgoing attribute set or 0 for "not sent".

import type { Family } from '../net/family.ts';
import { addressBytes } from '../net/address.ts';
import type { Policy } from '../policy/policy.ts';
import { type AttributeSets, attrSetId, SetFlag } from '../wire/attribute-sets.ts';
import { DerivedSets } from './derived-sets.ts';
import type { UpdateGroupOptions } from './types.ts';

// RFC 1997 "Well-known Communities"
const NO_EXPORT = 0xffffff01;
const NO_ADVERTISE = 0xffffff02;
const NO_EXPORT_SUBCONFED = 0xffffff03;
const COMMUNITIES = 8;
const EXTENDED_LENGTH = 0x10;
const DEFAULT_LOCAL_PREFERENCE = 100;

export class Exporter {
  readonly derived: DerivedSets;
  private readonly family: Family;
  private readonly attributes: AttributeSets;
  private readonly options: UpdateGroupOptions;
  private readonly policy: Policy;
  /** Row of {@link derived} by additions index and whether the route is our own; -1 while there is none. */
  private readonly rows: number[];
  private isTooLarge: boolean;

  constructor(family: Family, attributes: AttributeSets, options: UpdateGroupOptions) {
    this.family = family;
    this.attributes = attributes;
    this.options = options;
    this.policy = options.exportPolicy;
    this.derived = new DerivedSets(attributes);
    this.rows = [];
    this.isTooLarge = false;
  }

  export(
    attr: number,
    isFromIbgp: boolean,
    isLocal: boolean,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    length: number,
  ): number {
    // RFC 4271 §9.2: a route from an internal peer is not passed on to another internal peer.
    if (isFromIbgp && this.options.kind === 'ibgp') return 0;
    const verdict =
      this.policy.constantVerdict(this.family) ?? this.policy.evaluate(this.family, w0, w1, w2, w3, length);
    if (!verdict.isAccepted) return 0;
    const key = verdict.additionsIndex * 2 + (isLocal ? 1 : 0);
    const known = this.rows[key] ?? -1;
    const row = known >= 0 ? known : this.addRow(key, verdict.additionsIndex, isLocal);
    if (!this.derived.isKnown(row, attr) && this.isScopeLimited(attr)) this.derived.refuse(row, attr);
    const derived = this.derived.derive(row, attr);
    if (derived === 0) this.isTooLarge = this.derived.isTooLarge(row, attr);
    return derived;
  }

  /** Whether the route that export() has just answered 0 for is withheld only because no message can carry it. */
  takeTooLarge(): boolean {
    const { isTooLarge } = this;
    this.isTooLarge = false;
    return isTooLarge;
  }

  private addRow(key: number, additionsIndex: number, isLocal: boolean): number {
    const { localAsn, nextHopMode, nextHop, linkLocalNextHop } = this.options;
    const isIbgp = this.options.kind === 'ibgp';
    const additions = this.policy.additions[additionsIndex];
    // RFC 4271 §5.1.3: our own address towards eBGP; towards iBGP the route's own unless it began here.
    const hasOwnNextHop = !isIbgp || nextHopMode === 'self' || isLocal;
    const row = this.derived.addRow({
      kind: isIbgp ? 'ibgp' : 'ebgp',
      localAsn,
      nextHop: hasOwnNextHop ? nextHopBytes(nextHop, linkLocalNextHop) : undefined,
      keepsLinkLocal: false,
      isLocal,
      defaultLocalPref: DEFAULT_LOCAL_PREFERENCE,
      addCommunities: additions.communities,
      addLargeCommunities: additions.largeCommunities,
      localPref: isIbgp ? additions.localPreference : undefined,
    });
    for (let index = this.rows.length; index < key; index++) this.rows[index] ??= -1;
    this.rows[key] = row;
    return row;
  }

  /** RFC 1997: communities that keep a route from this kind of peer. */
  private isScopeLimited(attr: number): boolean {
    if ((this.attributes.flags[attr] & SetFlag.Communities) === 0) return false;
    const bytes = this.attributes.chunkOf(attrSetId(attr));
    const blockStart = this.attributes.offsetOf(attrSetId(attr));
    const blockEnd = blockStart + this.attributes.lengthOf(attrSetId(attr));
    for (let at = blockStart; at < blockEnd;) {
      const isExtended = (bytes[at] & EXTENDED_LENGTH) !== 0;
      const code = bytes[at + 1];
      const lengthBytes = isExtended ? (bytes[at + 2] << 8) | bytes[at + 3] : bytes[at + 2];
      const start = at + (isExtended ? 4 : 3);
      at = start + lengthBytes;
      if (code !== COMMUNITIES) continue;
      for (let index = start; index < at; index += 4) {
        if (bytes[index] !== 0xff || bytes[index + 1] !== 0xff || bytes[index + 2] !== 0xff) continue;
        const community = (0xffffff00 | bytes[index + 3]) >>> 0;
        if (community === NO_ADVERTISE) return true;
        if (this.options.kind !== 'ibgp' && (community === NO_EXPORT || community === NO_EXPORT_SUBCONFED)) return true;
      }
    }
    return false;
  }
}

function nextHopBytes(
  nextHop: UpdateGroupOptions['nextHop'],
  linkLocal: UpdateGroupOptions['linkLocalNextHop'],
): Uint8Array {
  const global = addressBytes(nextHop);
  if (linkLocal === undefined) return global;
  const both = new Uint8Array(32);
  both.set(global);
  both.set(addressBytes(linkLocal), 16);
  return both;
}
