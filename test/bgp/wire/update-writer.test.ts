// Packing: few messages, none too long, whole chunks; bytes written by hand where the layout matters.

import test from 'ava';

import { type Family, ipv4Unicast, ipv6Unicast } from '#bgp/net/family.ts';
import { parseAddress } from '#bgp/net/address.ts';
import { asn } from '#bgp/net/asn.ts';
import { routerId } from '#bgp/net/router-id.ts';
import { type AttrSetId, AttributeSets } from '#bgp/wire/attribute-sets.ts';
import { type PathAttributes, SegmentType, emptyAttributes, encodePathAttributes } from '#bgp/wire/attributes.ts';
import { messageLength } from '#bgp/wire/message.ts';
import { UpdateWriter } from '#bgp/wire/update-writer.ts';
import {
  asPath,
  concat,
  fromHex,
  makeReader,
  message,
  mpReach,
  nextHop,
  origin,
  prefixesIn,
  toHex,
  update,
} from './bytes.ts';

const plain: PathAttributes = {
  ...emptyAttributes,
  asPath: [{ type: SegmentType.Sequence, asns: [asn(65001), asn(65002)] }],
  nextHop: parseAddress('192.0.2.1'),
};
const plain6: PathAttributes = { ...plain, nextHop: parseAddress('2001:db8::1') };

function intern(sets: AttributeSets, value: PathAttributes): AttrSetId {
  const bytes = encodePathAttributes(value);
  return sets.intern(bytes, 0, bytes.length);
}

class Output {
  readonly attributes: AttributeSets = new AttributeSets();
  readonly chunks: Uint8Array[] = [];
  announced = 0;
  readonly writer: UpdateWriter;

  constructor(hasFourOctetAsn = true, chunkBytes?: number) {
    const emit = (chunk: Uint8Array, messages: number): void => {
      this.chunks.push(chunk);
      this.announced += messages;
    };
    const options = { attributes: this.attributes, hasFourOctetAsn, emit };
    this.writer = new UpdateWriter(chunkBytes === undefined ? options : { ...options, chunkBytes });
  }

  /** All messages handed out, each checked by messageLength. */
  messages(): Uint8Array[] {
    const found: Uint8Array[] = [];
    for (const chunk of this.chunks) {
      let at = 0;
      while (at < chunk.length) {
        const length = messageLength(chunk, at, chunk.length);
        if (length === 0) throw new Error('a chunk ends inside of a message');
        found.push(chunk.slice(at, at + length));
        at += length;
      }
    }
    return found;
  }

  hex(): string[] {
    return this.messages().map(toHex);
  }
}

/** Prefixes announced or withdrawn by the messages, by what a reader finds. */
function read(
  output: Output,
  family: Family,
  hasFourOctetAsn = true,
): { reached: string[]; withdrawn: string[]; attr: Set<number> } {
  const reader = makeReader({ attributes: output.attributes, hasFourOctetAsn, acceptsAsSets: true });
  const reached: string[] = [];
  const withdrawn: string[] = [];
  const attr = new Set<number>();
  for (const bytes of output.messages()) {
    reader.read(bytes, 0, bytes.length);
    if (reader.isTreatAsWithdraw) throw new Error(reader.faultReason);
    if (family === ipv4Unicast) {
      reached.push(...prefixesIn(bytes, reader.nlriStart, reader.nlriEnd, family));
      withdrawn.push(...prefixesIn(bytes, reader.withdrawnStart, reader.withdrawnEnd, family));
      if (reader.attr !== 0) attr.add(reader.attr);
    } else {
      reached.push(...prefixesIn(bytes, reader.reachStart, reader.reachEnd, family));
      withdrawn.push(...prefixesIn(bytes, reader.unreachStart, reader.unreachEnd, family));
      if (reader.mpAttr !== 0) attr.add(reader.mpAttr);
    }
  }
  reader.close();
  return { reached, withdrawn, attr };
}

test('IPv4 routes stand in the NLRI field behind their attributes (RFC 4271 §4.3)', (t) => {
  const output = new Output();
  t.true(output.writer.beginReach(intern(output.attributes, plain), ipv4Unicast));
  output.writer.addPrefix(0xc6336400 | 0, 0, 0, 0, 24);
  output.writer.addPrefix(0x0a000000, 0, 0, 0, 8);
  output.writer.flush();
  t.deepEqual(output.hex(), [
    toHex(update({ attributes: [origin, asPath, nextHop], nlri: fromHex('18 c63364 08 0a') })),
  ]);
});

test('MP_REACH_NLRI comes first, then the other attributes without NEXT_HOP (RFC 7606 §5.1)', (t) => {
  const output = new Output();
  t.true(output.writer.beginReach(intern(output.attributes, plain6), ipv6Unicast));
  output.writer.addPrefix(0x20010db8, 0x00010000, 0, 0, 48);
  output.writer.flush();
  // Ours has the long form of the length.
  const long = concat([0x90, 14, 0, mpReach[2]], mpReach.subarray(3));
  t.deepEqual(output.hex(), [toHex(update({ attributes: [long, origin, asPath] }))]);
});

test('withdraws and End-of-RIB of both families (RFC 4271 §4.3, RFC 4760 §4, RFC 4724 §2)', (t) => {
  const output = new Output();
  output.writer.beginWithdraw(ipv4Unicast);
  output.writer.addPrefix(0x0a000000, 0, 0, 0, 8);
  output.writer.beginWithdraw(ipv6Unicast);
  output.writer.addPrefix(0x20010db8, 0, 0, 0, 32);
  output.writer.addEndOfRib(ipv4Unicast);
  output.writer.addEndOfRib(ipv6Unicast);
  output.writer.flush();
  t.deepEqual(
    output.hex(),
    ['0002 080a 0000', '0000 000c 90 0f 0008 0002 01 20 20010db8', '0000 0000', '0000 0007 90 0f 0003 0002 01'].map(
      (body) => toHex(message(2, fromHex(body))),
    ),
  );
  t.is(output.announced, 4);
});

for (const family of [ipv4Unicast, ipv6Unicast]) {
  test(`many ${family.title} routes go out in as few messages as fit, whole chunks at a time`, (t) => {
    const output = new Output();
    const id = intern(output.attributes, family === ipv4Unicast ? plain : plain6);
    const count = 40_000;
    t.true(output.writer.beginReach(id, family));
    for (let index = 0; index < count; index++)
      output.writer.addPrefix(index << 8, index, 0, 0, family === ipv4Unicast ? 24 : 64);
    output.writer.beginWithdraw(family);
    for (let index = 0; index < count; index++)
      output.writer.addPrefix(index << 8, index, 0, 0, family === ipv4Unicast ? 24 : 64);
    output.writer.flush();
    const { reached, withdrawn, attr } = read(output, family);
    t.is(new Set(reached).size, count);
    t.deepEqual(withdrawn, reached);
    t.deepEqual([...attr], [id]);
    const size = family === ipv4Unicast ? 4 : 9;
    const overhead = family === ipv4Unicast ? 23 + 4 + 13 + 7 : 23 + 4 + 21 + 4 + 13;
    const perMessage = Math.floor((4096 - overhead) / size);
    const perWithdraw = Math.floor((4096 - (family === ipv4Unicast ? 23 : 30)) / size);
    t.is(output.announced, Math.ceil(count / perMessage) + Math.ceil(count / perWithdraw));
    t.is(output.messages().length, output.announced);
    t.true(output.chunks.length <= Math.ceil((count * size * 2) / 60_000) + 1);
  });
}

test('what was handed out is never written again', (t) => {
  const output = new Output(true, 9000);
  const id = intern(output.attributes, plain);
  const copies: Uint8Array[] = [];
  for (let round = 0; round < 200; round++) {
    output.writer.beginReach(id, ipv4Unicast);
    for (let index = 0; index <= round * 7; index++) output.writer.addPrefix((round << 20) | (index << 8), 0, 0, 0, 24);
    output.writer.flush();
    while (copies.length < output.chunks.length) copies.push(output.chunks[copies.length].slice());
  }
  t.true(copies.length > 200);
  for (const [index, chunk] of output.chunks.entries()) t.deepEqual(chunk, copies[index]);
});

test('a flush in between goes on with the same attributes', (t) => {
  const output = new Output();
  output.writer.beginReach(intern(output.attributes, plain), ipv4Unicast);
  output.writer.addPrefix(0x0a000000, 0, 0, 0, 8);
  output.writer.flush();
  output.writer.flush();
  output.writer.addPrefix(0x0b000000, 0, 0, 0, 8);
  output.writer.flush();
  t.is(output.chunks.length, 2);
  t.deepEqual(read(output, ipv4Unicast).reached, ['10.0.0.0/8', '11.0.0.0/8']);
});

for (const family of [ipv4Unicast, ipv6Unicast]) {
  test(`attributes that leave no room for one ${family.title} route are refused, those that just fit are sent`, (t) => {
    const output = new Output();
    const base = family === ipv4Unicast ? plain : plain6;
    const withUnknown = (length: number): AttrSetId =>
      intern(output.attributes, { ...base, unknown: [{ flags: 0xc0, code: 99, value: new Uint8Array(length) }] });
    const room = 4096 - 23 - 4 - 13 - (family === ipv4Unicast ? 7 + 5 : 25 + 17) - 4;
    t.false(output.writer.beginReach(withUnknown(room + 1), family));
    t.throws(() => output.writer.addPrefix(0, 0, 0, 0, 0), { instanceOf: RangeError });
    t.true(output.writer.beginReach(withUnknown(room), family));
    output.writer.addPrefix(-1, -1, -1, -1, family.maxLength);
    output.writer.addPrefix(0, 0, 0, 0, family.maxLength);
    output.writer.flush();
    t.deepEqual(
      output.messages().map((bytes) => bytes.length),
      [4096, 4096],
    );
    t.is(read(output, family).reached.length, 2);
  });
}

test('a set without a next hop of the family is refused', (t) => {
  const output = new Output();
  t.false(output.writer.beginReach(intern(output.attributes, { ...plain, nextHop: undefined }), ipv4Unicast));
  t.false(output.writer.beginReach(intern(output.attributes, plain6), ipv4Unicast));
  t.false(output.writer.beginReach(intern(output.attributes, plain), ipv6Unicast));
});

test('a two-octet session gets AS_TRANS with AS4_PATH and AS4_AGGREGATOR, in order (RFC 6793 §4.2.2)', (t) => {
  const output = new Output(false);
  const id = intern(output.attributes, {
    ...plain,
    asPath: [
      { type: SegmentType.Sequence, asns: [asn(65001), asn(4_200_000_001)] },
      { type: SegmentType.Set, asns: [asn(7), asn(65536)] },
    ],
    aggregator: { asn: asn(4_200_000_001), address: routerId(0) },
    communities: [1],
    largeCommunities: [[1, 2, 3]],
  });
  output.writer.beginReach(id, ipv4Unicast);
  output.writer.addPrefix(0x0a000000, 0, 0, 0, 8);
  output.writer.flush();
  const expected = update({
    attributes: [
      origin,
      fromHex('40 02 0c 0202 fde9 5ba0 0102 0007 5ba0'),
      nextHop,
      fromHex('c0 07 06 5ba0 00000000'),
      fromHex('c0 08 04 00000001'),
      fromHex('c0 11 14 0202 0000fde9 fa56ea01 0102 00000007 00010000'),
      fromHex('c0 12 08 fa56ea01 00000000'),
      fromHex('c0 20 0c 000000010000000200000003'),
    ],
    nlri: fromHex('08 0a'),
  });
  t.deepEqual(output.hex(), [toHex(expected)]);
  t.deepEqual([...read(output, ipv4Unicast, false).attr], [id]);
});

test('a two-octet session gets no AS4 attributes when every number fits (RFC 6793 §4.2.2)', (t) => {
  const output = new Output(false);
  output.writer.beginReach(intern(output.attributes, plain), ipv4Unicast);
  output.writer.addPrefix(0x0a000000, 0, 0, 0, 8);
  output.writer.flush();
  t.deepEqual(output.hex(), [
    toHex(update({ attributes: [origin, fromHex('40 02 06 0202 fde9 fdea'), nextHop], nlri: fromHex('08 0a') })),
  ]);
});
