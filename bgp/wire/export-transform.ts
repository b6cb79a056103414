// Attribute sets as they go out, and as a policy changes them on the way in, made from the bytes of the canonical block in one pass:
// what RFC 4271 §5, 4360, 4456 §8, 5065 §4, 5701, 7311, 8326, 9234 §5 and 9494 want towards a kind of peer, and AttributeChanges.
// What may go to whom at all, and with which next hop, the RIB and the policies decide.
// hot

import { Afi, Safi } from '../net/family.ts';
import type { PeerKind } from '../net/peer-kind.ts';
import { writeAddedAigp, writeChangedAigp, writeNewAigp } from './aigp.ts';
import { cleanAsPath, type PathCleaning, prependAsns, skipConfederation } from './as-path.ts';
import {
  AttributeCode,
  AttributeFlag,
  OPTIONAL,
  OPTIONAL_TRANSITIVE,
  SegmentType,
  WELL_KNOWN,
  attributeRows,
  closeAttribute,
  writeAttributeHeader,
} from './attribute.ts';
import { type AttributeChanges, type ListChange, noChanges } from './attribute-changes.ts';
import { type AttrSetId, type AttributeSets, SetFlag, attrSetId } from './attribute-sets.ts';
import { MAX_BLOCK_LENGTH } from './byte-arena.ts';
import { Community } from './community.ts';
import { readUint32, writeUint32 } from './uint32.ts';
import { addToList, copyList } from './word-list.ts';

export interface ExportOptions {
  readonly kind: PeerKind;
  /** Our AS number as the session shows it: 0 in a policy's prepend, and what replaces private numbers. */
  readonly shownAsn: number;
  /** Own numbers put before the path, leftmost first; towards confederation peers as AS_CONFED_SEQUENCE. Empty: the path stays. */
  readonly prepend: readonly number[];
  /** Written for a number that is in the path (as-override). */
  readonly asOverride: { readonly from: number; readonly to: number } | undefined;
  /** RFC 6996 §5: what becomes of private numbers in the path. */
  readonly removePrivateAs: 'remove' | 'replace' | undefined;
  /** A private number that stays in the path. */
  readonly keptPrivateAs?: number | undefined;
  /** 4, 16 or 32 octets to set; undefined keeps the set's own next hop. */
  readonly nextHop: Uint8Array | undefined;
  /** Whether a next hop that stays keeps its link-local half, which means nothing beyond the link it was learned on (RFC 2545 §3). */
  readonly keepsLinkLocal: boolean;
  /** MED of others goes out to eBGP too (RFC 7947 §2.2.3 for route servers). */
  readonly keepsMed: boolean;
  /** Originated here: MED goes out to eBGP too, and attributes that we add are not Partial (RFC 4271 §5, §5.1.4). */
  readonly isLocal: boolean;
  /** For iBGP and confederation peers when the set has none (RFC 4271 §5.1.5); undefined adds none. */
  readonly defaultLocalPref: number | undefined;
  /** RFC 4456 §8: what a reflector adds. */
  readonly reflection: { readonly originatorId: number; readonly clusterId: number } | undefined;
  /** RFC 9234 §5: added when the set has no OTC. */
  readonly otc: number | undefined;
  /** RFC 9494 §4.3: the route is stale. */
  readonly addsLlgrStale: boolean;
  /** RFC 8326 §4: GRACEFUL_SHUTDOWN, and LOCAL_PREF 0 within the AS. */
  readonly isGracefulShutdown: boolean;
  /** RFC 7311 §3.3, §3.4: not to this peer, as it is, or with the distance to the old next hop added. */
  readonly aigp: 'drop' | 'keep' | number;
  /** From policy. `self`, `peer` and `unchanged` next hops are the caller's business: they arrive in `nextHop`. */
  readonly changes: AttributeChanges;
}

/** Nothing but what kind of peer and numbers ask for; to be spread. */
export const plainExport: Omit<ExportOptions, 'kind' | 'shownAsn' | 'prepend' | 'nextHop'> = {
  asOverride: undefined,
  removePrivateAs: undefined,
  keepsLinkLocal: false,
  keepsMed: false,
  isLocal: false,
  defaultLocalPref: 100,
  reflection: undefined,
  otc: undefined,
  addsLlgrStale: false,
  isGracefulShutdown: false,
  aigp: 'drop',
  changes: noChanges,
};

export interface ImportContext {
  /** What 0 in a policy's prepend stands for. */
  readonly shownAsn: number;
  /** Octets for the policy's next hops `self` and `peer`; a next hop that is not known here leaves the route's own. */
  readonly selfNextHop: Uint8Array | undefined;
  readonly peerNextHop: Uint8Array | undefined;
  /** RFC 9234 §5: the peer's AS number, added to what comes without OTC from a provider, a peer or a route server. */
  readonly otc: number | undefined;
  /** Originated here: what is added is not Partial (RFC 4271 §5). False when absent. */
  readonly isLocal?: boolean;
}

/** Lists, paths and a next hop may be added to a block of the greatest length. */
const scratch = new Uint8Array(2 * MAX_BLOCK_LENGTH); // scratch
const pathScratch = new Uint8Array(MAX_BLOCK_LENGTH); // scratch

/** Where the next hop of code 14 stands in a canonical block: behind every code. */
const LAST = 256;
/** Octets of an IPv6 next hop without a link-local address. */
const GLOBAL_LENGTH = 16;

/**
 * The outgoing canonical set, with one reference for the caller; 0 when it would exceed MAX_BLOCK_LENGTH, which no message could
 * carry. A set without next hop stays without one unless one is given.
 */
export function deriveExport(attributes: AttributeSets, id: AttrSetId, options: ExportOptions): AttrSetId {
  return rewrite(attributes, id, options, false);
}

/** The set as an import policy leaves it, with one reference for the caller; 0 when it would exceed MAX_BLOCK_LENGTH. */
export function applyChanges(
  attributes: AttributeSets,
  id: AttrSetId,
  changes: AttributeChanges,
  context: ImportContext,
): AttrSetId {
  const { nextHop } = changes;
  // As towards iBGP, where AS path, next hop and MED stay as they are.
  const options: ExportOptions = {
    kind: 'ibgp',
    shownAsn: context.shownAsn,
    prepend: [],
    asOverride: undefined,
    removePrivateAs: undefined,
    nextHop: nextHop === 'self' ? context.selfNextHop : nextHop === 'peer' ? context.peerNextHop : undefined,
    keepsLinkLocal: true,
    keepsMed: true,
    isLocal: context.isLocal === true,
    defaultLocalPref: undefined,
    reflection: undefined,
    otc: context.otc,
    addsLlgrStale: false,
    isGracefulShutdown: false,
    aigp: 'keep',
    changes,
  };
  return rewrite(attributes, id, options, true);
}

function rewrite(attributes: AttributeSets, id: AttrSetId, options: ExportOptions, isImport: boolean): AttrSetId {
  if (attributes.lengthOf(id) + mostAdded(options) > MAX_BLOCK_LENGTH) return attrSetId(0);
  const buffer = attributes.chunkOf(id);
  const isConfederated = (attributes.flags[id] & SetFlag.ConfederationPath) !== 0;
  const nextHop = nextHopOf(options);
  let at = attributes.offsetOf(id);
  const end = at + attributes.lengthOf(id);
  /** Codes up to here were passed: attributes that the set lacks are put in where they belong. */
  let passed = 0;
  let to = 0;
  while (at < end) {
    const code = buffer[at + 1];
    const flags = buffer[at];
    const isLong = (flags & AttributeFlag.ExtendedLength) !== 0;
    const start = at + (isLong ? 4 : 3);
    const valueEnd = start + (isLong ? (buffer[at + 2] << 8) | buffer[at + 3] : buffer[at + 2]);
    const place = code === AttributeCode.MpReach ? LAST : code;
    to = writeMissing(options, nextHop, passed, place, to);
    passed = place;
    switch (code) {
      case AttributeCode.Origin:
        to = writeAttributeHeader(scratch, to, WELL_KNOWN, code, 1);
        scratch[to++] = options.changes.origin ?? buffer[start];
        break;
      case AttributeCode.AsPath:
        to = writeAsPath(options, isConfederated, buffer, start, valueEnd, to);
        break;
      case AttributeCode.NextHop:
        // Another one was written by writeMissing, or follows behind everything.
        if (nextHop === undefined) to = copy(buffer, at, valueEnd, to);
        break;
      case AttributeCode.Med:
        to = writeMed(options, readUint32(buffer, start), to);
        break;
      case AttributeCode.LocalPref:
        to = writeLocalPref(options, readUint32(buffer, start), to);
        break;
      case AttributeCode.Communities:
        to = writeCommunities(options, flags, buffer, start, valueEnd, to);
        break;
      case AttributeCode.OriginatorId:
        // RFC 4456 §8: non-transitive, for the own AS only; there it stays as it is.
        if (options.kind === 'ibgp') to = copy(buffer, at, valueEnd, to);
        break;
      case AttributeCode.ClusterList:
        if (options.kind === 'ibgp') to = writeClusterList(options, buffer, start, valueEnd, to);
        break;
      case AttributeCode.ExtendedCommunities:
        to = writeList(code, options.changes.extendedCommunities, options, flags, buffer, start, valueEnd, 8, to);
        break;
      case AttributeCode.Ipv6ExtendedCommunities:
        to = writeList(code, undefined, options, flags, buffer, start, valueEnd, 20, to);
        break;
      case AttributeCode.LargeCommunities:
        to = writeList(code, options.changes.largeCommunities, options, flags, buffer, start, valueEnd, 12, to);
        break;
      case AttributeCode.Aigp:
        to = writeAigp(options, buffer, start, valueEnd, to);
        break;
      case AttributeCode.MpReach:
        if (nextHop !== undefined) break;
        // RFC 2545 §3: the link-local address goes along only to peers on the subnet of the next hop.
        to = writeMpNextHop(buffer, start + 4, options.keepsLinkLocal ? buffer[start + 3] : GLOBAL_LENGTH, to);
        break;
      default: {
        const first = to;
        to = copy(buffer, at, valueEnd, to);
        // RFC 4271 §5: an unrecognized optional transitive attribute is passed on with the Partial bit set.
        if (!isImport && attributeRows[code] === undefined) scratch[first] |= AttributeFlag.Partial;
      }
    }
    at = valueEnd;
  }
  to = writeMissing(options, nextHop, passed, LAST + 1, to);
  if (nextHop !== undefined && nextHop.length > 4) to = writeMpNextHop(nextHop, 0, nextHop.length, to);
  return to > MAX_BLOCK_LENGTH ? attrSetId(0) : attributes.intern(scratch, 0, to);
}

/** Octets that a block can grow by, at most. */
function mostAdded(options: ExportOptions): number {
  const { changes } = options;
  const asns = options.prepend.length + changes.prepend.length;
  const communities = addedCount(changes.communities) + 3;
  const lists = addedCount(changes.extendedCommunities) * 8 + addedCount(changes.largeCommunities) * 12;
  return asns * 4 + (asns >> 6) + communities * 4 + lists + 256;
}

function addedCount(change: ListChange | undefined): number {
  return change === undefined ? 0 : change.add.length;
}

function nextHopOf(options: ExportOptions): Uint8Array | undefined {
  const { nextHop } = options.changes;
  return typeof nextHop === 'object' ? nextHop : options.nextHop;
}

/** Puts in what belongs between the codes `passed` and `next` and comes from the options. */
function writeMissing(
  options: ExportOptions,
  nextHop: Uint8Array | undefined,
  passed: number,
  next: number,
  offset: number,
): number {
  const { changes } = options;
  let at = offset;
  if (isBetween(AttributeCode.AsPath, passed, next)) at = writeAsPath(options, false, scratch, 0, 0, at);
  // The set's own NEXT_HOP is not copied then, so that this also holds when it stands at `next`.
  if (nextHop?.length === 4 && passed < AttributeCode.NextHop && next >= AttributeCode.NextHop) {
    at = writeAttributeHeader(scratch, at, WELL_KNOWN, AttributeCode.NextHop, 4);
    at = copy(nextHop, 0, 4, at);
  }
  if (changes.med !== undefined && isBetween(AttributeCode.Med, passed, next)) at = writeMed(options, undefined, at);
  if (isBetween(AttributeCode.LocalPref, passed, next)) at = writeLocalPref(options, undefined, at);
  // RFC 4271 §5: an optional transitive attribute that the originator did not attach is Partial.
  const flags = options.isLocal ? OPTIONAL_TRANSITIVE : OPTIONAL_TRANSITIVE | AttributeFlag.Partial;
  if (isBetween(AttributeCode.Communities, passed, next)) at = writeCommunities(options, flags, scratch, 0, 0, at);
  if (options.reflection !== undefined && isBetween(AttributeCode.OriginatorId, passed, next)) {
    // RFC 4456 §8: "A BGP speaker SHOULD NOT create an ORIGINATOR_ID attribute if one already exists."
    at = writeAttributeHeader(scratch, at, OPTIONAL, AttributeCode.OriginatorId, 4);
    at = writeUint32(options.reflection.originatorId, scratch, at);
  }
  if (options.reflection !== undefined && isBetween(AttributeCode.ClusterList, passed, next)) {
    at = writeClusterList(options, scratch, 0, 0, at);
  }
  const extended = changes.extendedCommunities;
  if (extended !== undefined && isBetween(AttributeCode.ExtendedCommunities, passed, next)) {
    at = writeList(AttributeCode.ExtendedCommunities, extended, options, flags, scratch, 0, 0, 8, at);
  }
  if (typeof changes.aigp === 'number' && options.aigp !== 'drop' && isBetween(AttributeCode.Aigp, passed, next)) {
    at = writeNewAigp(changes.aigp, scratch, at);
  }
  const large = changes.largeCommunities;
  if (large !== undefined && isBetween(AttributeCode.LargeCommunities, passed, next)) {
    at = writeList(AttributeCode.LargeCommunities, large, options, flags, scratch, 0, 0, 12, at);
  }
  if (options.otc !== undefined && isBetween(AttributeCode.Otc, passed, next)) {
    at = writeAttributeHeader(scratch, at, flags, AttributeCode.Otc, 4);
    at = writeUint32(options.otc, scratch, at);
  }
  return at;
}

function isBetween(code: number, passed: number, next: number): boolean {
  return passed < code && code < next;
}

/** RFC 4271 §5.1.2, RFC 5065 §4. Numbers of the policy are nearer to the path than our own, and no confederation's. */
function writeAsPath(
  options: ExportOptions,
  isConfederated: boolean,
  buffer: Uint8Array,
  start: number,
  end: number,
  offset: number,
): number {
  const { kind, prepend, asOverride, removePrivateAs, shownAsn } = options;
  const added = options.changes.prepend;
  const dropsConfederation = kind === 'ebgp' && isConfederated;
  let path = buffer;
  let pathStart = start;
  let pathEnd = end;
  if (dropsConfederation || asOverride !== undefined || removePrivateAs !== undefined) {
    const cleaning: PathCleaning = {
      dropsConfederation,
      override: asOverride,
      privateAsns: removePrivateAs,
      kept: options.keptPrivateAs,
      own: shownAsn,
    };
    path = pathScratch;
    pathStart = 0;
    pathEnd = cleanAsPath(buffer, start, end, cleaning, pathScratch, 0);
  }
  const valueStart = offset + 4;
  let to = valueStart;
  const confederationEnd = isConfederated ? skipConfederation(path, pathStart, pathEnd) : pathStart;
  if (kind === 'confederation') {
    to = prependAsns(
      path,
      pathStart,
      confederationEnd,
      SegmentType.ConfedSequence,
      prepend,
      NONE,
      shownAsn,
      scratch,
      to,
    );
    to = prependAsns(path, confederationEnd, pathEnd, SegmentType.Sequence, added, NONE, shownAsn, scratch, to);
  } else {
    // RFC 4271 §5.1.2 (b): a path that leaves the AS names at least one. Who passes others' on (RFC 7947 §2.2.2) and took every
    // number out of one puts its own in.
    const isNameless = kind === 'ebgp' && pathEnd === pathStart && prepend.length + added.length === 0;
    const numbers = isNameless ? [shownAsn] : prepend;
    to = copy(path, pathStart, confederationEnd, to);
    to = prependAsns(path, confederationEnd, pathEnd, SegmentType.Sequence, numbers, added, shownAsn, scratch, to);
  }
  return closeAttribute(scratch, offset, WELL_KNOWN, AttributeCode.AsPath, valueStart, to);
}

const NONE: readonly number[] = [];

function writeMed(options: ExportOptions, received: number | undefined, offset: number): number {
  const change = options.changes.med;
  if (change === 'remove') return offset;
  // RFC 4271 §5.1.4: a MED received from elsewhere is not propagated to other neighboring ASes.
  const kept = options.kind !== 'ebgp' || options.keepsMed || options.isLocal ? received : undefined;
  let med = kept;
  if (change !== undefined) {
    med = 'set' in change ? change.set : Math.min(Math.max((kept ?? 0) + change.add, 0), 0xffff_ffff);
  }
  if (med === undefined) return offset;
  return writeUint32(med, scratch, writeAttributeHeader(scratch, offset, OPTIONAL, AttributeCode.Med, 4));
}

function writeLocalPref(options: ExportOptions, received: number | undefined, offset: number): number {
  // RFC 4271 §5.1.5: never to external peers; RFC 5065 §4: to those in the confederation.
  if (options.kind === 'ebgp') return offset;
  const value = options.isGracefulShutdown
    ? 0
    : (options.changes.localPreference ?? received ?? options.defaultLocalPref);
  if (value === undefined) return offset;
  return writeUint32(value, scratch, writeAttributeHeader(scratch, offset, WELL_KNOWN, AttributeCode.LocalPref, 4));
}

function writeCommunities(
  options: ExportOptions,
  flags: number,
  buffer: Uint8Array,
  start: number,
  end: number,
  offset: number,
): number {
  const valueStart = offset + 4;
  let to = copyAndAdd(options.changes.communities, buffer, start, end, 4, true, valueStart);
  if (options.isGracefulShutdown) to = addToList(gracefulShutdown, scratch, valueStart, to);
  if (options.addsLlgrStale) to = addToList(llgrStale, scratch, valueStart, to);
  return to === valueStart ? offset : closeAttribute(scratch, offset, flags, AttributeCode.Communities, valueStart, to);
}

const gracefulShutdown: readonly number[] = [Community.GracefulShutdown];
const llgrStale: readonly number[] = [Community.LlgrStale];

/** Communities of 8, 12 or 20 octets. RFC 4360 §6: those for the AS alone do not leave it; what a policy adds here does. */
function writeList(
  code: number,
  change: ListChange | undefined,
  options: ExportOptions,
  flags: number,
  buffer: Uint8Array,
  start: number,
  end: number,
  step: number,
  offset: number,
): number {
  const valueStart = offset + 4;
  const keepsNonTransitive = step === 12 || options.kind !== 'ebgp';
  const to = copyAndAdd(change, buffer, start, end, step, keepsNonTransitive, valueStart);
  return to === valueStart ? offset : closeAttribute(scratch, offset, flags, code, valueStart, to);
}

function copyAndAdd(
  change: ListChange | undefined,
  buffer: Uint8Array,
  start: number,
  end: number,
  step: number,
  keepsNonTransitive: boolean,
  valueStart: number,
): number {
  if (change === undefined && keepsNonTransitive) return copy(buffer, start, end, valueStart);
  let to = copyList(buffer, start, end, step, change, keepsNonTransitive, scratch, valueStart);
  if (change === undefined) return to;
  for (let index = 0; index < change.add.length; index++) to = addToList(change.add[index], scratch, valueStart, to);
  return to;
}

/** RFC 4456 §8: the reflector's own cluster comes first. */
function writeClusterList(
  options: ExportOptions,
  buffer: Uint8Array,
  start: number,
  end: number,
  offset: number,
): number {
  const added = options.reflection === undefined ? 0 : 4;
  let at = writeAttributeHeader(scratch, offset, OPTIONAL, AttributeCode.ClusterList, end - start + added);
  if (options.reflection !== undefined) at = writeUint32(options.reflection.clusterId, scratch, at);
  return copy(buffer, start, end, at);
}

function writeAigp(options: ExportOptions, buffer: Uint8Array, start: number, end: number, offset: number): number {
  const change = options.changes.aigp;
  if (options.aigp === 'drop' || change === 'remove') return offset;
  const at = writeAttributeHeader(scratch, offset, OPTIONAL, AttributeCode.Aigp, end - start);
  if (change !== undefined) return writeChangedAigp(change, buffer, start, end, scratch, at);
  return writeAddedAigp(options.aigp === 'keep' ? 0 : options.aigp, buffer, start, end, scratch, at);
}

function writeMpNextHop(buffer: Uint8Array, start: number, lengthBytes: number, offset: number): number {
  let at = writeAttributeHeader(scratch, offset, OPTIONAL, AttributeCode.MpReach, 4 + lengthBytes);
  scratch[at++] = Afi.Ipv6 >>> 8;
  scratch[at++] = Afi.Ipv6 & 255;
  scratch[at++] = Safi.Unicast;
  scratch[at++] = lengthBytes;
  return copy(buffer, start, start + lengthBytes, at);
}

function copy(buffer: Uint8Array, start: number, end: number, offset: number): number {
  let at = offset;
  for (let from = start; from < end; from++) scratch[at++] = buffer[from];
  return at;
}
