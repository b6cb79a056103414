// UPDATE from the wire (RFC 4271 §4.3, RFC 4760 §3–§4) for one session: where the routes stand in the message and which attribute
// set they have, after every check of RFC 7606. What a bad attribute leads to is recorded in fields; what must end the session is
// thrown. Nothing is applied here: the RIB walks the ranges with NlriCursor. Judging single attributes: attribute.ts.
// hot

import { AS_TRANS } from '../net/asn.ts';
import { type Family, families, ipv4Unicast } from '../net/family.ts';
import type { PeerKind } from '../net/peer-kind.ts';
import {
  AttributeCode,
  AttributeFlag,
  type AttributeRules,
  AttributeScope,
  SegmentType,
  attributeName,
  attributeRows,
} from './attribute.ts';
import { type AttrSetId, type AttributeSets, SetFlag, attrSetId } from './attribute-sets.ts';
import { AttributeList } from './attribute-list.ts';
import { MAX_BLOCK_LENGTH } from './byte-arena.ts';
import { CANONICAL_SCRATCH, writeCanonicalBlock } from './canonical-block.ts';
import { HEADER_LENGTH } from './message.ts';
import { findNlriFault } from './nlri.ts';
import { NotificationCode, NotificationError, UpdateSubcode } from './notification.ts';

export interface UpdateReaderOptions {
  readonly attributes: AttributeSets;
  readonly kind: PeerKind;
  /** Both sides sent the 4-octet AS capability (RFC 6793). */
  readonly hasFourOctetAsn: boolean;
  /** Negotiated families; IPv4 unicast alone when there was no multiprotocol capability. */
  readonly families: readonly Family[];
  /** Families whose prefixes come with path identifiers (RFC 7911 §4). */
  readonly addPath?: readonly Family[];
  /** IPv6 next hops for IPv4 routes were negotiated (RFC 8950 §4). */
  readonly hasExtendedNextHop?: boolean;
  readonly remoteAsn: number;
  /** RFC 4271 §6.3: the first AS of the path must be the peer's; true when absent. */
  readonly enforcesFirstAs?: boolean;
  /** RFC 5065: we are in a confederation, so that its segments are taken from internal and confederation peers. */
  readonly isInConfederation?: boolean;
  /** RFC 7311 §3.3 AIGP_SESSION; by default for all but external peers. */
  readonly acceptsAigp?: boolean;
  /** RFC 9774 §3 says no; false when absent. */
  readonly acceptsAsSets?: boolean;
}

export interface DiscardedAttribute {
  readonly code: number;
  readonly reason: string;
}

/** The contexts of AttributeSets.markAccepted: peers of whom the same bytes are judged differently. */
const Context = { Ebgp: 1, Confederation: 2, Ibgp: 4, IbgpInConfederation: 8 } as const;

const scopeOf: Readonly<Record<PeerKind, AttributeScope>> = {
  ebgp: AttributeScope.Any,
  confederation: AttributeScope.Confederation,
  ibgp: AttributeScope.Internal,
};

const NONE = attrSetId(0);

export class UpdateReader {
  /** Withdrawn Routes and NLRI fields (IPv4 unicast), as ranges of the buffer given to read(). Empty when start === end. */
  withdrawnStart = 0;
  withdrawnEnd = 0;
  nlriStart = 0;
  nlriEnd = 0;
  /** Set of the NLRI field; 0 when there is none or isTreatAsWithdraw. The reader's reference lasts until the next read(). */
  attr: AttrSetId = NONE;
  /** MP_UNREACH_NLRI of a negotiated family; else undefined and an empty range. */
  unreachFamily: Family | undefined = undefined;
  unreachStart = 0;
  unreachEnd = 0;
  /** MP_REACH_NLRI of a negotiated family; else undefined and an empty range. */
  reachFamily: Family | undefined = undefined;
  reachStart = 0;
  reachEnd = 0;
  /** Set of MP_REACH_NLRI, as `attr`. */
  mpAttr: AttrSetId = NONE;
  /** RFC 7606 §2: the NLRI and MP_REACH ranges are to be handled as if they had been withdrawn. */
  isTreatAsWithdraw = false;
  /** Attribute code and words of the first fault behind isTreatAsWithdraw; code 0 when it is about no single attribute. */
  faultCode = 0;
  faultReason = '';
  /** What was dropped from this message, be it by RFC 7606 or for a family that was not negotiated. */
  readonly discarded: DiscardedAttribute[] = [];
  /** RFC 4724 §2. */
  endOfRib: Family | undefined = undefined;
  /** RFC 7606 §2, AFI/SAFI disable: this message has cost the session a family, because its routes in it could not be read. */
  newlyDisabled: Family | undefined = undefined;
  /** Why, in words. */
  disableReason = '';

  private readonly attributes: AttributeSets;
  private readonly kind: PeerKind;
  private readonly rules: AttributeRules;
  /** How near the peer is: what it may send. */
  private readonly scope: AttributeScope;
  private readonly families: readonly Family[];
  private hasIpv4: boolean;
  /** Whose routes are ignored for the rest of the session (RFC 4760 §7). */
  private readonly disabled: Family[] = [];
  /** By family index. */
  private readonly pathIds: readonly boolean[];
  private readonly hasExtendedNextHop: boolean;
  private readonly enforcesFirstAs: boolean;
  private readonly acceptsAigp: boolean;
  private readonly remoteAsn: number;
  private readonly context: number;
  /** SetFlag bits of sets that this session must judge for itself. */
  private readonly judgedFlags: number;
  private readonly list: AttributeList = new AttributeList();
  private nextHopStart = 0;
  private nextHopLength = 0;
  private hasIgnoredReach = false;
  private faultSubcode = 0;

  constructor(options: UpdateReaderOptions) {
    this.attributes = options.attributes;
    const { kind, isInConfederation = kind === 'confederation', acceptsAsSets = false } = options;
    this.kind = kind;
    this.scope = scopeOf[kind];
    this.rules = {
      asnSize: options.hasFourOctetAsn ? 4 : 2,
      confederation: kind === 'confederation' ? 'needed' : kind === 'ibgp' && isInConfederation ? 'allowed' : 'none',
      acceptsAsSets,
    };
    this.families = options.families;
    this.hasIpv4 = options.families.includes(ipv4Unicast);
    // RFC 6793 §4.2.2: an AS number that needs four octets appears as AS_TRANS to a session of two.
    this.remoteAsn = options.hasFourOctetAsn || options.remoteAsn <= 0xffff ? options.remoteAsn : AS_TRANS;
    this.pathIds = families.map((family) => options.addPath?.includes(family) === true);
    this.hasExtendedNextHop = options.hasExtendedNextHop === true;
    this.enforcesFirstAs = kind !== 'ibgp' && options.enforcesFirstAs !== false;
    this.acceptsAigp = options.acceptsAigp ?? kind !== 'ebgp';
    this.context = contextOf(kind, isInConfederation);
    this.judgedFlags = (this.acceptsAigp ? 0 : SetFlag.AigpAttribute) | (acceptsAsSets ? 0 : SetFlag.AsSet);
  }

  /** Whether prefixes of the family come with path identifiers: for NlriCursor.reset. */
  hasPathIds(family: Family): boolean {
    return this.pathIds[family.index];
  }

  /** Reads the UPDATE between offset and end, whose header messageLength has accepted. Throws NotificationError. */
  read(buffer: Uint8Array, offset: number, end: number): void {
    this.clear();
    const withdrawnStart = offset + HEADER_LENGTH + 2;
    const withdrawnEnd = withdrawnStart + ((buffer[withdrawnStart - 2] << 8) | buffer[withdrawnStart - 1]);
    // RFC 4271 §6.3: Withdrawn Routes Length + Total Attribute Length + 23 exceeds the message Length.
    if (withdrawnEnd + 2 > end)
      throw updateFault(UpdateSubcode.MalformedAttributeList, 'withdrawn routes run past the message');
    const attrStart = withdrawnEnd + 2;
    const attrEnd = attrStart + ((buffer[withdrawnEnd] << 8) | buffer[withdrawnEnd + 1]);
    if (attrEnd > end) throw updateFault(UpdateSubcode.MalformedAttributeList, 'attributes run past the message');

    // RFC 7606 §3 (i): both fields must be readable as a whole before anything of the message counts.
    const hasPathIds = this.pathIds[ipv4Unicast.index];
    const fault =
      findNlriFault(buffer, withdrawnStart, withdrawnEnd, 32, hasPathIds) ??
      findNlriFault(buffer, attrEnd, end, 32, hasPathIds);
    if (fault !== undefined) throw updateFault(UpdateSubcode.InvalidNetworkField, fault);
    if (this.hasIpv4) {
      this.withdrawnStart = withdrawnStart;
      this.withdrawnEnd = withdrawnEnd;
      this.nlriStart = attrEnd;
      this.nlriEnd = end;
    }
    if (attrStart === attrEnd) {
      if (attrEnd < end) this.fail(0, UpdateSubcode.MissingWellKnownAttribute, 'routes without attributes');
      else if (withdrawnStart === withdrawnEnd && this.hasIpv4) this.endOfRib = ipv4Unicast;
      return;
    }
    if (attrEnd < end && this.hasIpv4 && this.tryKnownBlock(buffer, attrStart, attrEnd)) return;
    this.readAttributes(buffer, attrStart, attrEnd, attrEnd < end, withdrawnStart < withdrawnEnd);
  }

  /** Gives back the references held for the last message; for the end of the session. */
  close(): void {
    this.clear();
  }

  private clear(): void {
    if (this.attr !== 0) this.attributes.release(this.attr);
    if (this.mpAttr !== 0) this.attributes.release(this.mpAttr);
    this.attr = NONE;
    this.mpAttr = NONE;
    this.withdrawnStart = this.withdrawnEnd = 0;
    this.nlriStart = this.nlriEnd = 0;
    this.unreachFamily = undefined;
    this.unreachStart = this.unreachEnd = 0;
    this.reachFamily = undefined;
    this.reachStart = this.reachEnd = 0;
    this.isTreatAsWithdraw = false;
    this.faultCode = 0;
    this.faultReason = '';
    this.faultSubcode = 0;
    this.hasIgnoredReach = false;
    this.endOfRib = undefined;
    this.newlyDisabled = undefined;
    if (this.discarded.length > 0) this.discarded.length = 0;
  }

  /** Fast path: bytes that were judged before and are a canonical block as they stand. */
  private tryKnownBlock(buffer: Uint8Array, start: number, end: number): boolean {
    if (this.rules.asnSize !== 4 || end - start < 2 || buffer[start + 1] === AttributeCode.MpReach) return false;
    const id = this.attributes.findAccepted(buffer, start, end, this.context);
    if (id === 0) return false;
    // Another peer's block: the first AS must be this peer's, and this session may be stricter.
    if ((this.attributes.flags[id] & this.judgedFlags) !== 0 || (this.enforcesFirstAs && !this.isFirstAsnOf(id))) {
      this.attributes.release(id);
      return false;
    }
    this.attr = id;
    return true;
  }

  private isFirstAsnOf(id: AttrSetId): boolean {
    const { attributes, kind, remoteAsn } = this;
    return (kind === 'ebgp' ? attributes.neighborAsn[id] : attributes.leftmostAsn(id)) === remoteAsn;
  }

  private readAttributes(
    buffer: Uint8Array,
    start: number,
    end: number,
    hasNlri: boolean,
    hasWithdrawn: boolean,
  ): void {
    const list = this.list;
    list.scan(buffer, start, end);
    if (list.listFault !== undefined) {
      // RFC 7606 §4. Routes inside of an attribute that is cut cannot be known: RFC 7606 §3 (j), RFC 4760 §7.
      const isMp = list.listFaultCode === AttributeCode.MpReach || list.listFaultCode === AttributeCode.MpUnreach;
      if (isMp)
        throw updateFault(UpdateSubcode.OptionalAttributeError, `${attributeName(list.listFaultCode)} cut short`);
      this.fail(list.listFaultCode, UpdateSubcode.MalformedAttributeList, list.listFault);
    }
    for (const code of list.repeated) {
      // RFC 7606 §3 (g)
      if (code === AttributeCode.MpReach || code === AttributeCode.MpUnreach) {
        throw updateFault(UpdateSubcode.MalformedAttributeList, `${attributeName(code)} appears twice`);
      }
      this.discard(code, 'appears twice, the first is used');
    }
    if (list.has(AttributeCode.MpUnreach)) this.readMpUnreach(buffer);
    if (list.has(AttributeCode.MpReach)) this.readMpReach(buffer);
    for (let index = 0; index < list.count; index++) this.judge(buffer, list.codes[index]);

    const hasOnlyMpUnreach = list.count === 1 && list.has(AttributeCode.MpUnreach) && list.listFault === undefined;
    if (hasOnlyMpUnreach && !hasNlri && !hasWithdrawn && this.unreachStart === this.unreachEnd) {
      this.endOfRib = this.unreachFamily;
    }
    const needsAttr = this.nlriStart < this.nlriEnd;
    const needsMpAttr = this.reachStart < this.reachEnd;
    if (needsAttr || needsMpAttr) this.checkMandatory(buffer, needsAttr);
    if (this.isTreatAsWithdraw) {
      const hasHadRoutes = hasNlri || needsMpAttr || this.hasIgnoredReach || this.newlyDisabled !== undefined;
      if (!hasHadRoutes && !hasOnlyMpUnreach) {
        // RFC 7606 §5.2: a fault and no route to withdraw for it; the routes may be what got damaged.
        throw updateFault(this.faultSubcode, this.faultReason, this.attributeBytes(buffer, this.faultCode));
      }
      return;
    }
    if (needsAttr) {
      this.attr = this.internBlock(buffer, 0, 0);
      const isVerbatim =
        this.attr !== 0 && this.rules.asnSize === 4 && this.attributes.equalsBytes(this.attr, buffer, start, end);
      if (isVerbatim) this.attributes.markAccepted(this.attr, this.context);
    }
    if (needsMpAttr) this.mpAttr = this.internBlock(buffer, this.nextHopStart, this.nextHopLength);
  }

  private internBlock(buffer: Uint8Array, nextHopStart: number, nextHopLength: number): AttrSetId {
    const length = writeCanonicalBlock(buffer, this.list, this.rules.asnSize, nextHopStart, nextHopLength, scratch);
    if (length > 0 && length <= MAX_BLOCK_LENGTH) return this.attributes.intern(scratch, 0, length);
    // Only with AS numbers of two octets, which take four here.
    this.fail(
      0,
      UpdateSubcode.MalformedAttributeList,
      'attributes that take too much room with AS numbers of four octets',
    );
    return NONE;
  }

  /** Decides what becomes of one attribute: kept, dropped, or the whole message's routes withdrawn. */
  private judge(buffer: Uint8Array, code: number): void {
    const list = this.list;
    const flags = list.flagsOf(code);
    const row = attributeRows[code];
    if (row === undefined) {
      // RFC: 4271 §6.3 resets the session with 3/2 for an unrecognized well-known attribute, and 7606 does not mention it.
      // Ours: treat-as-withdraw, as 7606 §2 wants wherever the routes can be found; the session's other routes are not to blame.
      if ((flags & AttributeFlag.Optional) === 0) {
        this.fail(code, UpdateSubcode.UnrecognizedWellKnownAttribute, 'unrecognized well-known attribute');
      } else if ((flags & AttributeFlag.Transitive) === 0) list.drop(code); // RFC 4271 §9: quietly ignored
      return;
    }
    if (row.scope > this.scope) {
      this.discard(code, this.kind === 'ebgp' ? 'from an external peer' : 'from another member AS');
      list.drop(code);
      return;
    }
    if (code === AttributeCode.Aigp && !this.acceptsAigp) {
      // RFC 7311 §3.3: as an unrecognized non-transitive attribute, which is quietly ignored.
      list.drop(code);
      return;
    }
    if ((flags & (AttributeFlag.Optional | AttributeFlag.Transitive)) !== row.flags) {
      // RFC 7606 §3 (c)
      this.fail(code, UpdateSubcode.AttributeFlagsError, `flags 0x${flags.toString(16)}`);
      return;
    }
    if ((code === AttributeCode.As4Path || code === AttributeCode.As4Aggregator) && this.rules.asnSize === 4) {
      // RFC 6793 §4.1
      this.discard(code, 'from a peer with 4-octet AS numbers');
      list.drop(code);
      return;
    }
    const fault = row.findFault(buffer, list.startOf(code), list.endOf(code), this.rules);
    if (fault === undefined) return;
    if (fault.action === 'withdraw') this.fail(code, fault.subcode, fault.reason);
    else {
      this.discard(code, fault.reason);
      list.drop(code);
    }
  }

  /** RFC 7606 §3 (d). NEXT_HOP is needed for the NLRI field only (RFC 4760 §3). */
  private checkMandatory(buffer: Uint8Array, hasNlri: boolean): void {
    const list = this.list;
    if (!list.has(AttributeCode.Origin)) this.failMissing(AttributeCode.Origin);
    if (!list.has(AttributeCode.AsPath)) this.failMissing(AttributeCode.AsPath);
    if (hasNlri && !list.has(AttributeCode.NextHop)) this.failMissing(AttributeCode.NextHop);
    // RFC 4271 §5: LOCAL_PREF is required from internal peers. RFC 5065 §4 lets those of other member ASes send it.
    if (this.kind === 'ibgp' && !list.has(AttributeCode.LocalPref)) this.failMissing(AttributeCode.LocalPref);
    if (this.enforcesFirstAs && !this.isTreatAsWithdraw && !this.hasFirstAsn(buffer)) {
      // RFC 4271 §6.3: the leftmost AS is not the peer's.
      this.fail(AttributeCode.AsPath, UpdateSubcode.MalformedAsPath, `does not begin with AS ${this.remoteAsn}`);
    }
    const nextHopFault = this.reachFamily === undefined ? undefined : this.findMpNextHopFault(buffer);
    if (nextHopFault !== undefined) this.fail(AttributeCode.MpReach, UpdateSubcode.InvalidNextHop, nextHopFault);
  }

  private hasFirstAsn(buffer: Uint8Array): boolean {
    const start = this.list.startOf(AttributeCode.AsPath);
    // RFC 5065 §4.2: another member AS is in a segment of its own kind.
    const type = this.kind === 'confederation' ? SegmentType.ConfedSequence : SegmentType.Sequence;
    if (start === this.list.endOf(AttributeCode.AsPath) || buffer[start] !== type) return false;
    const high = (buffer[start + 2] << 8) | buffer[start + 3];
    const first = this.rules.asnSize === 2 ? high : ((high << 16) | (buffer[start + 4] << 8) | buffer[start + 5]) >>> 0;
    return first === this.remoteAsn;
  }

  private readMpReach(buffer: Uint8Array): void {
    const start = this.list.startOf(AttributeCode.MpReach);
    const end = this.list.endOf(AttributeCode.MpReach);
    const family = this.findFamily(buffer, start, end, AttributeCode.MpReach);
    if (family === undefined) {
      this.hasIgnoredReach = true;
      return;
    }
    // RFC 4760 §3: AFI, SAFI, next hop with its length, one reserved octet, NLRI.
    const length = start + 3 < end ? buffer[start + 3] : 0;
    const nlriStart = start + 4 + length + 1;
    // RFC 8950 §3: IPv4 routes may have a next hop of either kind, told apart by its length.
    const isLong = length === 16 || length === 32;
    const isExpected = family.version === 4 ? length === 4 || (isLong && this.hasExtendedNextHop) : isLong;
    // RFC 7606 §7.11: with an unexpected length the NLRI cannot be found for certain.
    let fault: string | undefined;
    if (!isExpected) fault = `next hop of ${length} octets`;
    else if (nlriStart > end) fault = 'cut short';
    else fault = findNlriFault(buffer, nlriStart, end, family.maxLength, this.pathIds[family.index]);
    if (fault !== undefined) {
      this.disable(family, buffer, AttributeCode.MpReach, fault);
      this.hasIgnoredReach = true;
      return;
    }
    this.nextHopStart = start + 4;
    this.nextHopLength = length;
    this.reachFamily = family;
    this.reachStart = nlriStart;
    this.reachEnd = end;
  }

  private readMpUnreach(buffer: Uint8Array): void {
    const start = this.list.startOf(AttributeCode.MpUnreach);
    const end = this.list.endOf(AttributeCode.MpUnreach);
    const family = this.findFamily(buffer, start, end, AttributeCode.MpUnreach);
    if (family === undefined) return;
    const fault = findNlriFault(buffer, start + 3, end, family.maxLength, this.pathIds[family.index]);
    if (fault !== undefined) {
      this.disable(family, buffer, AttributeCode.MpUnreach, fault);
      return;
    }
    this.unreachFamily = family;
    this.unreachStart = start + 3;
    this.unreachEnd = end;
  }

  /** The negotiated family of an MP attribute; undefined for any other, which is ignored (RFC 4760 §6, §8). */
  private findFamily(buffer: Uint8Array, start: number, end: number, code: number): Family | undefined {
    if (end - start < 3) throw this.mpFault(buffer, code, 'cut short');
    const afi = (buffer[start] << 8) | buffer[start + 1];
    const safi = buffer[start + 2];
    for (let index = 0; index < this.families.length; index++) {
      const family = this.families[index];
      if (family.afi !== afi || family.safi !== safi) continue;
      return this.disabled.includes(family) ? undefined : family;
    }
    this.discard(code, `family ${afi}/${safi} was not negotiated`);
    return undefined;
  }

  /** RFC 4271 §6.3 for the next hop of MP_REACH_NLRI: it must be the address of a host. */
  private findMpNextHopFault(buffer: Uint8Array): string | undefined {
    const at = this.nextHopStart;
    const first = buffer[at];
    if (this.nextHopLength === 4) {
      return first === 0 || first === 127 || first >= 224 ? 'next hop is not an address of a host' : undefined;
    }
    if (first === 0xff) return 'next hop is a multicast address';
    for (let index = at; index < at + 15; index++) if (buffer[index] !== 0) return undefined;
    return buffer[at + 15] <= 1 ? 'next hop is not an address of a host' : undefined;
  }

  private failMissing(code: number): void {
    this.fail(code, UpdateSubcode.MissingWellKnownAttribute, 'missing');
  }

  private fail(code: number, subcode: number, reason: string): void {
    if (this.isTreatAsWithdraw) return;
    this.isTreatAsWithdraw = true;
    this.faultCode = code;
    this.faultSubcode = subcode;
    this.faultReason = code === 0 ? reason : `${attributeName(code)}: ${reason}`;
  }

  private discard(code: number, reason: string): void {
    this.discarded.push({ code, reason: `${attributeName(code)}: ${reason}` });
  }

  /**
   * RFC 7606 §5.3, §7.11: routes that cannot be read cost the session their family, or the whole session when it has no other.
   * What the message says of other families stands.
   */
  private disable(family: Family, buffer: Uint8Array, code: number, reason: string): void {
    if (this.families.length - this.disabled.length <= 1) throw this.mpFault(buffer, code, reason);
    this.disabled.push(family);
    this.newlyDisabled = family;
    this.disableReason = `${attributeName(code)}: ${reason}`;
    if (family !== ipv4Unicast) return;
    this.hasIpv4 = false;
    this.withdrawnStart = this.withdrawnEnd = 0;
    this.nlriStart = this.nlriEnd = 0;
  }

  /** RFC 4760 §7: an MP attribute that cannot be read ends the session, with 3/9 and the attribute as data. */
  private mpFault(buffer: Uint8Array, code: number, reason: string): NotificationError {
    const words = `${attributeName(code)}: ${reason}`;
    return updateFault(UpdateSubcode.OptionalAttributeError, words, this.attributeBytes(buffer, code));
  }

  /** RFC 4271 §6.3: the Data field holds the erroneous attribute (type, length, value). */
  private attributeBytes(buffer: Uint8Array, code: number): Uint8Array | undefined {
    if (code === 0 || !this.list.has(code)) return undefined;
    return buffer.slice(this.list.headerOf(code), this.list.endOf(code));
  }
}

/** Holds a canonical block while it is made; nothing in it outlives a call. */
const scratch = new Uint8Array(CANONICAL_SCRATCH); // scratch

function contextOf(kind: PeerKind, isInConfederation: boolean): number {
  if (kind === 'ebgp') return Context.Ebgp;
  if (kind === 'confederation') return Context.Confederation;
  return isInConfederation ? Context.IbgpInConfederation : Context.Ibgp;
}

function updateFault(subcode: number, reason: string, data?: Uint8Array): NotificationError {
  return new NotificationError(NotificationCode.UpdateMessageError, subcode, data, reason);
}
