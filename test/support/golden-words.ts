// Messages in words for the golden files: everything that our decoder finds in one, nothing left out, so that a file can be read and
// held against the daemon's configuration. What a session must have agreed upon to read it stands beside the message.

import { families, ipv4Unicast, ipv6Unicast } from '#bgp/net/family.ts';
import { formatRouterId } from '#bgp/net/router-id.ts';
import { type AttrSetId, AttributeSets } from '#bgp/wire/attribute-sets.ts';
import {
  formatAigp,
  formatAsPath,
  formatCommunity,
  formatExtendedCommunity,
  formatLargeCommunity,
  formatUnknownAttribute,
} from '#bgp/wire/attribute-text.ts';
import type { PathAttributes } from '#bgp/wire/attributes.ts';
import { type Capability, nameCapability } from '#bgp/wire/capability.ts';
import { MessageType } from '#bgp/wire/message.ts';
import {
  carriesShutdownText,
  decodeNotification,
  decodeShutdownText,
  describeNotification,
  unwrapHardReset,
} from '#bgp/wire/notification.ts';
import { decodeOpen } from '#bgp/wire/open.ts';
import { decodeRouteRefresh } from '#bgp/wire/route-refresh.ts';
import { UpdateReader } from '#bgp/wire/update-reader.ts';
import { prefixesIn, toHex } from '../bgp/wire/bytes.ts';

/** How the receiver's session was: what UpdateReader must know. */
export interface GoldenReading {
  readonly kind: 'ebgp' | 'confederation' | 'ibgp';
  readonly remoteAsn: number;
  readonly asnOctets: 2 | 4;
  readonly addPath?: boolean;
  readonly hasExtendedNextHop?: boolean;
  readonly isInConfederation?: boolean;
}

export interface CapturedMessage extends GoldenReading {
  /** The address of ours that it was sent to. */
  readonly to: string;
  readonly hex: string;
  readonly reads: readonly string[];
  readonly tshark: readonly string[];
}

export function readerOf(reading: GoldenReading, attributes: AttributeSets, acceptsAsSets = false): UpdateReader {
  const { kind, remoteAsn, asnOctets, addPath = false, hasExtendedNextHop = false } = reading;
  return new UpdateReader({
    attributes,
    kind,
    hasFourOctetAsn: asnOctets === 4,
    families,
    remoteAsn,
    addPath: addPath ? families : [],
    hasExtendedNextHop,
    acceptsAsSets,
    ...(reading.isInConfederation === undefined ? {} : { isInConfederation: reading.isInConfederation }),
  });
}

export function describeMessage(bytes: Uint8Array, reading: GoldenReading, acceptsAsSets = false): string[] {
  switch (bytes[18]) {
    case MessageType.Open:
      return describeOpen(bytes);
    case MessageType.Update:
      return describeUpdate(bytes, reading, acceptsAsSets);
    case MessageType.Notification:
      return describeNotificationMessage(bytes);
    case MessageType.RouteRefresh: {
      const { afi, safi, subtype } = decodeRouteRefresh(bytes, 0, bytes.length);
      return ['ROUTE-REFRESH', `family ${afi}/${safi}`, `subtype ${subtype}`];
    }
    default:
      return [`message type ${bytes[18]}`];
  }
}

function describeOpen(bytes: Uint8Array): string[] {
  const open = decodeOpen(bytes, 0, bytes.length);
  return [
    'OPEN',
    `version ${open.version}`,
    `AS ${open.asn}, field ${open.asnField}`,
    `hold time ${open.holdTimeSec}`,
    `identifier ${formatRouterId(open.routerId)}`,
    ...open.capabilities.map((one) =>
      [`capability ${one.code}`, nameCapability(one.code), ...fieldsOf(one)].join(', '),
    ),
  ];
}

function fieldsOf(capability: Capability): string[] {
  const family = ({ afi, safi }: { readonly afi: number; readonly safi: number }): string => `${afi}/${safi}`;
  const forwarding = (is: boolean): string => (is ? ' F' : '');
  switch (capability.type) {
    case 'multiprotocol':
      return [family(capability)];
    case 'extended-next-hop':
      return capability.families.map((one) => `${family(one)} by ${one.nextHopAfi}`);
    case 'role':
      return [String(capability.role)];
    case 'graceful-restart':
      return [
        ...(capability.isRestarting ? ['R'] : []),
        ...(capability.hasNotification ? ['N'] : []),
        `${capability.restartTimeSec} s`,
        ...capability.families.map((one) => family(one) + forwarding(one.isForwardingPreserved)),
      ];
    case 'four-octet-asn':
      return [String(capability.asn)];
    case 'add-path':
      return capability.families.map((one) => `${family(one)} mode ${one.mode}`);
    case 'long-lived':
      return capability.families.map(
        (one) => `${family(one)} ${one.staleSec} s${forwarding(one.isForwardingPreserved)}`,
      );
    case 'fqdn':
      return [`host ${capability.hostname ?? '-'}`, `domain ${capability.domainName ?? '-'}`];
    case 'software-version':
      return [capability.version ?? '-'];
    case 'unknown':
      return [toHex(capability.value)];
    case 'route-refresh':
    case 'extended-message':
    case 'enhanced-refresh':
      return [];
  }
}

function describeNotificationMessage(bytes: Uint8Array): string[] {
  const notification = decodeNotification(bytes, 0, bytes.length);
  const { code, subcode, data } = notification;
  const words = ['NOTIFICATION', `${code}/${subcode} ${describeNotification(code, subcode)}`];
  const inner = unwrapHardReset(notification);
  if (inner !== undefined)
    words.push(`for ${inner.code}/${inner.subcode} ${describeNotification(inner.code, inner.subcode)}`);
  const said = inner ?? notification;
  const text = carriesShutdownText(said.code, said.subcode) ? decodeShutdownText(said.data) : undefined;
  if (text !== undefined) words.push(`text ${text}`);
  else if (said.data.length > 0) words.push(`data ${toHex(inner === undefined ? data : inner.data)}`);
  return words;
}

function describeUpdate(bytes: Uint8Array, reading: GoldenReading, acceptsAsSets: boolean): string[] {
  const attributes = new AttributeSets();
  const reader = readerOf(reading, attributes, acceptsAsSets);
  reader.read(bytes, 0, bytes.length);
  const { unreachFamily = ipv6Unicast, reachFamily = ipv6Unicast } = reader;
  const words = ['UPDATE', ...listAttributes(bytes)];
  if (reader.endOfRib !== undefined) words.push(`End-of-RIB ${reader.endOfRib.afi}/${reader.endOfRib.safi}`);
  const add = (verb: string, prefixes: readonly string[]): void => {
    words.push(...prefixes.map((prefix) => `${verb} ${prefix}`));
  };
  const hasIds = reading.addPath === true;
  add('UNREACH', prefixesIn(bytes, reader.withdrawnStart, reader.withdrawnEnd, ipv4Unicast, hasIds));
  add('MP_UNREACH', prefixesIn(bytes, reader.unreachStart, reader.unreachEnd, unreachFamily, hasIds));
  if (reader.isTreatAsWithdraw) words.push(`treat as withdraw: ${reader.faultReason}`);
  words.push(...reader.discarded.map(({ code, reason }) => `discarded ${code}: ${reason}`));
  const set = (id: AttrSetId): void => {
    if (id !== 0) words.push(...describeAttributes(attributes.decode(id)));
  };
  set(reader.attr);
  add('REACH', prefixesIn(bytes, reader.nlriStart, reader.nlriEnd, ipv4Unicast, hasIds));
  set(reader.mpAttr);
  add('MP_REACH', prefixesIn(bytes, reader.reachStart, reader.reachEnd, reachFamily, hasIds));
  return words;
}

/** The codes in the order in which they were sent. */
function listAttributes(bytes: Uint8Array): string[] {
  const codes = attributesIn(bytes).map(([, code]) => code);
  return codes.length === 0 ? [] : [`attributes ${codes.join(' ')}`];
}

/** Flags, code and value of each attribute of an UPDATE. */
export function attributesIn(bytes: Uint8Array): (readonly [flags: number, code: number, value: Uint8Array])[] {
  const start = 23 + ((bytes[19] << 8) | bytes[20]);
  const end = start + ((bytes[start - 2] << 8) | bytes[start - 1]);
  const found: (readonly [number, number, Uint8Array])[] = [];
  for (let at = start; at < end;) {
    const isLong = (bytes[at] & 0x10) !== 0;
    const from = at + (isLong ? 4 : 3);
    const to = from + (isLong ? (bytes[at + 2] << 8) | bytes[at + 3] : bytes[at + 2]);
    found.push([bytes[at], bytes[at + 1], bytes.slice(from, to)]);
    at = to;
  }
  return found;
}

/** One line an attribute; lists in the order in which they were sent. */
export function describeAttributes(attributes: PathAttributes): string[] {
  const path = formatAsPath(attributes.asPath);
  const hops = [attributes.nextHop, attributes.linkLocalNextHop].filter((one) => one !== undefined).map(String);
  const { aggregator } = attributes;
  const words = [
    `ORIGIN ${['IGP', 'EGP', 'INCOMPLETE'][attributes.origin]}`,
    path === '' ? 'AS_PATH' : `AS_PATH ${path}`,
  ];
  const each = (name: string, list: readonly unknown[]): void => {
    if (list.length > 0) words.push(`${name} ${list.map(String).join(' ')}`);
  };
  const maybe = (name: string, value: string | number | undefined): void => {
    if (value !== undefined) words.push(`${name} ${value}`);
  };
  each('NEXT_HOP', hops);
  maybe('MED', attributes.med);
  maybe('LOCAL_PREF', attributes.localPref);
  if (attributes.isAtomicAggregate) words.push('ATOMIC_AGGREGATE');
  maybe('AGGREGATOR', aggregator && `${aggregator.asn} ${formatRouterId(aggregator.address)}`);
  each('COMMUNITIES', attributes.communities.map(formatCommunity));
  maybe('ORIGINATOR_ID', attributes.originatorId === undefined ? undefined : formatRouterId(attributes.originatorId));
  each('CLUSTER_LIST', attributes.clusterList.map(formatRouterId));
  each(
    'EXTENDED_COMMUNITIES',
    attributes.extendedCommunities.map((one) => `${formatExtendedCommunity(one)} [${toHex(one)}]`),
  );
  each('IPV6_EXTENDED_COMMUNITIES', attributes.ipv6ExtendedCommunities.map(toHex));
  maybe('AIGP', attributes.aigp && `${formatAigp(attributes.aigp)} [${toHex(attributes.aigp)}]`);
  each('LARGE_COMMUNITY', attributes.largeCommunities.map(formatLargeCommunity));
  maybe('ONLY_TO_CUSTOMER', attributes.otc);
  each('UNKNOWN', attributes.unknown.map(formatUnknownAttribute));
  each('PARTIAL', attributes.partial);
  return words;
}
