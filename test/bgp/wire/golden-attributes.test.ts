// Messages written by hand from the RFCs (test/golden/bgp/by-hand), one for each attribute and encoding: what we read in them, in words,
// and that we write them octet by octet. tshark's reading stands beside ours and must name the same numbers where it knows the attribute.

import { readFileSync } from 'node:fs';

import test from 'ava';

import { families, type Family, ipv4Unicast, ipv6Unicast } from '#bgp/net/family.ts';
import type { PeerKind } from '#bgp/net/peer-kind.ts';
import { formatRouterId } from '#bgp/net/router-id.ts';
import { type AttrSetId, AttributeSets } from '#bgp/wire/attribute-sets.ts';
import {
  formatAigp,
  formatAsPath,
  formatCommunities,
  formatExtendedCommunity,
  formatIpv6ExtendedCommunity,
  formatLargeCommunity,
  formatUnknownAttribute,
  sortLargeCommunities,
} from '#bgp/wire/attribute-text.ts';
import type { PathAttributes } from '#bgp/wire/attributes.ts';
import { NlriCursor } from '#bgp/wire/nlri.ts';
import { UpdateWriter } from '#bgp/wire/update-writer.ts';
import { fromHex, makeReader, prefixesIn, toHex } from './bytes.ts';

interface Golden {
  readonly name: string;
  readonly source: string;
  readonly kind: PeerKind;
  readonly asnOctets: 2 | 4;
  readonly hasExtendedNextHop?: boolean;
  readonly hasPathIds?: boolean;
  readonly hex: string;
  readonly words: readonly string[];
  readonly tshark: readonly string[];
}

const file: { readonly messages: readonly Golden[] } = JSON.parse(
  readFileSync(new URL('../../golden/bgp/by-hand/attributes.json', import.meta.url), 'utf8'),
);

const ORDINARY_PATH = '65001 65002';

/** What is not the same in nearly all of the messages. */
function describe(attributes: PathAttributes): string[] {
  const words: string[] = [];
  const path = formatAsPath(attributes.asPath);
  const hops = attributes.asPath.reduce((sum, { asns }) => sum + asns.length, 0);
  if (hops > 10) words.push(`AS_PATH of ${hops}`);
  else if (path !== ORDINARY_PATH) words.push(`AS_PATH ${path}`);
  if (attributes.nextHop?.version === 6) {
    words.push(
      ['NEXT_HOP', attributes.nextHop, attributes.linkLocalNextHop].filter((one) => one !== undefined).join(' '),
    );
  }
  if (attributes.med !== undefined) words.push(`MED ${attributes.med}`);
  if (attributes.localPref !== undefined) words.push(`LOCAL_PREF ${attributes.localPref}`);
  if (attributes.isAtomicAggregate) words.push('ATOMIC_AGGREGATE');
  const { aggregator } = attributes;
  if (aggregator !== undefined) words.push(`AGGREGATOR ${aggregator.asn} ${formatRouterId(aggregator.address)}`);
  const each = (name: string, list: readonly string[]): void => {
    if (list.length > 0) words.push(`${name} ${list.join(' ')}`);
  };
  each('COMMUNITIES', attributes.communities.length === 0 ? [] : [formatCommunities(attributes.communities)]);
  each('ORIGINATOR_ID', attributes.originatorId === undefined ? [] : [formatRouterId(attributes.originatorId)]);
  each('CLUSTER_LIST', attributes.clusterList.map(formatRouterId));
  each('EXTENDED_COMMUNITIES', attributes.extendedCommunities.map(formatExtendedCommunity));
  each('IPV6_EXTENDED_COMMUNITIES', attributes.ipv6ExtendedCommunities.map(formatIpv6ExtendedCommunity));
  each('AIGP', attributes.aigp === undefined ? [] : [formatAigp(attributes.aigp)]);
  each('LARGE_COMMUNITY', sortLargeCommunities(attributes.largeCommunities).map(formatLargeCommunity));
  each('ONLY_TO_CUSTOMER', attributes.otc === undefined ? [] : [String(attributes.otc)]);
  each('UNKNOWN', attributes.unknown.map(formatUnknownAttribute));
  each('PARTIAL', attributes.partial.map(String));
  return words;
}

for (const golden of file.messages) {
  const { hasPathIds = false, hasExtendedNextHop = false } = golden;
  test(`${golden.name} (${golden.source}) is read and written again octet by octet`, (t) => {
    const bytes = fromHex(golden.hex);
    const attributes = new AttributeSets();
    const hasFourOctetAsn = golden.asnOctets === 4;
    const reader = makeReader({
      attributes,
      kind: golden.kind,
      hasFourOctetAsn,
      hasExtendedNextHop,
      addPath: hasPathIds ? families : [],
    });
    reader.read(bytes, 0, bytes.length);
    t.false(reader.isTreatAsWithdraw, reader.faultReason);
    t.deepEqual(reader.discarded, []);

    const chunks: Uint8Array[] = [];
    const emit = (chunk: Uint8Array): void => void chunks.push(chunk);
    const writer = new UpdateWriter({ attributes, hasFourOctetAsn, hasPathIds, hasExtendedNextHop, emit });
    const words: string[] = [];
    const take = (verb: string, start: number, end: number, family: Family): void => {
      words.push(...prefixesIn(bytes, start, end, family, hasPathIds).map((prefix) => `${verb} ${prefix}`));
      const cursor = new NlriCursor();
      cursor.reset(bytes, start, end, family, hasPathIds);
      while (cursor.next()) {
        writer.addPrefix(cursor.w0, cursor.w1, cursor.w2, cursor.w3, cursor.length, cursor.pathId);
      }
    };
    const reach = (id: AttrSetId, start: number, end: number, family: Family): void => {
      if (id === 0) return;
      words.push(...describe(attributes.decode(id)));
      t.true(writer.beginReach(id, family));
      take('REACH', start, end, family);
    };
    const unreach = (start: number, end: number, family: Family): void => {
      if (start === end) return;
      writer.beginWithdraw(family);
      take('UNREACH', start, end, family);
    };
    unreach(reader.withdrawnStart, reader.withdrawnEnd, ipv4Unicast);
    unreach(reader.unreachStart, reader.unreachEnd, reader.unreachFamily ?? ipv6Unicast);
    reach(reader.attr, reader.nlriStart, reader.nlriEnd, ipv4Unicast);
    reach(reader.mpAttr, reader.reachStart, reader.reachEnd, reader.reachFamily ?? ipv6Unicast);
    writer.flush();

    const named = golden.words.some((word) => word.startsWith('REACH'))
      ? words
      : words.filter((word) => word !== 'REACH 198.51.100.0/24');
    t.deepEqual(named, golden.words);
    t.deepEqual(chunks.map(toHex), [golden.hex]);
  });
}

/** Attributes that tshark 4.0 names at most, but does not read. */
const unread = /^(IPV6_EXTENDED_COMMUNITIES|ONLY_TO_CUSTOMER|UNKNOWN|EXTENDED_COMMUNITIES|AS_PATH of|PARTIAL)/;

test('tshark reads the same numbers and addresses, and the same number of attributes', (t) => {
  let compared = 0;
  for (const golden of file.messages) {
    const theirs = golden.tshark.join('\n');
    t.notRegex(theirs, /Malformed/, golden.name);
    for (const word of golden.words.filter((one) => !unread.test(one))) {
      for (const token of word.match(/[0-9a-f.:]*\d[0-9a-f.:]*(\/\d+)?/g) ?? []) {
        t.true(theirs.includes(token), `${golden.name}: ${token}`);
        compared++;
      }
    }
    const bytes = fromHex(golden.hex);
    const withdrawnEnd = 21 + ((bytes[19] << 8) | bytes[20]);
    const end = withdrawnEnd + 2 + ((bytes[withdrawnEnd] << 8) | bytes[withdrawnEnd + 1]);
    let count = 0;
    for (let at = withdrawnEnd + 2; at < end; count++) {
      at += (bytes[at] & 0x10) === 0 ? 3 + bytes[at + 2] : 4 + ((bytes[at + 2] << 8) | bytes[at + 3]);
    }
    t.is(golden.tshark.filter((line) => line.startsWith('Path Attribute')).length, count, golden.name);
  }
  t.deepEqual([file.messages.length, compared], [21, 34]);
});
