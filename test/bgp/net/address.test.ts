// Addresses and prefixes: text ↔ words, canonical forms (RFC 5952), containment and order.

import { isIPv4, isIPv6 } from 'node:net';
import test from 'ava';
import fc from 'fast-check';
import {
  Address,
  addressBytes,
  compareAddresses,
  formatIpv4,
  isLinkLocal,
  parseAddress,
  parseIpv4,
  parseIpv6,
  readAddress,
} from '#bgp/net/address.ts';
import { hasHostBits, parsePrefix, Prefix } from '#bgp/net/prefix.ts';
import { formatRouterId, parseRouterId } from '#bgp/net/router-id.ts';

const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

test('IPv6 text is canonical as RFC 5952 §4 asks', (t) => {
  const cases: [string, string][] = [
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['::192.0.2.1', '::c000:201'],
    ['fe80::1', 'fe80::1'],
  ];
  for (const [text, canonical] of cases) t.is(parseAddress(text)?.toString(), canonical, text);
});

test('what is not an address is not parsed', (t) => {
  const wrong = [
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.4 ',
    '-1.2.3.4',
    '1.2.3.x',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '::12345',
    'g::',
    '1:2:3:4:5:6:7::8',
    'fe80::1%eth0',
    '::1.2.3',
    '1.2.3.4::',
    '1:2:3:4:5:6:7:1.2.3.4',
    ':1::2',
    '1::2:',
  ];
  for (const text of wrong) t.is(parseAddress(text), undefined, text);
});

test("Node's own parser agrees on which strings are addresses", (t) => {
  const piece = fc.constantFrom('0', '1', 'ffff', '12345', ':', '::', '.', '255', '256', '192.0.2.1', '01');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('');
      return (parseIpv4(text) !== undefined) === isIPv4(text) && (parseIpv6(text) !== undefined) === isIPv6(text);
    }),
    { numRuns: 5_000 },
  );
  t.pass();
});

test('words, text and bytes of an address are the same thing', (t) => {
  fc.assert(
    fc.property(fc.constantFrom<4 | 6>(4, 6), word, word, word, word, (version, a, b, c, d) => {
      const address = version === 4 ? new Address(4, a, 0, 0, 0) : new Address(6, a, b, c, d);
      const parsed = parseAddress(address.toString());
      return (
        parsed !== undefined && parsed.equals(address) && readAddress(version, addressBytes(address), 0).equals(address)
      );
    }),
  );
  t.pass();
});

test('addresses are ordered as unsigned numbers', (t) => {
  const sorted = ['1.0.0.0', '127.255.255.255', '128.0.0.0', '255.255.255.255', '::1', 'ffff::'];
  const shuffled = sorted.toReversed().map((text) => parseAddress(text));
  const addresses = shuffled.filter((address) => address !== undefined);
  t.deepEqual(addresses.sort(compareAddresses).map(String), sorted);
});

test('only fe80::/10 is link-local', (t) => {
  for (const [text, expected] of [
    ['fe80::1', true],
    ['febf::1', true],
    ['fec0::1', false],
    ['2001:db8::', false],
    ['254.128.0.1', false],
  ] as const) {
    const address = parseAddress(text);
    t.truthy(address);
    if (address !== undefined) t.is(isLinkLocal(address), expected, text);
  }
});

test('a router id is a dotted quad other than 0.0.0.0', (t) => {
  const id = parseRouterId('203.0.113.255');
  t.truthy(id);
  if (id !== undefined) t.is(formatRouterId(id), '203.0.113.255');
  for (const wrong of ['0.0.0.0', '1', '::1', '']) t.is(parseRouterId(wrong), undefined);
});

test('host bits behind a prefix length are cleared and can be noticed', (t) => {
  t.is(String(parsePrefix('10.1.2.3/8')), '10.0.0.0/8');
  t.is(String(parsePrefix('2001:db8::1/33')), '2001:db8::/33');
  t.is(String(parsePrefix('255.255.255.255/0')), '0.0.0.0/0');
  t.true(hasHostBits('10.1.2.3/8'));
  t.false(hasHostBits('10.0.0.0/8'));
  t.true(hasHostBits('::1/127'));
  for (const wrong of ['10.0.0.0', '10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/08', 'x/8', '/8']) {
    t.is(parsePrefix(wrong), undefined, wrong);
    t.false(hasHostBits(wrong), wrong);
  }
});

test('a prefix contains exactly what shares its leading bits', (t) => {
  const bits = (w: readonly number[]): string => w.map((value) => (value >>> 0).toString(2).padStart(32, '0')).join('');
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 128 }),
      fc.integer({ min: 0, max: 128 }),
      fc.array(word, { minLength: 4, maxLength: 4 }),
      fc.integer({ min: 0, max: 128 }),
      (shortLength, longLength, words, flip) => {
        const [a, b, c, d] = words;
        const outer = new Prefix(6, shortLength, a, b, c, d);
        const flipped = words.map((value, index) => (index === flip >> 5 ? value ^ (1 << (31 - (flip & 31))) : value));
        const inner = new Prefix(6, longLength, flipped[0], flipped[1], flipped[2], flipped[3]);
        const outerBits = bits([outer.w0, outer.w1, outer.w2, outer.w3]).slice(0, shortLength);
        const innerBits = bits([inner.w0, inner.w1, inner.w2, inner.w3]).slice(0, longLength);
        return outer.contains(inner) === innerBits.startsWith(outerBits);
      },
    ),
  );
  t.false(new Prefix(4, 0, 0, 0, 0, 0).contains(new Prefix(6, 8, 0, 0, 0, 0)));
  t.is(formatIpv4(-1), '255.255.255.255');
});
