// Attribute sets as they go out: what RFC 4271 §5 wants changed towards an external or an internal peer, done on the bytes of the
// canonical block in one pass. What may go to whom at all, and with which next hop, the RIB and the policies decide.
// hot

import { Afi, Safi } from '../net/family.ts';
import {
  AttributeCode,
  AttributeFlag,
  OPTIONAL,
  OPTIONAL_TRANSITIVE,
  WELL_KNOWN,
  attributeRows,
  writeAttributeHeader,
} from './attribute.ts';
import { type AttrSetId, type AttributeSets, attrSetId } from './attribute-sets.ts';
import type { LargeCommunity } from './attributes.ts';
import { prependAsPath } from './as-path.ts';
import { MAX_BLOCK_LENGTH } from './byte-arena.ts';

export interface ExportOptions {
  readonly kind: 'ebgp' | 'ibgp';
  readonly localAsn: number;
  /** 4, 16 or 32 octets to set; undefined keeps the set's own next hop. */
  readonly nextHop: Uint8Array | undefined;
  /** Whether a next hop that stays keeps its link-local half, which means nothing beyond the link it was learned on (RFC 2545 §3). */
  readonly keepsLinkLocal: boolean;
  /** Originated here: MED goes out to eBGP too, and attributes that we add are not Partial (RFC 4271 §5, §5.1.4). */
  readonly isLocal: boolean;
  /** For iBGP when the set has none (RFC 4271 §5.1.5). */
  readonly defaultLocalPref: number;
  /** From policy: added to what is there, once each. */
  readonly addCommunities: readonly number[];
  readonly addLargeCommunities: readonly LargeCommunity[];
  /** From policy: replaces LOCAL_PREF towards iBGP. */
  readonly localPref: number | undefined;
}

/** Our own AS number, two lists and a next hop may be added to a block of the greatest length. */
const scratch = new Uint8Array(2 * MAX_BLOCK_LENGTH); // scratch

/**
 * The outgoing canonical set, with one reference for the caller; 0 when it would exceed MAX_BLOCK_LENGTH, which no message could
 * carry. A set without next hop stays without one unless `nextHop` is given.
 */
export function deriveExport(attributes: AttributeSets, id: AttrSetId, options: ExportOptions): AttrSetId {
  const buffer = attributes.chunkOf(id);
  const isEbgp = options.kind === 'ebgp';
  const nextHop = options.nextHop;
  const added = options.addCommunities.length * 4 + options.addLargeCommunities.length * 12 + 64;
  if (attributes.lengthOf(id) + added > MAX_BLOCK_LENGTH) return attrSetId(0);
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
    to = writeMissing(options, passed, place, to);
    passed = place;
    if (code === AttributeCode.AsPath && isEbgp) {
      to = writePrepended(buffer, start, valueEnd, options.localAsn, to);
    } else if (code === AttributeCode.Communities) to = writeCommunities(options, flags, buffer, start, valueEnd, to);
    else if (code === AttributeCode.LargeCommunities) {
      to = writeLargeCommunities(options, flags, buffer, start, valueEnd, to);
    } else if (code === AttributeCode.ExtendedCommunities && isEbgp) {
      to = writeTransitiveExtended(flags, buffer, start, valueEnd, to);
    } else if (code === AttributeCode.MpReach && nextHop === undefined && !options.keepsLinkLocal) {
      // RFC 2545 §3: the link-local address goes along only to peers on the subnet of the next hop, which we do not know of.
      to = writeMpNextHop(buffer, start + 4, GLOBAL_LENGTH, to);
    } else if (isCopied(code, options)) {
      // RFC 4271 §5: an unrecognized optional transitive attribute is passed on with the Partial bit set.
      const isUnknown = attributeRows[code] === undefined;
      const first = to;
      for (let from = at; from < valueEnd; from++) scratch[to++] = buffer[from];
      if (isUnknown) scratch[first] |= AttributeFlag.Partial;
    }
    at = valueEnd;
  }
  to = writeMissing(options, passed, LAST + 1, to);
  if (nextHop !== undefined && nextHop.length > 4) to = writeMpNextHop(nextHop, 0, nextHop.length, to);
  return to > MAX_BLOCK_LENGTH ? attrSetId(0) : attributes.intern(scratch, 0, to);
}

/** Where the next hop of code 14 stands in a canonical block: behind every code. */
const LAST = 256;
/** Octets of an IPv6 next hop without a link-local address. */
const GLOBAL_LENGTH = 16;

/** Attributes that go out as they are. */
function isCopied(code: number, options: ExportOptions): boolean {
  switch (code) {
    case AttributeCode.NextHop:
    case AttributeCode.MpReach:
      return options.nextHop === undefined;
    case AttributeCode.Med:
      // RFC 4271 §5.1.4: a MED received from elsewhere is not propagated to other neighboring ASes.
      return options.kind === 'ibgp' || options.isLocal;
    case AttributeCode.LocalPref:
      // RFC 4271 §5.1.5: never to external peers.
      return options.kind === 'ibgp' && options.localPref === undefined;
    case AttributeCode.OriginatorId:
    case AttributeCode.ClusterList:
      // RFC 4456 §8: non-transitive, for the own AS only.
      return options.kind === 'ibgp';
    default:
      return true;
  }
}

/** Puts in what belongs between the codes `passed` and `next` and comes from the options. */
function writeMissing(options: ExportOptions, passed: number, next: number, offset: number): number {
  let at = offset;
  if (isBetween(AttributeCode.AsPath, passed, next) && options.kind === 'ebgp') {
    at = writePrepended(scratch, 0, 0, options.localAsn, at);
  }
  const nextHop = options.nextHop;
  // The set's own NEXT_HOP is not copied then, so that this also holds when it stands at `next`.
  if (
    nextHop !== undefined &&
    nextHop.length === 4 &&
    passed < AttributeCode.NextHop &&
    next >= AttributeCode.NextHop
  ) {
    at = writeAttributeHeader(scratch, at, WELL_KNOWN, AttributeCode.NextHop, 4);
    for (let index = 0; index < 4; index++) scratch[at++] = nextHop[index];
  }
  const isLocalPrefSet = options.localPref !== undefined;
  if (options.kind === 'ibgp' && passed < AttributeCode.LocalPref) {
    const isDue = isLocalPrefSet ? next >= AttributeCode.LocalPref : next > AttributeCode.LocalPref;
    if (isDue) {
      at = writeAttributeHeader(scratch, at, WELL_KNOWN, AttributeCode.LocalPref, 4);
      at = writeUint32(options.localPref ?? options.defaultLocalPref, at);
    }
  }
  // RFC 4271 §5: an optional transitive attribute that the originator did not attach is Partial.
  const flags = options.isLocal ? OPTIONAL_TRANSITIVE : OPTIONAL_TRANSITIVE | AttributeFlag.Partial;
  if (options.addCommunities.length > 0 && isBetween(AttributeCode.Communities, passed, next)) {
    at = writeCommunities(options, flags, scratch, 0, 0, at);
  }
  if (options.addLargeCommunities.length > 0 && isBetween(AttributeCode.LargeCommunities, passed, next)) {
    at = writeLargeCommunities(options, flags, scratch, 0, 0, at);
  }
  return at;
}

function isBetween(code: number, passed: number, next: number): boolean {
  return passed < code && code < next;
}

function writePrepended(buffer: Uint8Array, start: number, end: number, localAsn: number, offset: number): number {
  const valueStart = offset + 4;
  const valueEnd = prependAsPath(buffer, start, end, localAsn, scratch, valueStart);
  return closeAttribute(WELL_KNOWN, AttributeCode.AsPath, offset, valueStart, valueEnd);
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
  let to = valueStart;
  for (let from = start; from < end; from++) scratch[to++] = buffer[from];
  const list = options.addCommunities;
  for (let index = 0; index < list.length; index++) {
    if (!containsWords(valueStart, to, 4, list[index], 0, 0)) to = writeUint32(list[index], to);
  }
  return closeAttribute(flags, AttributeCode.Communities, offset, valueStart, to);
}

function writeLargeCommunities(
  options: ExportOptions,
  flags: number,
  buffer: Uint8Array,
  start: number,
  end: number,
  offset: number,
): number {
  const valueStart = offset + 4;
  let to = valueStart;
  for (let from = start; from < end; from++) scratch[to++] = buffer[from];
  const list = options.addLargeCommunities;
  for (let index = 0; index < list.length; index++) {
    const community = list[index];
    if (containsWords(valueStart, to, 12, community[0], community[1], community[2])) continue;
    to = writeUint32(community[2], writeUint32(community[1], writeUint32(community[0], to)));
  }
  return closeAttribute(flags, AttributeCode.LargeCommunities, offset, valueStart, to);
}

/** RFC 4360 §3: a community with the second bit of its type set stays inside of the AS. */
function writeTransitiveExtended(
  flags: number,
  buffer: Uint8Array,
  start: number,
  end: number,
  offset: number,
): number {
  const valueStart = offset + 4;
  let to = valueStart;
  for (let from = start; from < end; from += 8) {
    if ((buffer[from] & 0x40) !== 0) continue;
    for (let index = 0; index < 8; index++) scratch[to++] = buffer[from + index];
  }
  return to === valueStart ? offset : closeAttribute(flags, AttributeCode.ExtendedCommunities, offset, valueStart, to);
}

function writeMpNextHop(buffer: Uint8Array, start: number, lengthBytes: number, offset: number): number {
  let at = writeAttributeHeader(scratch, offset, OPTIONAL, AttributeCode.MpReach, 4 + lengthBytes);
  scratch[at++] = Afi.Ipv6 >>> 8;
  scratch[at++] = Afi.Ipv6 & 255;
  scratch[at++] = Safi.Unicast;
  scratch[at++] = lengthBytes;
  for (let index = 0; index < lengthBytes; index++) scratch[at++] = buffer[start + index];
  return at;
}

/** Puts the header before a value that was written four octets behind `offset`, and closes the gap. */
function closeAttribute(flags: number, code: number, offset: number, valueStart: number, valueEnd: number): number {
  const at = writeAttributeHeader(scratch, offset, flags, code, valueEnd - valueStart);
  if (at !== valueStart) scratch.copyWithin(at, valueStart, valueEnd);
  return at + valueEnd - valueStart;
}

/** Whether one of the entries of `step` octets (4 or 12) between start and end is made of these words. */
function containsWords(start: number, end: number, step: number, w0: number, w1: number, w2: number): boolean {
  for (let at = start; at < end; at += step) {
    if (readInt32(at) !== (w0 | 0)) continue;
    if (step === 4 || (readInt32(at + 4) === (w1 | 0) && readInt32(at + 8) === (w2 | 0))) return true;
  }
  return false;
}

function readInt32(at: number): number {
  return (scratch[at] << 24) | (scratch[at + 1] << 16) | (scratch[at + 2] << 8) | scratch[at + 3];
}

function writeUint32(word: number, at: number): number {
  scratch[at] = word >>> 24;
  scratch[at + 1] = (word >>> 16) & 255;
  scratch[at + 2] = (word >>> 8) & 255;
  scratch[at + 3] = word & 255;
  return at + 4;
}
