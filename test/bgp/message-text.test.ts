// What debugging says of an OPEN and an UPDATE: by octets, and that no octets whatsoever make it throw or go on without end.

import fc from 'fast-check';
import test from 'ava';
import { describeOpen } from '#bgp/open-text.ts';
import { describeUpdate, type TraceFormat } from '#bgp/update-text.ts';

const plain: TraceFormat = { hasFourOctetAsn: true, hasPathIds: () => false };

function update(withdrawn: readonly number[], attributes: readonly number[], nlri: readonly number[]): Uint8Array {
  const length = (octets: readonly number[]): number[] => [octets.length >> 8, octets.length & 255];
  const body = [...length(withdrawn), ...withdrawn, ...length(attributes), ...attributes, ...nlri];
  return Uint8Array.from([...Array.from({ length: 16 }, () => 0xff), 0, 0, 2, ...body]);
}

const asPath = [0x40, 2, 10, 2, 2, 0, 0, 0xfd, 0xe9, 0, 1, 0, 0];

test('an UPDATE is told with its prefixes, AS path, next hop, MED and communities', (t) => {
  const attributes = [
    [0x40, 1, 1, 0],
    asPath,
    [0x40, 3, 4, 192, 0, 2, 1],
    [0x80, 4, 4, 0, 0, 0, 50],
    [0xc0, 8, 8, 0xfd, 0xe8, 0, 100, 0xff, 0xff, 0xff, 0x01],
    [0xc0, 32, 12, 0, 0, 0xfd, 0xe8, 0, 0, 0, 1, 0, 0, 0, 2],
    [0xc0, 35, 4, 0, 0, 0xfd, 0xe9],
    [0xc0, 99, 2, 1, 2],
  ].flat();
  t.is(
    describeUpdate(update([16, 10, 9], attributes, [24, 203, 0, 113, 0]), plain),
    'announces 203.0.113.0/24 0.0.0.0/0, withdraws 10.9.0.0/16, origin IGP, AS path 65001 65536, next hop 192.0.2.1, MED 50, ' +
      'communities 65000:100 no-export, large communities 65000:1:2, only to customer 65001, attribute 99 of 2 octets',
  );
  t.is(describeUpdate(update([], [], []), plain), 'End-of-RIB for ipv4-unicast');
});

test('IPv6 prefixes, path identifiers and two-octet AS numbers are read as the session has agreed', (t) => {
  const hop = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
  const reach = [0, 2, 1, 16, ...hop, 0, 32, 0x20, 0x01, 0x0d, 0xb8];
  const attributes = [0x80, 14, reach.length, ...reach, 0x40, 2, 6, 2, 2, 0xfd, 0xe9, 0xfd, 0xea];
  t.is(
    describeUpdate(update([], attributes, [0, 0, 0, 7, 8, 10]), {
      hasFourOctetAsn: false,
      hasPathIds: ({ version }) => version === 4,
    }),
    'announces 10.0.0.0/8#7, announces ipv6-unicast 2001:db8::/32, next hop 2001:db8::1, AS path 65001 65002',
  );
  t.is(describeUpdate(update([], [0x80, 15, 3, 0, 2, 1], []), plain), 'End-of-RIB for ipv6-unicast');
  t.is(describeUpdate(update([], [0x80, 15, 5, 0, 2, 1, 8, 0x20], []), plain), 'withdraws ipv6-unicast 2000::/8');
});

test('long lists are counted, and what is malformed is told with what was read before', (t) => {
  const many = Array.from({ length: 200 }, (_, index) => [16, 10, index]).flat();
  t.regex(
    describeUpdate(update([], asPath, many), plain),
    /^announces 10\.0\.0\.0\/16 .* 10\.9\.0\.0\/16 and 190 more, AS/,
  );
  t.is(
    describeUpdate(update([], asPath, [8, 10, 33, 1]), plain),
    'announces 10.0.0.0/8 (malformed), AS path 65001 65536',
  );
  t.is(
    describeUpdate(update([], [...asPath, 0x40, 3, 4, 1], []), plain),
    'AS path 65001 65536, malformed: attribute 3 runs past the attributes',
  );
  t.is(describeUpdate(update([], [0x40, 3, 2, 1, 1], []), plain), 'malformed: attribute 3');
});

test('an OPEN is told with what its capabilities say, escapes and all left out', (t) => {
  const capabilities = [
    [1, 4, 0, 1, 0, 1],
    [2, 0],
    [9, 1, 3],
    [64, 6, 0x80, 120, 0, 1, 1, 0x80],
    [65, 4, 0, 1, 0, 0],
    [69, 4, 0, 1, 1, 3],
    [73, 8, 4, 116, 0x1b, 114, 49, 2, 120, 121],
    [200, 1, 1],
  ].flat();
  const parameters = [2, capabilities.length, ...capabilities];
  const body = [4, 0x5b, 0xa0, 0, 90, 192, 0, 2, 1, parameters.length, ...parameters];
  const message = Uint8Array.from([...Array.from({ length: 16 }, () => 0xff), 0, 19 + body.length, 1, ...body]);
  const text = describeOpen(message);
  t.regex(
    text,
    /^version 4, AS 23456, hold time 90 s, identifier 192\.0\.2\.1, capabilities multiprotocol ipv4-unicast; route refresh; role customer; graceful restart 120 s R ipv4-unicast F; /,
  );
  t.regex(
    text,
    /; 4-octet AS[^;]* 65536; [^;]* ipv4-unicast receive and send; FQDN [^;]*; capability 200 of 1 octets$/,
  );
  t.false(text.includes('\u001b'));
  t.is(describeOpen(message.subarray(0, 28)), 'malformed: too short');
  t.regex(describeOpen(message.subarray(0, 40)), /^malformed: OPEN Message Error.*: optional parameters/);
});

type Listed = readonly [number, readonly number[]];

/** An OPEN in the extended form (RFC 9072), whatever its capabilities hold. */
function openOf(capabilities: readonly Listed[]): Uint8Array {
  const words = (length: number): number[] => [length >> 8, length & 255];
  const values = capabilities.flatMap(([code, value]) => [code, value.length, ...value]);
  const parameters = [2, ...words(values.length), ...values];
  const body = [4, 0x5b, 0xa0, 0, 90, 192, 0, 2, 1, 255, 255, ...words(parameters.length), ...parameters];
  return Uint8Array.from([...Array.from({ length: 16 }, () => 0xff), ...words(19 + body.length), 1, ...body]);
}

test('many capabilities, and long ones, are told in part', (t) => {
  const many = Array.from({ length: 60 }, (_, index): Listed => [200, [index]]);
  t.regex(describeOpen(openOf(many)), /capabilities (capability 200 of 1 octets; ){32}and 28 more$/);
  const families = Array.from({ length: 60 }, () => [0, 1, 1, 3]).flat();
  t.regex(describeOpen(openOf([[69, families]])), /add-path (ipv4-unicast receive and send, ){32}and 28 more$/);
  const name = [100, ...Array.from({ length: 100 }, () => 120)];
  const text = describeOpen(openOf(Array.from({ length: 32 }, (): Listed => [73, [...name, ...name]])));
  t.is(text.length, 2_001);
  t.true(text.endsWith('x…'));
});

test('whatever capabilities hold, an OPEN is told, or its fault', (t) => {
  const value = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 40 });
  const code = fc.constantFrom(1, 2, 5, 6, 9, 64, 65, 69, 70, 71, 73, 75, 200);
  let told = 0;
  fc.assert(
    fc.property(fc.array(fc.tuple(code, value), { maxLength: 50 }), (capabilities) => {
      const text = describeOpen(openOf(capabilities));
      if (text.startsWith('version 4, ')) told++;
      return text.length <= 2_001 && (text.startsWith('version 4, ') || text.startsWith('malformed: '));
    }),
    { numRuns: 1000 },
  );
  t.true(told > 20, `${told} of 1000 could be read`);
});

test('no octets make the words long or throw', (t) => {
  const any = fc.uint8Array({ minLength: 19, maxLength: 600 });
  const lists = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 300 });
  fc.assert(
    fc.property(any, lists, lists, fc.boolean(), (message, attributes, nlri, isOdd) => {
      const format = { hasFourOctetAsn: isOdd, hasPathIds: () => isOdd };
      const codes = attributes.map((octet, index) => (index % 9 === 1 ? octet % 33 : octet));
      for (const text of [
        describeOpen(message),
        describeUpdate(message, format),
        describeUpdate(update(nlri, codes, nlri), format),
      ]) {
        if (text.length > 2_001) return false;
      }
      return true;
    }),
    { numRuns: 500 },
  );
  t.pass();
});
