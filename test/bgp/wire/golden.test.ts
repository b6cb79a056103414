// Messages of FRR, BIRD, GoBGP and OpenBGPD (test/golden/bgp; each file names its source): what tshark read in them is what we read,
// and what we write from that is what they had written, as far as the layout is not a matter of taste.

import { readFileSync, readdirSync } from 'node:fs';

import test, { type ExecutionContext } from 'ava';

import { formatAddress } from '#bgp/net/address.ts';
import { type Family, ipv4Unicast, ipv6Unicast } from '#bgp/net/family.ts';
import { formatRouterId } from '#bgp/net/router-id.ts';
import { type AttrSetId, AttributeSets } from '#bgp/wire/attribute-sets.ts';
import { encodeKeepalive, MessageType, messageLength } from '#bgp/wire/message.ts';
import { NlriCursor } from '#bgp/wire/nlri.ts';
import {
  decodeNotification,
  decodeShutdownText,
  encodeNotification,
  encodeShutdownText,
} from '#bgp/wire/notification.ts';
import { decodeOpen, encodeOpen } from '#bgp/wire/open.ts';
import { decodeRouteRefresh, encodeRouteRefresh } from '#bgp/wire/route-refresh.ts';
import { UpdateReader } from '#bgp/wire/update-reader.ts';
import { UpdateWriter } from '#bgp/wire/update-writer.ts';
import { fromHex, toHex } from './bytes.ts';

type Fields = Readonly<Record<string, readonly string[]>>;

interface GoldenMessage {
  readonly sender: string;
  readonly hex: string;
  readonly tshark: Fields;
}

interface GoldenFile {
  readonly source: string;
  readonly asnOctets: 2 | 4;
  readonly messages: readonly GoldenMessage[];
}

const folder = new URL('../../golden/bgp/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
const files: readonly GoldenFile[] = names.map((name): GoldenFile =>
  JSON.parse(readFileSync(new URL(name, folder), 'utf8')),
);

/** AS numbers of the senders, for the first-AS check. */
const asns: Readonly<Record<string, number>> = { FRR: 65001, GoBGP: 65010, OpenBGPD: 65010 };
const asnOf = (file: GoldenFile, sender: string): number =>
  asns[sender] ?? (file.asnOctets === 2 ? 65002 : 4_200_000_001);

const first = (fields: Fields, name: string): string | undefined => fields[name]?.[0];
const list = (fields: Fields, name: string): readonly string[] => fields[name] ?? [];

/** Messages by sender and type that we also write octet by octet. */
const identical = new Map<string, number>();

function compareBytes(golden: GoldenMessage, ours: Uint8Array): boolean {
  const isSame = toHex(ours) === golden.hex;
  const key = `${golden.sender} ${first(golden.tshark, 'type')}`;
  if (isSame) identical.set(key, (identical.get(key) ?? 0) + 1);
  return isSame;
}

function checkOpen(t: ExecutionContext, golden: GoldenMessage, bytes: Uint8Array): void {
  const open = decodeOpen(bytes, 0, bytes.length);
  const { tshark } = golden;
  t.deepEqual(
    [open.version, open.asnField, open.holdTimeSec, formatRouterId(open.routerId)].map(String),
    ['openVersion', 'openAs', 'openHoldTime', 'openIdentifier'].map((name) => first(tshark, name)),
  );
  t.deepEqual(
    open.capabilities.map(({ code }) => String(code)),
    list(tshark, 'capabilityCodes'),
  );
  const mp = open.capabilities.filter((capability) => capability.type === 'multiprotocol');
  t.deepEqual(
    mp.map(({ afi }) => String(afi)),
    list(tshark, 'capabilityMpAfi'),
  );
  t.deepEqual(
    mp.map(({ safi }) => String(safi)),
    list(tshark, 'capabilityMpSafi'),
  );
  t.is(String(open.asn), first(tshark, 'capability4As') ?? first(tshark, 'openAs') ?? '');
  const ours = encodeOpen(open);
  t.deepEqual(decodeOpen(ours, 0, ours.length), open);
  compareBytes(golden, ours);
}

interface Route {
  readonly text: string;
  readonly words: readonly [number, number, number, number, number];
}

function routes(bytes: Uint8Array, start: number, end: number, family: Family): Route[] {
  const cursor = new NlriCursor();
  cursor.reset(bytes, start, end, family);
  const found: Route[] = [];
  while (cursor.next()) {
    const text = formatAddress(family.version, cursor.w0, cursor.w1, cursor.w2, cursor.w3);
    found.push({ text, words: [cursor.w0, cursor.w1, cursor.w2, cursor.w3, cursor.length] });
  }
  return found;
}

function checkAttributes(t: ExecutionContext, tshark: Fields, attributes: AttributeSets, id: AttrSetId): void {
  const decoded = attributes.decode(id);
  t.is(String(decoded.origin), first(tshark, 'origin') ?? '');
  const old = list(tshark, 'as2');
  const four = list(tshark, 'as4');
  const path = old.length === 0 ? four : [...old.slice(0, old.length - four.length), ...four];
  t.deepEqual(
    decoded.asPath.flatMap((segment) => segment.asns.map(String)),
    path,
  );
  t.is(String(decoded.nextHop), first(tshark, 'mpNextHop') ?? first(tshark, 'nextHop') ?? '');
  t.is(decoded.linkLocalNextHop?.toString(), first(tshark, 'mpLinkLocal'));
  t.is(decoded.med?.toString(), first(tshark, 'med'));
  t.is(decoded.localPref?.toString(), first(tshark, 'localPref'));
  t.is(decoded.aggregator?.asn.toString(), first(tshark, 'aggregatorAs'));
  t.is(decoded.aggregator && formatRouterId(decoded.aggregator.address), first(tshark, 'aggregatorAddress'));
  const communities = list(tshark, 'communityAs').map(
    (as, index) => Number(as) * 65536 + Number(list(tshark, 'communityValue')[index]),
  );
  const wellKnown = list(tshark, 'communityWellKnown').map(Number);
  t.deepEqual(new Set(decoded.communities), new Set([...communities, ...wellKnown]));
  const large = list(tshark, 'largeGlobal').map((global, index) =>
    [global, list(tshark, 'largeLocal1')[index], list(tshark, 'largeLocal2')[index]].map(Number),
  );
  t.deepEqual(
    decoded.largeCommunities.map((community) => [...community]),
    large,
  );
  t.is(decoded.extendedCommunities.length > 0, list(tshark, 'attributeCodes').includes('16'));
}

function checkUpdate(t: ExecutionContext, file: GoldenFile, golden: GoldenMessage, bytes: Uint8Array): void {
  const { tshark } = golden;
  const attributes = new AttributeSets();
  const hasFourOctetAsn = file.asnOctets === 4;
  const kind = golden.sender === 'FRR' || golden.sender === 'BIRD' ? 'ebgp' : 'ibgp';
  const remoteAsn = asnOf(file, golden.sender);
  const reader = new UpdateReader({
    attributes,
    kind,
    // Older daemons make AS_SETs when they aggregate.
    acceptsAsSets: true,
    hasFourOctetAsn,
    families: [ipv4Unicast, ipv6Unicast],
    remoteAsn,
  });
  reader.read(bytes, 0, bytes.length);
  t.deepEqual(reader.discarded, []);
  const parts = {
    withdrawn: routes(bytes, reader.withdrawnStart, reader.withdrawnEnd, ipv4Unicast),
    mpWithdrawn: routes(bytes, reader.unreachStart, reader.unreachEnd, ipv6Unicast),
    mpNlri: routes(bytes, reader.reachStart, reader.reachEnd, ipv6Unicast),
    nlri: routes(bytes, reader.nlriStart, reader.nlriEnd, ipv4Unicast),
  };
  for (const [name, found] of Object.entries(parts))
    t.deepEqual(
      found.map(({ text }) => text),
      list(tshark, name),
    );
  const lengths = Object.values(parts).flatMap((found) => found.map(({ words }) => String(words[4])));
  t.deepEqual(lengths, list(tshark, 'prefixLengths'));

  // The one fault in the captures: OpenBGPD gave its loopback address as IPv6 next hop on an IPv4 session.
  if (first(tshark, 'mpNextHop') === '::1') {
    t.is(reader.faultReason, 'MP_REACH_NLRI: next hop is not an address of a host');
    return;
  }
  t.false(reader.isTreatAsWithdraw, reader.faultReason);
  const chunks: Uint8Array[] = [];
  const writer = new UpdateWriter({ attributes, hasFourOctetAsn, emit: (chunk) => chunks.push(chunk) });
  const add = (found: readonly Route[]): void => {
    for (const { words } of found) writer.addPrefix(...words);
  };
  if (lengths.length === 0) {
    const family = list(tshark, 'attributeCodes').length === 0 ? ipv4Unicast : ipv6Unicast;
    t.is(reader.endOfRib, family);
    writer.addEndOfRib(family);
  }
  for (const [family, found] of [
    [ipv4Unicast, parts.withdrawn],
    [ipv6Unicast, parts.mpWithdrawn],
  ] as const) {
    if (found.length > 0) writer.beginWithdraw(family);
    add(found);
  }
  for (const [family, id, found] of [
    [ipv4Unicast, reader.attr, parts.nlri],
    [ipv6Unicast, reader.mpAttr, parts.mpNlri],
  ] as const) {
    t.is(id === 0, found.length === 0);
    if (id === 0) continue;
    checkAttributes(t, tshark, attributes, id);
    t.true(writer.beginReach(id, family));
    add(found);
  }
  writer.flush();
  const [ours] = chunks;
  if (compareBytes(golden, ours)) return;
  // Another order of attributes or longer lengths than needed: what we wrote must mean the same.
  const again = new UpdateReader({
    attributes,
    kind,
    // Older daemons make AS_SETs when they aggregate.
    acceptsAsSets: true,
    hasFourOctetAsn,
    families: [ipv4Unicast, ipv6Unicast],
    remoteAsn,
  });
  again.read(ours, 0, ours.length);
  t.deepEqual([again.attr, again.mpAttr, again.endOfRib], [reader.attr, reader.mpAttr, reader.endOfRib]);
}

function check(t: ExecutionContext, file: GoldenFile, golden: GoldenMessage): void {
  const bytes = fromHex(golden.hex);
  const { tshark } = golden;
  t.is(String(messageLength(bytes, 0, bytes.length)), first(tshark, 'length') ?? '');
  switch (Number(first(tshark, 'type'))) {
    case MessageType.Open:
      return checkOpen(t, golden, bytes);
    case MessageType.Update:
      return checkUpdate(t, file, golden, bytes);
    case MessageType.Keepalive:
      t.true(compareBytes(golden, encodeKeepalive()));
      return;
    case MessageType.Notification: {
      const notification = decodeNotification(bytes, 0, bytes.length);
      t.deepEqual(
        [String(notification.code), String(notification.subcode)],
        [first(tshark, 'notifyCode'), first(tshark, 'notifyCease')],
      );
      const text = decodeShutdownText(notification.data);
      t.is(text, first(tshark, 'notifyText'));
      const data = text === undefined ? notification.data : encodeShutdownText(text);
      t.true(compareBytes(golden, encodeNotification(notification.code, notification.subcode, data)));
      return;
    }
    case MessageType.RouteRefresh: {
      const refresh = decodeRouteRefresh(bytes, 0, bytes.length);
      t.deepEqual(
        [refresh.afi, refresh.safi, refresh.subtype].map(String),
        ['refreshAfi', 'refreshSafi', 'refreshSubtype'].map((name) => first(tshark, name)),
      );
      t.true(compareBytes(golden, encodeRouteRefresh(refresh)));
      return;
    }
    default:
      t.fail(`message type ${first(tshark, 'type')}`);
  }
}

for (const [index, file] of files.entries()) {
  for (const [number, golden] of file.messages.entries()) {
    test.serial(
      `${names[index]} message ${number} of ${golden.sender} reads as tshark reads it, and is written again`,
      (t) => {
        check(t, file, golden);
      },
    );
  }
}

test.serial('all captures were read, and most messages are written as their senders wrote them', (t) => {
  const count = files.reduce((sum, file) => sum + file.messages.length, 0);
  t.deepEqual([files.length, count], [3, 72]);
  for (const file of files) t.regex(file.source, /FRR|BIRD|GoBGP|OpenBGPD/);
  t.deepEqual(Object.fromEntries(identical), {
    'BIRD 1': 4,
    'BIRD 2': 14,
    'BIRD 3': 2,
    'BIRD 4': 4,
    'BIRD 5': 1,
    'FRR 2': 4,
    'FRR 3': 2,
    'FRR 4': 4,
    'FRR 5': 2,
    'GoBGP 1': 1,
    'GoBGP 2': 3,
    'GoBGP 3': 1,
    'GoBGP 4': 1,
    'OpenBGPD 1': 1,
    'OpenBGPD 2': 2,
    'OpenBGPD 4': 1,
  });
});
