// Prefixes on the wire: round trips, host bits, and what is refused (RFC 4271 §4.3, §6.3).

import test from 'ava';
import fc from 'fast-check';

import { ipv4Unicast, ipv6Unicast } from '#bgp/net/family.ts';
import { Prefix } from '#bgp/net/prefix.ts';
import { findNlriFault, prefixSize, writePrefix } from '#bgp/wire/nlri.ts';
import { fromHex, prefixesIn } from './bytes.ts';

const word = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });

for (const family of [ipv4Unicast, ipv6Unicast]) {
  test(`lists of ${family.title} prefixes survive encoding and walking`, (t) => {
    const prefix = fc
      .tuple(fc.integer({ min: 0, max: family.maxLength }), word, word, word, word)
      .map(([length, w0, w1, w2, w3]) => {
        const isIpv4 = family.version === 4;
        return new Prefix(family.version, length, w0, isIpv4 ? 0 : w1, isIpv4 ? 0 : w2, isIpv4 ? 0 : w3);
      });
    fc.assert(
      fc.property(fc.array(prefix, { maxLength: 40 }), fc.integer({ min: 0, max: 9 }), (prefixes, offset) => {
        const buffer = new Uint8Array(1024).fill(0xff);
        let at = offset;
        for (const { w0, w1, w2, w3, length } of prefixes) {
          const next = writePrefix(buffer, at, w0, w1, w2, w3, length);
          t.is(next - at, prefixSize(length));
          at = next;
        }
        t.is(findNlriFault(buffer, offset, at, family.maxLength, false), undefined);
        t.deepEqual(prefixesIn(buffer, offset, at, family), prefixes.map(String));
        if (at > offset && buffer[at - 1] !== at) t.is(buffer[at], 0xff);
      }),
    );
  });
}

test('host bits are cleared in both directions (RFC 4271 §4.3)', (t) => {
  const bytes = fromHex('0a 0aff 21 20010db8 ff 19 0a0000ff');
  t.deepEqual(prefixesIn(bytes, 0, 3, ipv4Unicast), ['10.192.0.0/10']);
  t.deepEqual(prefixesIn(bytes, 3, 9, ipv6Unicast), ['2001:db8:8000::/33']);
  t.deepEqual(prefixesIn(bytes, 9, 14, ipv4Unicast), ['10.0.0.128/25']);
  const out = new Uint8Array(5);
  writePrefix(out, 0, 0x0affffff, 0, 0, 0, 10);
  t.deepEqual(out, fromHex('0a 0ac0 0000'));
});

test('words of a prefix before do not shine through', (t) => {
  const bytes = fromHex('80 20010db8ffffffffffffffffffffffff 20 20010db8 00');
  t.deepEqual(prefixesIn(bytes, 0, bytes.length, ipv6Unicast), [
    '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff/128',
    '2001:db8::/32',
    '::/0',
  ]);
});

test('prefixes that are too long or cut short are faults (RFC 4271 §6.3)', (t) => {
  t.is(findNlriFault(fromHex('21 0a00000000'), 0, 6, 32, false), 'prefix length 33');
  t.is(findNlriFault(fromHex('81'), 0, 1, 128, false), 'prefix length 129');
  t.is(findNlriFault(fromHex('18 0a0000 18 0a00'), 0, 7, 32, false), 'prefix cut short');
  t.is(findNlriFault(fromHex('18'), 0, 1, 32, false), 'prefix cut short');
  t.is(findNlriFault(fromHex('00 00'), 0, 2, 32, false), undefined);
});
