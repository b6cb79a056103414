// Encodings that a session agrees upon: path identifiers (RFC 7911), IPv6 next hops of IPv4 routes (RFC 8950), messages of up to 65,535
// octets (RFC 8654). Bytes are written by hand where the layout matters.

import test from 'ava';
import fc from 'fast-check';

import { parseAddress } from '#bgp/net/address.ts';
import { type Family, ipv4Unicast, ipv6Unicast } from '#bgp/net/family.ts';
import { asn } from '#bgp/net/asn.ts';
import { type AttrSetId, AttributeSets } from '#bgp/wire/attribute-sets.ts';
import { type PathAttributes, SegmentType, emptyAttributes, encodePathAttributes } from '#bgp/wire/attributes.ts';
import { UpdateWriter, type UpdateWriterOptions } from '#bgp/wire/update-writer.ts';
import { asPath, attribute, concat, fromHex, makeReader, nextHop, origin, prefixesIn, toHex, update } from './bytes.ts';

import { attributesWith, attributesWithout, outcomeOf } from './update-outcome.ts';

const plain: PathAttributes = {
  ...emptyAttributes,
  asPath: [{ type: SegmentType.Sequence, asns: [asn(65001), asn(65002)] }],
  nextHop: parseAddress('192.0.2.1'),
};
const byIpv6: PathAttributes = { ...plain, nextHop: parseAddress('2001:db8::1') };
const global = '20010db8000000000000000000000001';
const linkLocal = 'fe800000000000000000000000000002';

class Output {
  readonly attributes: AttributeSets = new AttributeSets();
  readonly messages: Uint8Array[] = [];
  readonly chunks: Uint8Array[] = [];
  readonly writer: UpdateWriter;

  constructor(options: Partial<UpdateWriterOptions> = {}) {
    this.writer = new UpdateWriter({
      attributes: this.attributes,
      hasFourOctetAsn: true,
      ...options,
      emit: (chunk) => {
        this.chunks.push(chunk);
        for (let at = 0; at < chunk.length;) {
          const length = (chunk[at + 16] << 8) | chunk[at + 17];
          this.messages.push(chunk.slice(at, at + length));
          at += length;
        }
      },
    });
  }

  intern(value: PathAttributes): AttrSetId {
    const bytes = encodePathAttributes(value);
    return this.attributes.intern(bytes, 0, bytes.length);
  }
}

test('path identifiers stand before every prefix, announced or withdrawn, of both families (RFC 7911 §3)', (t) => {
  const output = new Output({ hasPathIds: true });
  const { writer } = output;
  t.true(writer.beginReach(output.intern(plain), ipv4Unicast));
  writer.addPrefix(0x0a000000, 0, 0, 0, 8, 1);
  writer.addPrefix(0x0a000000, 0, 0, 0, 8, 0xffff_ffff);
  writer.beginWithdraw(ipv4Unicast);
  writer.addPrefix(0, 0, 0, 0, 0, 7);
  t.true(writer.beginReach(output.intern(byIpv6), ipv6Unicast));
  writer.addPrefix(0x20010db8, 0, 0, 0, 32, 3);
  writer.beginWithdraw(ipv6Unicast);
  writer.addPrefix(0x20010db8, 0, 0, 0, 32, 4);
  writer.addEndOfRib(ipv4Unicast);
  writer.addEndOfRib(ipv6Unicast);
  writer.flush();
  const reach = attribute(0x90, 14, fromHex(`0002 01 10 ${global} 00 00000003 20 20010db8`));
  t.deepEqual(
    output.messages.map(toHex),
    [
      update({ attributes: [origin, asPath, nextHop], nlri: fromHex('00000001 08 0a ffffffff 08 0a') }),
      update({ withdrawn: fromHex('00000007 00') }),
      update({ attributes: [reach, origin, asPath] }),
      update({ attributes: [attribute(0x90, 15, fromHex('0002 01 00000004 20 20010db8'))] }),
      update({}),
      update({ attributes: [attribute(0x90, 15, fromHex('0002 01'))] }),
    ].map(toHex),
  );
});

test('path identifiers are read per family, as they were agreed upon (RFC 7911 §4)', (t) => {
  const reader = makeReader({ addPath: [ipv4Unicast] });
  t.deepEqual([reader.hasPathIds(ipv4Unicast), reader.hasPathIds(ipv6Unicast)], [true, false]);
  const reach = attribute(0x80, 14, fromHex(`0002 01 10 ${global} 00 20 20010db8`));
  const bytes = update({
    withdrawn: fromHex('00000007 08 0b'),
    attributes: [reach, ...attributesWith('ebgp')],
    nlri: fromHex('00000001 08 0a 00000002 08 0a'),
  });
  t.is(outcomeOf(reader, bytes), 'kept');
  const found = (start: number, end: number, family: Family): string[] =>
    prefixesIn(bytes, start, end, family, reader.hasPathIds(family));
  t.deepEqual(found(reader.withdrawnStart, reader.withdrawnEnd, ipv4Unicast), ['7 11.0.0.0/8']);
  t.deepEqual(found(reader.nlriStart, reader.nlriEnd, ipv4Unicast), ['1 10.0.0.0/8', '2 10.0.0.0/8']);
  t.deepEqual(found(reader.reachStart, reader.reachEnd, ipv6Unicast), ['2001:db8::/32']);
  const mp = makeReader({ addPath: [ipv6Unicast] });
  const withIds = update({
    attributes: [attribute(0x80, 14, fromHex(`0002 01 10 ${global} 00 00000009 20 20010db8`)), origin, asPath],
  });
  t.is(outcomeOf(mp, withIds), 'kept');
  t.deepEqual(prefixesIn(withIds, mp.reachStart, mp.reachEnd, ipv6Unicast, true), ['9 2001:db8::/32']);
});

test('a path identifier that is cut, or has no prefix, is a field that cannot be read (RFC 7606 §3 j)', (t) => {
  const addPath = [ipv4Unicast, ipv6Unicast];
  for (const bad of ['00', '00000001', '00000001 21 0a00000000', '00000001 08', '00000001 08 0a 0000']) {
    const nlri = fromHex(bad);
    t.is(outcomeOf(makeReader({ addPath }), update({ attributes: attributesWith('ebgp'), nlri })), 'reset 3/10', bad);
    t.is(outcomeOf(makeReader({ addPath }), update({ withdrawn: nlri })), 'reset 3/10', bad);
    const unreach = attribute(0x80, 15, concat(fromHex('0002 01'), fromHex(bad.replace('21', '81'))));
    t.is(outcomeOf(makeReader({ addPath }), update({ attributes: [unreach] })), 'disable 2/1', bad);
  }
});

test('End-of-RIB needs no path identifier (RFC 7911, RFC 4724 §2)', (t) => {
  const reader = makeReader({ addPath: [ipv4Unicast, ipv6Unicast] });
  t.is(outcomeOf(reader, update({})), 'kept');
  t.is(reader.endOfRib, ipv4Unicast);
  outcomeOf(reader, update({ attributes: [attribute(0x80, 15, fromHex('0002 01'))] }));
  t.is(reader.endOfRib, ipv6Unicast);
});

test('many paths with identifiers survive the way through messages of either greatest length', (t) => {
  for (const maxMessageLength of [4096, 65_535]) {
    const output = new Output({ hasPathIds: true, maxMessageLength });
    const id = output.intern(plain);
    output.writer.beginReach(id, ipv4Unicast);
    const expected: string[] = [];
    for (let index = 0; index < 30_000; index++) {
      output.writer.addPrefix((index % 5000) << 12, 0, 0, 0, 20, index + 1);
      const third = (index % 5000) << 12;
      expected.push(`${index + 1} ${third >>> 24}.${(third >>> 16) & 255}.${(third >>> 8) & 255}.0/20`);
    }
    output.writer.flush();
    const reader = makeReader({ attributes: output.attributes, addPath: [ipv4Unicast] });
    const found: string[] = [];
    for (const bytes of output.messages) {
      t.true(bytes.length <= maxMessageLength);
      t.is(outcomeOf(reader, bytes), 'kept');
      t.is(reader.attr, id);
      found.push(...prefixesIn(bytes, reader.nlriStart, reader.nlriEnd, ipv4Unicast, true));
    }
    t.deepEqual(found, expected);
    t.true(output.messages.length <= Math.ceil(240_000 / (maxMessageLength - 60)) + 1);
  }
});

test('IPv4 routes with an IPv6 next hop go out in MP_REACH_NLRI when that was agreed upon (RFC 8950 §3)', (t) => {
  const output = new Output({ hasExtendedNextHop: true });
  t.true(output.writer.beginReach(output.intern(byIpv6), ipv4Unicast));
  output.writer.addPrefix(0xc6336400 | 0, 0, 0, 0, 24);
  const both = { ...byIpv6, linkLocalNextHop: parseAddress('fe80::2') };
  t.true(output.writer.beginReach(output.intern(both), ipv4Unicast));
  output.writer.addPrefix(0xc6336400 | 0, 0, 0, 0, 24);
  t.true(output.writer.beginReach(output.intern(plain), ipv4Unicast));
  output.writer.addPrefix(0xc6336400 | 0, 0, 0, 0, 24);
  output.writer.flush();
  t.deepEqual(
    output.messages.map(toHex),
    [
      update({ attributes: [attribute(0x90, 14, fromHex(`0001 01 10 ${global} 00 18 c63364`)), origin, asPath] }),
      update({
        attributes: [attribute(0x90, 14, fromHex(`0001 01 20 ${global}${linkLocal} 00 18 c63364`)), origin, asPath],
      }),
      update({ attributes: [origin, asPath, nextHop], nlri: fromHex('18 c63364') }),
    ].map(toHex),
  );
  t.false(new Output().writer.beginReach(output.intern(byIpv6), ipv4Unicast));
});

test('IPv4 routes with an IPv6 next hop are taken when that was agreed upon, else the length is unexpected (RFC 8950 §4)', (t) => {
  for (const [hop, linkLocalNextHop] of [
    [`10 ${global}`, undefined],
    [`20 ${global}${linkLocal}`, 'fe80::2'],
  ] as const) {
    const reach = attribute(0x80, 14, fromHex(`0001 01 ${hop} 00 18 c63364`));
    const bytes = update({ attributes: [reach, ...attributesWithout('ebgp', 3)] });
    t.is(outcomeOf(makeReader(), bytes), 'disable 1/1');
    const attributes = new AttributeSets();
    const reader = makeReader({ attributes, hasExtendedNextHop: true });
    t.is(outcomeOf(reader, bytes), 'kept');
    t.is(reader.reachFamily, ipv4Unicast);
    const decoded = attributes.decode(reader.mpAttr);
    t.deepEqual([String(decoded.nextHop), decoded.linkLocalNextHop?.toString()], ['2001:db8::1', linkLocalNextHop]);
    t.deepEqual(prefixesIn(bytes, reader.reachStart, reader.reachEnd, ipv4Unicast), ['198.51.100.0/24']);
  }
  const bad = attribute(0x80, 14, fromHex(`0001 01 10 ff02${'00'.repeat(14)} 00 18 c63364`));
  const reader = makeReader({ hasExtendedNextHop: true });
  t.is(outcomeOf(reader, update({ attributes: [bad, ...attributesWithout('ebgp', 3)] })), 'withdraw 14');
});

test('a set of 60,000 octets goes to who takes extended messages, and to nobody else (RFC 8654 §4)', (t) => {
  const large = { ...plain, unknown: [{ flags: 0xd0, code: 99, value: new Uint8Array(60_000).fill(7) }] };
  for (const family of [ipv4Unicast, ipv6Unicast]) {
    const value = family === ipv4Unicast ? large : { ...large, nextHop: byIpv6.nextHop };
    const output = new Output({ maxMessageLength: 65_535 });
    const id = output.intern(value);
    t.true(output.writer.beginReach(id, family));
    for (let index = 0; index < 3000; index++) output.writer.addPrefix(index << 8, 0, 0, 0, 24);
    output.writer.flush();
    const reader = makeReader({ attributes: output.attributes });
    let count = 0;
    for (const bytes of output.messages) {
      t.is(outcomeOf(reader, bytes), 'kept');
      t.is(family === ipv4Unicast ? reader.attr : reader.mpAttr, id);
      const [start, end] =
        family === ipv4Unicast ? [reader.nlriStart, reader.nlriEnd] : [reader.reachStart, reader.reachEnd];
      count += prefixesIn(bytes, start, end, family).length;
    }
    t.is(count, 3000);
    const short = new Output();
    t.false(short.writer.beginReach(short.intern(value), family));
    t.throws(() => short.writer.addPrefix(0, 0, 0, 0, 0), { instanceOf: RangeError });
  }
});

test('the longest attributes that leave room for a prefix fill a message of 65,535 octets', (t) => {
  const room = 65_535 - 23 - 4 - 13 - 7 - 5 - 4;
  const withUnknown = (length: number): PathAttributes => ({
    ...plain,
    unknown: [{ flags: 0xd0, code: 99, value: new Uint8Array(length) }],
  });
  const output = new Output({ maxMessageLength: 65_535 });
  t.false(output.writer.beginReach(output.intern(withUnknown(room + 1)), ipv4Unicast));
  t.true(output.writer.beginReach(output.intern(withUnknown(room)), ipv4Unicast));
  output.writer.addPrefix(-1, 0, 0, 0, 32);
  output.writer.addPrefix(1, 0, 0, 0, 32);
  output.writer.flush();
  t.deepEqual(
    output.messages.map((bytes) => bytes.length),
    [65_535, 65_535],
  );
});

test('short messages to who takes extended ones share chunks', (t) => {
  const output = new Output({ maxMessageLength: 65_535 });
  for (let index = 0; index < 500; index++) {
    t.true(output.writer.beginReach(output.intern({ ...plain, med: index }), ipv4Unicast));
    output.writer.addPrefix(index << 8, 0, 0, 0, 24);
  }
  output.writer.flush();
  t.is(output.messages.length, 500);
  t.is(output.chunks.length, 1);
});

test('any sequence of sets and prefixes comes back whole, whatever the greatest length', (t) => {
  const step = fc.record({ octets: fc.integer({ min: 0, max: 5000 }), prefixes: fc.integer({ min: 1, max: 4000 }) });
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 6 }),
      fc.constantFrom(4096, 65_535),
      fc.constantFrom(65_536, 70_000, 200_000),
      (steps, maxMessageLength, chunkBytes) => {
        const output = new Output({ maxMessageLength, chunkBytes });
        let sent = 0;
        for (const { octets, prefixes } of steps) {
          const value = { ...plain, unknown: [{ flags: 0xd0, code: 99, value: new Uint8Array(octets) }] };
          if (!output.writer.beginReach(output.intern(value), ipv4Unicast)) continue;
          for (let index = 0; index < prefixes; index++) output.writer.addPrefix(sent++ << 8, 0, 0, 0, 24);
        }
        output.writer.flush();
        const reader = makeReader({ attributes: output.attributes });
        const found = output.messages.flatMap((bytes) => {
          t.true(bytes.length <= maxMessageLength);
          t.is(outcomeOf(reader, bytes), 'kept');
          return prefixesIn(bytes, reader.nlriStart, reader.nlriEnd, ipv4Unicast);
        });
        t.is(found.length, sent);
        t.is(new Set(found).size, sent);
      },
    ),
    { numRuns: 30 },
  );
});

test('a confederation’s segments are not carried in AS4_PATH (RFC 6793 §3)', (t) => {
  const output = new Output({ hasFourOctetAsn: false });
  const segments = [
    { type: SegmentType.ConfedSequence, asns: [asn(65001)] },
    { type: SegmentType.Sequence, asns: [asn(100), asn(4_200_000_001)] },
  ];
  t.true(output.writer.beginReach(output.intern({ ...plain, asPath: segments }), ipv4Unicast));
  output.writer.addPrefix(0x0a000000, 0, 0, 0, 8);
  output.writer.flush();
  const expected = update({
    attributes: [
      origin,
      fromHex('40 02 0a 0301 fde9 0202 0064 5ba0'),
      nextHop,
      fromHex('c0 11 0a 0202 00000064 fa56ea01'),
    ],
    nlri: fromHex('08 0a'),
  });
  t.deepEqual(output.messages.map(toHex), [toHex(expected)]);
  const reader = makeReader({ attributes: output.attributes, kind: 'confederation', hasFourOctetAsn: false });
  t.is(outcomeOf(reader, output.messages[0]), 'kept');
  t.deepEqual(output.attributes.decode(reader.attr).asPath, segments);
});
