// Capabilities one by one: golden octets in both directions, and each one's own malformed values (RFC 5492).

import test from 'ava';
import fc from 'fast-check';
import { asn } from '#bgp/net/asn.ts';
import { type Capability, decodeCapability, nameCapability } from '#bgp/wire/capability.ts';
import * as values from '#bgp/wire/capability-values.ts';
import { fromHex, toHex } from './bytes.ts';

/** What we send, with the octets as FRR, BIRD and GoBGP write them. */
const golden: readonly (readonly [name: string, capability: Capability, code: number, octets: string])[] = [
  ['multiprotocol (RFC 4760 §8)', values.multiprotocolCapability(2, 1), 1, '00020001'],
  ['route refresh (RFC 2918 §2)', values.routeRefreshCapability(), 2, ''],
  [
    'extended next hop (RFC 8950 §4)',
    values.extendedNextHopCapability([{ afi: 1, safi: 1, nextHopAfi: 2 }]),
    5,
    '000100010002',
  ],
  ['extended message (RFC 8654 §3)', values.extendedMessageCapability(), 6, ''],
  ['role (RFC 9234 §4.1)', values.roleCapability(3), 9, '03'],
  [
    'graceful restart of a speaker that comes back (RFC 4724 §3, RFC 8538 §2)',
    values.gracefulRestartCapability({
      isRestarting: true,
      hasNotification: true,
      restartTimeSec: 120,
      families: [
        { afi: 1, safi: 1, isForwardingPreserved: true },
        { afi: 2, safi: 1, isForwardingPreserved: false },
      ],
    }),
    64,
    'c078 00010180 00020100',
  ],
  [
    'graceful restart of a helper',
    values.gracefulRestartCapability({
      isRestarting: false,
      hasNotification: false,
      restartTimeSec: 4095,
      families: [],
    }),
    64,
    '0fff',
  ],
  ['4-octet AS number (RFC 6793 §9)', values.fourOctetAsnCapability(asn(4_200_000_001)), 65, 'fa56ea01'],
  [
    'add-path (RFC 7911 §4)',
    values.addPathCapability([
      { afi: 1, safi: 1, mode: 3 },
      { afi: 2, safi: 1, mode: 1 },
    ]),
    69,
    '00010103 00020101',
  ],
  ['enhanced route refresh (RFC 7313 §3.1)', values.enhancedRefreshCapability(), 70, ''],
  [
    'long-lived graceful restart (RFC 9494 §3.1)',
    values.longLivedCapability([{ afi: 1, safi: 1, isForwardingPreserved: true, staleSec: 0xffffff }]),
    71,
    '00010180ffffff',
  ],
  ['FQDN (draft-walton-bgp-hostname-capability)', values.fqdnCapability('leaf1', 'lab'), 73, '056c65616631036c6162'],
  ['FQDN without a domain', values.fqdnCapability('leaf1', ''), 73, '056c6561663100'],
  ['software version', values.softwareVersionCapability('waggle/2'), 75, '08776167676c652f32'],
];

for (const [name, capability, code, octets] of golden) {
  test(`${name}: the octets are right in both directions`, (t) => {
    const value = fromHex(octets);
    t.is(capability.code, code);
    t.is(toHex(capability.value), toHex(value));
    t.deepEqual(decodeCapability(code, value), capability);
    t.notRegex(nameCapability(code), /^capability \d/);
  });
}

/** undefined: the OPEN gets 2/0. `unknown`: the session does without. */
const malformed: readonly (readonly [code: number, octets: string, outcome: 'refused' | 'unknown'])[] = [
  [1, '', 'refused'],
  [1, '000100', 'refused'],
  [1, '0001000100', 'refused'],
  [2, '00', 'refused'],
  [5, '00010001', 'refused'],
  [5, '00010001000200', 'refused'],
  [6, '01', 'refused'],
  [9, '', 'refused'],
  [9, '0304', 'refused'],
  [64, '', 'refused'],
  [64, 'c0', 'refused'],
  [64, 'c078000101', 'refused'],
  [64, 'c07800010180ff', 'refused'],
  [65, '', 'refused'],
  [65, '0000fd', 'refused'],
  [65, '0000fde900', 'refused'],
  [69, '000101', 'refused'],
  [69, '0001010300', 'refused'],
  [70, '00', 'refused'],
  [71, '000101800000', 'refused'],
  [71, '0001018000000000', 'refused'],
  [73, '', 'unknown'],
  [73, '05', 'unknown'],
  [73, '056c6561', 'unknown'],
  [73, '056c65616631', 'unknown'],
  [73, '056c6561663109', 'unknown'],
  [73, '0000ff', 'unknown'],
  [73, 'ff', 'unknown'],
  [75, '05', 'unknown'],
  [75, '0461', 'unknown'],
  [0, '', 'unknown'],
  [76, '00010100', 'unknown'],
  [128, '00', 'unknown'],
  [255, 'ff'.repeat(255), 'unknown'],
];

for (const [code, octets, outcome] of malformed) {
  test(`capability ${code} of the octets '${octets.slice(0, 20)}' is ${outcome}`, (t) => {
    const value = fromHex(octets);
    t.deepEqual(decodeCapability(code, value), outcome === 'refused' ? undefined : { type: 'unknown', code, value });
  });
}

test('empty lists of families are no fault', (t) => {
  for (const [code, octets] of [
    [5, ''],
    [64, '0000'],
    [69, ''],
    [71, ''],
  ] as const) {
    const capability = decodeCapability(code, fromHex(octets));
    t.true(capability !== undefined && 'families' in capability && capability.families.length === 0);
  }
});

test('names and versions of a peer cannot move the cursor or break a line; empty ones are none', (t) => {
  const name = new TextEncoder().encode('a\u001b[31mb\n"c"');
  const fqdn = decodeCapability(73, Uint8Array.of(name.length, ...name, 2, 0xff, 0x61));
  t.true(fqdn?.type === 'fqdn' && fqdn.hostname === "ab 'c'" && fqdn.domainName === '\ufffda');
  const empty = decodeCapability(73, Uint8Array.of(0, 0));
  t.true(empty?.type === 'fqdn' && empty.hostname === undefined && empty.domainName === undefined);
  const version = new TextEncoder().encode('FRR\u202e/10.5');
  for (const value of [version, Uint8Array.of(version.length, ...version)]) {
    const software = decodeCapability(75, value);
    t.true(software?.type === 'software-version' && software.version === 'FRR /10.5');
  }
  const none = decodeCapability(75, Uint8Array.of());
  t.true(none?.type === 'software-version' && none.version === undefined);
});

test('names that are too long for a capability are cut at a character', (t) => {
  const fqdn = values.fqdnCapability('ü'.repeat(200), 'd'.repeat(300));
  t.is(fqdn.value.length, 242);
  const read = decodeCapability(73, fqdn.value);
  t.true(read?.type === 'fqdn' && read.hostname === 'ü'.repeat(60));
  t.is(values.softwareVersionCapability('v'.repeat(100)).value.length, 65);
});

test('whatever the octets, a capability is read or refused, and keeps its octets', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 255, size: 'max' }), (code, value) => {
      const capability = decodeCapability(code, value);
      if (capability === undefined) return;
      t.is(capability.code, code);
      t.is(capability.value, value);
    }),
    { numRuns: 3000 },
  );
});
