// Bench of the RIB without sockets: a table of routes comes in from one peer as UPDATE bytes, is decided and
// goes out to another one. Prints CPU seconds, bytes a route and the longest slice.
// Usage: node test/bgp/rib/rib-bench.ts [routes] [peers that announce the same table]

import { performance } from 'node:perf_hooks';
import { Address } from '#bgp/net/address.ts';
import { asn } from '#bgp/net/asn.ts';
import { ipv4Unicast } from '#bgp/net/family.ts';
import { wordMask } from '#bgp/net/prefix.ts';
import { policyOf } from '#bgp/policy/policy.ts';
import { plainGroupOptions } from '#bgp/rib/group-options.ts';
import { NextHops } from '#bgp/rib/next-hops.ts';
import { RibPeers } from '#bgp/rib/peers.ts';
import { Rib } from '#bgp/rib/rib.ts';
import { WorkState } from '#bgp/rib/types.ts';
import { AttributeSets } from '#bgp/wire/attribute-sets.ts';
import { emptyAttributes, encodePathAttributes, SegmentType } from '#bgp/wire/attributes.ts';
import { NlriCursor } from '#bgp/wire/nlri.ts';
import { UpdateReader } from '#bgp/wire/update-reader.ts';
import { UpdateWriter } from '#bgp/wire/update-writer.ts';
import { randomFrom } from '#support/seed.ts';

const routes = Number(process.argv[2] ?? 1_000_000);
const sources = Number(process.argv[3] ?? 1);
/** What one read from a socket brings. */
const READ_BYTES = 65_536;

/** UPDATE messages of a table with about six prefixes to an attribute set. */
function makeTable(source: number): Uint8Array[] {
  const random = randomFrom(7);
  const paths = randomFrom(11 + source);
  const attributes = new AttributeSets();
  const messages: Uint8Array[] = [];
  const writer = new UpdateWriter({
    attributes,
    hasFourOctetAsn: true,
    emit: (chunk) => messages.push(chunk.slice()),
  });
  let block = 0x01000000;
  for (let made = 0; made < routes;) {
    const asPath = [
      64_500 + source,
      ...Array.from({ length: 1 + Math.floor(paths() * 5) }, () => 1 + Math.floor(paths() * 400_000)),
    ];
    const bytes = encodePathAttributes({
      ...emptyAttributes,
      asPath: [{ type: SegmentType.Sequence, asns: asPath.map(asn) }],
      nextHop: new Address(4, 0x0a000001 + source, 0, 0, 0),
      med: paths() < 0.3 ? Math.floor(paths() * 100) : undefined,
      communities:
        paths() < 0.6 ? [(64_500 << 16) | Math.floor(paths() * 1000), (64_501 << 16) | 7].map((c) => c >>> 0) : [],
    });
    const id = attributes.intern(bytes, 0, bytes.length);
    writer.beginReach(id, ipv4Unicast);
    const count = Math.min(routes - made, 1 + Math.floor(random() * 11));
    for (let index = 0; index < count; index++) {
      const length = random() < 0.6 ? 24 : 20 + Math.floor(random() * 4);
      block += 1 << (32 - length);
      block = ((block + (1 << (32 - length)) - 1) & wordMask(length, 0)) >>> 0;
      writer.addPrefix(block | 0, 0, 0, 0, length);
      made++;
    }
    writer.flush();
    attributes.release(id);
  }
  return messages;
}

function joined(messages: Uint8Array[]): Uint8Array {
  const total = messages.reduce((sum, message) => sum + message.length, 0);
  const all = new Uint8Array(total);
  let at = 0;
  for (const message of messages) {
    all.set(message, at);
    at += message.length;
  }
  return all;
}

const tables = Array.from({ length: sources }, (_, source) => joined(makeTable(source)));
const inputBytes = tables.reduce((sum, table) => sum + table.length, 0);
globalThis.gc?.();
const before = process.memoryUsage();

const attributes = new AttributeSets();
const peers = new RibPeers();
const nextHops = new NextHops(attributes, {
  resolve: () => ({ isReachable: true, metric: 0, interfaceName: 'eth0' }),
});
const rib = new Rib(ipv4Unicast, { attributes, peers, nextHops });
const accept = policyOf('accept', 'ebgp', new Map());
const readers = tables.map((_, source) => {
  const peer = peers.add({
    address: new Address(4, 0x0a000001 + source, 0, 0, 0),
    kind: 'ebgp',
    asn: 64_500 + source,
    routerId: 1 + source,
  });
  rib.setImportPolicy(peer, accept);
  return {
    peer,
    reader: new UpdateReader({
      attributes,
      kind: 'ebgp',
      hasFourOctetAsn: true,
      families: [ipv4Unicast],
      remoteAsn: 64_500 + source,
    }),
  };
});
const receiver = peers.add({ address: new Address(4, 0x0a0000fe, 0, 0, 0), kind: 'ebgp', asn: 65_100, routerId: 99 });
let outBytes = 0;
let outMessages = 0;
let endsOfRib = 0;
rib.groups.join(
  {
    peer: receiver,
    send: (bytes, updates) => {
      outBytes += bytes.length;
      outMessages += updates;
    },
    queuedBytes: () => 0,
    endOfRibSent: () => endsOfRib++,
    refreshBegins: () => undefined,
    refreshEnded: () => undefined,
  },
  {
    ...plainGroupOptions,
    localAsn: 65_000,
    shownAsn: 65_000,
    prepend: [65_000],
    nextHop: new Address(4, 0x0a0000fd, 0, 0, 0),
    exportPolicy: accept,
  },
);

let longest = 0;
const slices: number[] = [];
function timed(step: () => void): void {
  const start = performance.now();
  step();
  const took = performance.now() - start;
  slices.push(took);
  if (took > longest) longest = took;
}

const cursor = new NlriCursor();
function read(table: Uint8Array, start: number, end: number, { peer, reader }: (typeof readers)[number]): number {
  let at = start;
  while (at < end) {
    const length = (table[at + 16] << 8) | table[at + 17];
    reader.read(table, at, at + length);
    cursor.reset(table, reader.nlriStart, reader.nlriEnd, ipv4Unicast);
    while (cursor.next()) rib.announce(peer, 0, cursor.w0, 0, 0, 0, cursor.length, reader.attr, 0, 1_700_000_000);
    at += length;
  }
  return at;
}

const start = process.cpuUsage();
const wall = performance.now();
let readMs = 0;
const offsets = tables.map(() => 0);
for (let isMore = true; isMore;) {
  isMore = false;
  for (let source = 0; source < sources; source++) {
    const table = tables[source];
    if (offsets[source] >= table.length) continue;
    isMore = true;
    const before = performance.now();
    timed(() => {
      offsets[source] = read(
        table,
        offsets[source],
        Math.min(table.length, offsets[source] + READ_BYTES),
        readers[source],
      );
    });
    readMs += performance.now() - before;
    let state: number = WorkState.More;
    while (state === WorkState.More) timed(() => (state = rib.work()));
  }
}
const cpu = process.cpuUsage(start);
const wallMs = performance.now() - wall;
globalThis.gc?.();
const after = process.memoryUsage();
slices.sort((a, b) => a - b);
const percentile = (share: number): string => slices[Math.floor(slices.length * share)].toFixed(2);
const mb = (bytes: number): string => (bytes / 1e6).toFixed(1);
console.log(
  `routes in            ${routes} x ${sources}, ${mb(inputBytes)} MB of UPDATEs, ${attributes.size} attribute sets`,
);
console.log(
  `routes out           ${rib.groups.sent(receiver)}, ${mb(outBytes)} MB in ${outMessages} UPDATEs, End-of-RIB ${endsOfRib}`,
);
console.log(
  `cpu                  ${((cpu.user + cpu.system) / 1e6).toFixed(2)} s, wall ${(wallMs / 1000).toFixed(2)} s, reading ${(readMs / 1000).toFixed(2)} s`,
);
console.log(`slices               p50 ${percentile(0.5)} p99 ${percentile(0.99)} max ${longest.toFixed(2)} ms`);
console.log(
  `tables               ${(rib.bytes / routes).toFixed(1)} B a prefix, ${(rib.bytes / rib.pathCount).toFixed(1)} B a path`,
);
console.log(
  `attribute sets       ${mb(attributes.bytesReserved)} MB reserved, ${(attributes.bytesReserved / attributes.size).toFixed(0)} B a set`,
);
console.log(
  `rss growth           ${((after.rss - before.rss) / routes).toFixed(0)} B a prefix; heap ${mb(after.heapUsed - before.heapUsed)} MB, arrays ${mb(after.arrayBuffers - before.arrayBuffers)} MB`,
);

const withdrawStart = performance.now();
longest = 0;
for (const { peer } of readers) rib.removePeer(peer);
let state: number = WorkState.More;
while (state === WorkState.More) timed(() => (state = rib.work()));
console.log(
  `peers lost           ${((performance.now() - withdrawStart) / 1000).toFixed(2)} s, longest slice ${longest.toFixed(2)} ms; left: ${rib.prefixCount} prefixes, ${rib.pathCount} paths, ${rib.groups.sent(receiver)} sent`,
);
for (const { reader } of readers) reader.close();
console.log(`attribute sets left  ${attributes.size}`);
