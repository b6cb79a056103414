// The rows of the route tables are written from encoded attributes byte by byte; here the same rows are made of decoded attributes
// and objects, the slow and obvious way, and must not differ in one byte. So the details of a prefix, which are made of the same
// objects (route-attributes.ts), and the tables cannot drift apart.

import test from 'ava';
import { Address, formatAddress } from '#bgp/net/address.ts';
import { asn } from '#bgp/net/asn.ts';
import { familyByName, type FamilyName } from '#bgp/net/family.ts';
import { PathFlag } from '#bgp/views.ts';
import { emptyAttributes, Origin, type PathAttributes, SegmentType } from '#bgp/wire/attributes.ts';
import { encodeText, SLICE_BYTES, SliceWriter } from '#api/slice-writer.ts';
import { listHostNames } from '#api/show/hostnames.ts';
import { describeReason } from '#api/show/reasons.ts';
import { listShownNextHops, renderAttributes, type RouteAttributes } from '#api/show/route-attributes.ts';
import type { FakeRoute } from '#support/fake-speaker-port.ts';
import { createFixtureSpeaker } from '#support/frr-fixtures.ts';
import { randomFrom, takeSeed } from '#support/seed.ts';
import { show } from '#support/show.ts';

const OWN_NAME = 'alpha';
const MAX_WORD = 0xffff_ffff;

class Random {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = randomFrom(seed);
  }

  below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }

  isTrue(): boolean {
    return this.#next() < 0.5;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)];
  }

  /** Of every size, with the edges. */
  word(): number {
    return this.pick([0, 9, 10, 99, 65_535, 999_999_999, 1_000_000_000, 4_294_967_294, MAX_WORD, this.below(MAX_WORD)]);
  }

  /** Signed; zero often, so that an IPv6 address has runs of zeros. */
  addressWord(): number {
    return this.pick([0, 0, 1, 0xffff, 0x10000, 0x20010db8, this.below(MAX_WORD)]) | 0;
  }

  address(version: 4 | 6): Address {
    const [w0, w1, w2, w3] = [1, 2, 3, 4].map(() => this.addressWord());
    return version === 4 ? new Address(4, w0, 0, 0, 0) : new Address(6, w0, w1, w2, w3);
  }
}

function randomAttributes(random: Random): PathAttributes {
  const version = random.pick([4, 6, undefined] as const);
  const segments = random.pick([0, 1, 1, 1, 2, 3]);
  const isLong = random.below(50) === 0;
  return {
    ...emptyAttributes,
    origin: random.pick([Origin.Igp, Origin.Egp, Origin.Incomplete]),
    asPath: Array.from({ length: segments }, () => ({
      type: random.pick(Object.values(SegmentType)),
      asns: Array.from({ length: isLong ? 255 : 1 + random.below(5) }, () => asn(random.word())),
    })),
    nextHop: version === undefined ? undefined : random.address(version),
    linkLocalNextHop: version === 6 && random.isTrue() ? random.address(6) : undefined,
    med: random.isTrue() ? random.word() : undefined,
    localPref: random.isTrue() ? random.word() : undefined,
    isAtomicAggregate: random.isTrue(),
    communities: Array.from({ length: random.below(4) }, () => random.word()),
  };
}

function randomRoutes(random: Random, family: FamilyName, count: number): FakeRoute[] {
  const version = family === 'ipv4-unicast' ? 4 : 6;
  const sets = Array.from({ length: 200 }, () => randomAttributes(random));
  const routes: FakeRoute[] = [];
  while (routes.length < count) {
    const prefix = `${random.address(version).toString()}/${random.below(version === 4 ? 33 : 129)}`;
    if (routes.at(-1)?.prefix === prefix) continue;
    const rowVersion = random.word();
    for (let path = random.pick([1, 1, 2, 3]); path > 0; path--) {
      routes.push({
        prefix,
        peer: random.below(5),
        attributes: random.pick(sets),
        flags: random.below(128),
        reason: random.below(15),
        receivedWallSec: random.word(),
        version: rowVersion,
      });
    }
  }
  return routes;
}

interface Row {
  readonly route: FakeRoute;
  readonly attributes: RouteAttributes;
  readonly isFirst: boolean;
  readonly version: 4 | 6;
  readonly peerAddress: string;
  readonly hostName: string | undefined;
}

function has({ route }: Row, flag: number): boolean {
  return (route.flags & flag) !== 0;
}

function splitPrefix(prefix: string): { readonly address: string; readonly length: number } {
  const slash = prefix.indexOf('/');
  return { address: prefix.slice(0, slash), length: Number(prefix.slice(slash + 1)) };
}

function describeRow(row: Row): object {
  const { route, attributes } = row;
  const { address, length } = splitPrefix(route.prefix);
  const { med, localPref } = attributes.decoded;
  const isLocal = has(row, PathFlag.Local);
  const hostname = isLocal ? OWN_NAME : row.hostName;
  const reason = describeReason(route.reason);
  return {
    ...(has(row, PathFlag.Valid) ? { valid: true } : {}),
    ...(has(row, PathFlag.Best) ? { bestpath: true, selectionReason: reason } : {}),
    ...(!has(row, PathFlag.Best) && route.reason !== 0 ? { notBestReason: reason } : {}),
    pathFrom: has(row, PathFlag.Internal) ? 'internal' : 'external',
    prefix: address,
    prefixLen: length,
    network: route.prefix,
    version: route.version,
    ...(med === undefined ? {} : { metric: med }),
    ...(localPref === undefined ? {} : { locPrf: localPref }),
    weight: route.peer === 0 ? 32768 : 0,
    peerId: isLocal ? '(unspec)' : row.peerAddress,
    path: attributes.path,
    origin: attributes.originWord,
    nexthops: listShownNextHops(attributes, row.version).map(({ ip, afi, scope, isUsed }) => ({
      ip,
      ...(hostname === undefined ? {} : { hostname }),
      afi,
      ...(scope === undefined ? {} : { scope }),
      accessible: !has(row, PathFlag.Inaccessible),
      ...(isUsed ? { used: true } : {}),
    })),
  };
}

function describeReceived(row: Row): object {
  const { route, attributes } = row;
  const { address, length } = splitPrefix(route.prefix);
  const { med, localPref } = attributes.decoded;
  const keys = { global: 'nextHopGlobal', 'link-local': 'nextHopLinkLocal' };
  const nextHops = listShownNextHops(attributes, row.version).map(({ ip, scope }) => [
    scope === undefined ? 'nextHop' : keys[scope],
    ip,
  ]);
  return {
    addrPrefix: address,
    prefixLen: length,
    network: route.prefix,
    ...Object.fromEntries(nextHops),
    ...(med === undefined ? {} : { metric: med }),
    ...(localPref === undefined ? {} : { locPrf: localPref }),
    weight: route.peer === 0 ? 32768 : 0,
    path: attributes.path,
    bgpOriginCode: attributes.originLetter,
    ...(has(row, PathFlag.Filtered) ? { filtered: true } : {}),
    appliedStatusSymbols: {
      ...(has(row, PathFlag.Valid) ? { '*': true } : {}),
      ...(has(row, PathFlag.Best) ? { '>': true } : {}),
    },
  };
}

function renderTextRow(row: Row, network: string, isInternalShown: boolean): string {
  const { route, attributes } = row;
  const { med, localPref } = attributes.decoded;
  const isInternal = isInternalShown && has(row, PathFlag.Internal);
  const status = `${has(row, PathFlag.Valid) ? '*' : ' '}${has(row, PathFlag.Best) ? '>' : ' '}${isInternal ? 'i' : ' '}`;
  const column = (text: string, width: number, below: number): string =>
    text.length >= width ? `${text}\n${' '.repeat(below)}` : text.padEnd(width);
  const nextHops = listShownNextHops(attributes, row.version);
  const nextHop = nextHops.find(({ isUsed }) => isUsed)?.ip ?? '';
  const weight = route.peer === 0 ? 32768 : 0;
  const path = `${attributes.path}${attributes.path === '' ? '' : ' '}${attributes.originLetter}`;
  return ` ${status} ${column(network, 17, 20)}${column(nextHop, 16, 36)}${String(med ?? '').padStart(10)}${String(localPref ?? '').padStart(7)}${String(weight).padStart(7)} ${path}\n`;
}

for (const family of ['ipv4-unicast', 'ipv6-unicast'] as const) {
  test(`random ${family} rows are what JSON.stringify and padded columns make of the same routes`, async (t) => {
    const seed = takeSeed();
    t.log(`seed ${seed}`);
    const routes = randomRoutes(new Random(seed), family, 3000);
    const speaker = createFixtureSpeaker();
    // Batches that cut prefixes in two.
    speaker.batchSize = 7;
    speaker.tables = {
      tableVersion: () => 1,
      peers: [1, 2, 3].map((number) => ({
        number,
        address: `10.${number}.0.2`,
        remoteAsn: 65_000 + number,
        routerId: '192.0.2.9',
        isIbgp: false,
      })),
      routes: () => routes,
    };
    const version = familyByName(family)?.version ?? 4;
    const hostNames = listHostNames(speaker.instanceViews.flatMap(({ neighbors }) => neighbors));
    t.true(hostNames.size > 0, 'some rows have a host name');
    const words = version === 4 ? 'ipv4' : 'ipv6';
    const neighbor = version === 4 ? '10.1.0.2' : '2001:db8:1::2';
    const rows = routes.map((route, index): Row => {
      const peerAddress = route.peer >= 1 && route.peer <= 3 ? `10.${route.peer}.0.2` : '';
      const isFirst = index === 0 || routes[index - 1].prefix !== route.prefix;
      const attributes = renderAttributes(route.attributes);
      return { route, attributes, isFirst, version, peerAddress, hostName: hostNames.get(peerAddress) };
    });

    const json = await show(speaker, `bgp ${words} unicast`, 'json');
    let expected = '';
    for (const row of rows) {
      const text = JSON.stringify(describeRow(row));
      if (row.isFirst) expected += `${expected === '' ? '' : ']\n,'}"${row.route.prefix}": [${text}`;
      else expected += `,${text}`;
    }
    t.true(json.includes(`\n "routes": { ${expected}]\n },\n "totalRoutes": `), firstDifference(json, expected));

    const received = await show(speaker, `bgp ${words} unicast neighbors ${neighbor} received-routes`, 'json');
    const list = rows.map((row) => `"${row.route.prefix}": ${JSON.stringify(describeReceived(row))}`).join('\n,');
    t.true(received.includes(`\n "receivedRoutes": { ${list} },\n`), firstDifference(received, list));

    const text = await show(speaker, `bgp ${words} unicast`, 'text');
    const table = rows.map((row) => renderTextRow(row, row.isFirst ? row.route.prefix : '', true)).join('');
    t.true(text.includes(`Path\n${table}\nDisplayed `), firstDifference(text, table));

    const adjText = await show(speaker, `bgp ${words} unicast neighbors ${neighbor} received-routes`, 'text');
    const adjTable = rows.map((row) => renderTextRow(row, row.route.prefix, false)).join('');
    t.true(
      adjText.includes(`Path\n${adjTable}\nTotal number of prefixes ${rows.length}`),
      firstDifference(adjText, adjTable),
    );
    t.true(rows.length >= 3000);
  });
}

/** Where the rows begin to differ, for whoever reads the failure. */
function firstDifference(text: string, rows: string): string {
  const start = Math.max(0, text.indexOf(rows.slice(0, 20)));
  let at = 0;
  while (at < rows.length && text[start + at] === rows[at]) at++;
  return `${JSON.stringify(text.slice(start + at - 100, start + at + 60))} is not ${JSON.stringify(rows.slice(Math.max(0, at - 100), at + 60))}`;
}

test('addresses and numbers are written as formatAddress and String write them', async (t) => {
  const seed = takeSeed();
  t.log(`seed ${seed}`);
  const random = new Random(seed);
  let text = '';
  let expected = '';
  const out = new SliceWriter(async (slice) => {
    text += Buffer.from(slice).toString('latin1');
  });
  const gap = encodeText(' ');
  for (let round = 0; round < 20_000; round++) {
    if (!out.hasRoom(200)) await out.makeRoom(200);
    const { version, w0, w1, w2, w3 } = random.address(random.pick([4, 6]));
    const mapped = round % 10 === 0 ? ([6, 0, 0, 0xffff, w3] as const) : ([version, w0, w1, w2, w3] as const);
    out.writeAddress(mapped[0], Int32Array.from(mapped.slice(1)), 0);
    out.writeBytes(gap);
    expected += `${formatAddress(...mapped)} `;
    const number = random.word();
    out.writeNumber(number);
    out.writePaddedNumber(number, 12);
    out.writeBytes(gap);
    expected += `${number}${String(number).padStart(12)} `;
  }
  await out.end();
  t.true(text.length > SLICE_BYTES);
  t.is(text, expected);
});
