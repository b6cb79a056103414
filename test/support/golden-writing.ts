// What our writers make of a message's fields, and in what that differs from the octets that a daemon made of them. The fields go through
// plain values, so that every encoder has its part: attributes to a block, a set to an UPDATE, each capability by its constructor.

import { type Family, ipv4Unicast, ipv6Unicast } from '#bgp/net/family.ts';
import { type AttrSetId, AttributeSets } from '#bgp/wire/attribute-sets.ts';
import { encodePathAttributes } from '#bgp/wire/attributes.ts';
import {
  addPathCapability,
  enhancedRefreshCapability,
  extendedMessageCapability,
  extendedNextHopCapability,
  fourOctetAsnCapability,
  fqdnCapability,
  gracefulRestartCapability,
  longLivedCapability,
  multiprotocolCapability,
  roleCapability,
  routeRefreshCapability,
  softwareVersionCapability,
} from '#bgp/wire/capability-values.ts';
import type { Capability } from '#bgp/wire/capability.ts';
import { encodeKeepalive, MessageType } from '#bgp/wire/message.ts';
import { NlriCursor } from '#bgp/wire/nlri.ts';
import {
  carriesShutdownText,
  decodeNotification,
  decodeShutdownText,
  encodeNotification,
  encodeShutdownText,
  unwrapHardReset,
  wrapInHardReset,
} from '#bgp/wire/notification.ts';
import { decodeOpen, encodeOpen } from '#bgp/wire/open.ts';
import { decodeRouteRefresh, encodeRouteRefresh } from '#bgp/wire/route-refresh.ts';
import { UpdateWriter } from '#bgp/wire/update-writer.ts';
import { concat, toHex } from '../bgp/wire/bytes.ts';
import { attributesIn, type GoldenReading, readerOf } from './golden-words.ts';

/** The message that we would send. */
export function writeAgain(bytes: Uint8Array, reading: GoldenReading): Uint8Array {
  switch (bytes[18]) {
    case MessageType.Open: {
      const open = decodeOpen(bytes, 0, bytes.length);
      return encodeOpen({ ...open, capabilities: open.capabilities.map(makeCapability) });
    }
    case MessageType.Update:
      return writeUpdate(bytes, reading);
    case MessageType.Notification:
      return writeNotification(bytes);
    case MessageType.RouteRefresh:
      return encodeRouteRefresh(decodeRouteRefresh(bytes, 0, bytes.length));
    default:
      return encodeKeepalive();
  }
}

/** From its fields. Unknown ones have none but their octets. */
function makeCapability(capability: Capability): Capability {
  switch (capability.type) {
    case 'multiprotocol':
      return multiprotocolCapability(capability.afi, capability.safi);
    case 'route-refresh':
      return routeRefreshCapability();
    case 'extended-next-hop':
      return extendedNextHopCapability(capability.families);
    case 'extended-message':
      return extendedMessageCapability();
    case 'role':
      return roleCapability(capability.role);
    case 'graceful-restart':
      return gracefulRestartCapability(capability);
    case 'four-octet-asn':
      return fourOctetAsnCapability(capability.asn);
    case 'add-path':
      return addPathCapability(capability.families);
    case 'enhanced-refresh':
      return enhancedRefreshCapability();
    case 'long-lived':
      return longLivedCapability(capability.families);
    case 'fqdn':
      return fqdnCapability(capability.hostname ?? '', capability.domainName ?? '');
    case 'software-version':
      return softwareVersionCapability(capability.version ?? '');
    case 'unknown':
      return capability;
  }
}

function writeNotification(bytes: Uint8Array): Uint8Array {
  const received = decodeNotification(bytes, 0, bytes.length);
  const inner = unwrapHardReset(received);
  const { code, subcode, data } = inner ?? received;
  const text = carriesShutdownText(code, subcode) ? decodeShutdownText(data) : undefined;
  const said = { code, subcode, data: text === undefined ? data : encodeShutdownText(text) };
  const sent = inner === undefined ? said : wrapInHardReset(said);
  return encodeNotification(sent.code, sent.subcode, sent.data);
}

function writeUpdate(bytes: Uint8Array, reading: GoldenReading): Uint8Array {
  const attributes = new AttributeSets();
  // Daemons of these years still make AS_SETs; here they are only to be written again.
  const reader = readerOf(reading, attributes, true);
  reader.read(bytes, 0, bytes.length);
  if (reader.isTreatAsWithdraw) throw new RangeError(`not taken: ${reader.faultReason}`);
  const chunks: Uint8Array[] = [];
  const { asnOctets, addPath: hasPathIds = false, hasExtendedNextHop = false } = reading;
  const writer = new UpdateWriter({
    attributes,
    hasFourOctetAsn: asnOctets === 4,
    hasPathIds,
    hasExtendedNextHop,
    emit: (chunk) => chunks.push(chunk),
  });
  const add = (start: number, end: number, family: Family): void => {
    const cursor = new NlriCursor();
    cursor.reset(bytes, start, end, family, hasPathIds);
    while (cursor.next()) writer.addPrefix(cursor.w0, cursor.w1, cursor.w2, cursor.w3, cursor.length, cursor.pathId);
  };
  const unreach = (start: number, end: number, family: Family): void => {
    if (start === end) return;
    writer.beginWithdraw(family);
    add(start, end, family);
  };
  const reach = (id: AttrSetId, start: number, end: number, family: Family): void => {
    if (id === 0) return;
    const block = encodePathAttributes(attributes.decode(id));
    if (!writer.beginReach(attributes.intern(block, 0, block.length), family)) throw new RangeError('no room');
    add(start, end, family);
  };
  if (reader.endOfRib !== undefined) writer.addEndOfRib(reader.endOfRib);
  unreach(reader.withdrawnStart, reader.withdrawnEnd, ipv4Unicast);
  unreach(reader.unreachStart, reader.unreachEnd, reader.unreachFamily ?? ipv6Unicast);
  reach(reader.attr, reader.nlriStart, reader.nlriEnd, ipv4Unicast);
  reach(reader.mpAttr, reader.reachStart, reader.reachEnd, reader.reachFamily ?? ipv6Unicast);
  writer.flush();
  return concat(...chunks);
}

/** In what two messages differ that say the same; each is a key of `allowedDifferences`, or something that must not be. */
export function differencesBetween(theirs: Uint8Array, ours: Uint8Array): string[] {
  if (toHex(theirs) === toHex(ours)) return [];
  if (theirs[18] === MessageType.Open) return differencesOfOpens(theirs, ours);
  return theirs[18] === MessageType.Update ? differencesOfUpdates(theirs, ours) : ['octets'];
}

function differencesOfOpens(theirs: Uint8Array, ours: Uint8Array): string[] {
  const fixed = (bytes: Uint8Array): string => toHex(bytes.subarray(19, 28));
  const values = (bytes: Uint8Array): string =>
    decodeOpen(bytes, 0, bytes.length)
      .capabilities.map(({ code, value }) => `${code} ${toHex(value)}`)
      .join();
  if (fixed(theirs) !== fixed(ours)) return ['fixed part'];
  return values(theirs) === values(ours) ? ['OPEN: parameters'] : ['capabilities'];
}

function differencesOfUpdates(theirs: Uint8Array, ours: Uint8Array): string[] {
  const [given, made] = [attributesIn(theirs), attributesIn(ours)];
  const found = new Set<string>();
  const codes = (list: typeof given): string => list.map(([, code]) => code).join();
  for (const [flags, code, value] of given) {
    const same = made.find((one) => one[1] === code);
    if (same === undefined) found.add(`UPDATE: without ${code}`);
    else if (toHex(same[2]) !== toHex(value)) found.add(`UPDATE: value of ${code}`);
    else {
      const changed = same[0] ^ flags;
      if ((changed & 0x10) !== 0) found.add('UPDATE: length octets');
      if ((changed & 0x20) !== 0) found.add(`UPDATE: Partial of ${code}`);
      if ((changed & 0xc0) !== 0) found.add(`UPDATE: flags of ${code}`);
    }
  }
  for (const [, code] of made) if (!given.some((one) => one[1] === code)) found.add(`UPDATE: with ${code}`);
  const common = (list: typeof given, other: typeof given): string =>
    codes(list.filter(([, code]) => other.some((one) => one[1] === code)));
  if (common(given, made) !== common(made, given)) found.add('UPDATE: order');
  const routes = (bytes: Uint8Array): string => {
    const withdrawnEnd = 21 + ((bytes[19] << 8) | bytes[20]);
    const end = withdrawnEnd + 2 + ((bytes[withdrawnEnd] << 8) | bytes[withdrawnEnd + 1]);
    return `${toHex(bytes.subarray(21, withdrawnEnd))} ${toHex(bytes.subarray(end))}`;
  };
  if (routes(theirs) !== routes(ours)) {
    const isMoved = found.delete('UPDATE: without 15') && given.length === 1;
    found.add(isMoved ? 'UPDATE: withdrawn by MP_UNREACH_NLRI' : 'UPDATE: routes');
  }
  return [...found];
}
