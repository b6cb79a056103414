// What must be among the golden messages: every attribute and capability that the tables of bgp/wire have, read and written, from a real
// daemon; and what no table can say, feature by feature with the daemons that show it. An attribute that is added to its table fails here
// until somebody has captured it (test/golden/bgp/README.md says how).

import test from 'ava';

import { attributeRows } from '#bgp/wire/attribute.ts';
import { CapabilityCode } from '#bgp/wire/capability.ts';
import { decodeOpen } from '#bgp/wire/open.ts';
import { capturedFiles, handmadeFile } from '../../support/golden-files.ts';
import { attributesIn, describeMessage } from '../../support/golden-words.ts';
import { writeAgain } from '../../support/golden-writing.ts';
import { fromHex } from './bytes.ts';

interface Heard {
  /** `FRR` … */
  readonly daemon: string;
  readonly bytes: Uint8Array;
  readonly ours: Uint8Array;
  /** All words of the message, AS_SETs read as well. */
  readonly words: string;
  readonly isTaken: boolean;
}

const captured: readonly Heard[] = capturedFiles.flatMap(({ source, messages }) =>
  messages.map((golden) => {
    const bytes = fromHex(golden.hex);
    const words = describeMessage(bytes, golden, true).join(' | ');
    const isTaken = !golden.reads.some((word) => /^(treat as withdraw|discarded)/.test(word));
    return { daemon: source.split(' ')[0], bytes, ours: writeAgain(bytes, golden), words, isTaken };
  }),
);

const codesOf = (bytes: Uint8Array): number[] => (bytes[18] === 2 ? attributesIn(bytes).map(([, code]) => code) : []);
const capabilitiesOf = (bytes: Uint8Array): number[] =>
  bytes[18] === 1 ? decodeOpen(bytes, 0, bytes.length).capabilities.map(({ code }) => code) : [];

for (const row of attributeRows) {
  if (row === undefined) continue;
  test(`${row.name} (${row.code}) was captured from a daemon, is read, and is written octet by octet`, (t) => {
    const having = captured.filter(({ bytes, isTaken }) => isTaken && codesOf(bytes).includes(row.code));
    t.not(having.length, 0);
    const value = (bytes: Uint8Array): string | undefined =>
      bytes &&
      attributesIn(bytes)
        .find(([, code]) => code === row.code)?.[2]
        .join();
    t.true(having.some(({ bytes, ours }) => value(bytes) === value(ours)));
  });
}

/** Of these there is no capture; the handmade file says why. */
const handmadeCapabilities: readonly number[] = [CapabilityCode.SoftwareVersion];

for (const [name, code] of Object.entries(CapabilityCode)) {
  const isHandmade = handmadeCapabilities.includes(code);
  test(`capability ${name} (${code}) ${isHandmade ? 'is golden by hand' : 'was captured from a daemon'}, is read and written`, (t) => {
    const byDaemons = captured.filter(({ bytes }) => capabilitiesOf(bytes).includes(code));
    t.is(byDaemons.length === 0, isHandmade, 'a capture makes the handmade one needless');
    for (const { ours } of byDaemons) t.true(capabilitiesOf(ours).includes(code));
    if (!isHandmade) return;
    const opens = handmadeFile.messages.filter(({ hex }) => capabilitiesOf(fromHex(hex)).includes(code));
    t.not(opens.length, 0);
    for (const golden of opens) t.true(capabilitiesOf(writeAgain(fromHex(golden.hex), golden)).includes(code));
  });
}

const all = ['BIRD', 'ExaBGP', 'FRR', 'GoBGP', 'OpenBGPD'];

/** What | how it reads | daemons that show it, all of them. */
const features: readonly (readonly [what: string, reads: RegExp, daemons: readonly string[]])[] = [
  ['route target of a two-octet AS', /RT:65001:100 \[0002/, all],
  ['route target of a four-octet AS', /RT:4200000001:7 \[0202/, ['ExaBGP', 'FRR']],
  ['route target of an IPv4 address', /RT:192\.0\.2\.1:5 \[0102/, ['FRR']],
  ['site of origin', /SoO:/, ['BIRD', 'ExaBGP', 'FRR', 'OpenBGPD']],
  ['link bandwidth', /LB:\d+:125000000 .*\[4004/, ['ExaBGP', 'FRR']],
  ['opaque extended community', /\[030[b6]/, all],
  ['IPv6 extended community', /IPV6_EXTENDED_COMMUNITIES 0002/, ['BIRD', 'ExaBGP', 'GoBGP', 'OpenBGPD']],
  ['AIGP', /AIGP 1000 /, ['BIRD', 'ExaBGP', 'GoBGP']],
  ['reflection', /ORIGINATOR_ID \S+ \| CLUSTER_LIST 10\.0\.0\.99/, all],
  ['large communities', /LARGE_COMMUNITY 65001:1:2/, all],
  ['ONLY_TO_CUSTOMER', /ONLY_TO_CUSTOMER 65/, ['BIRD', 'ExaBGP', 'FRR', 'OpenBGPD']],
  ['AS_CONFED_SEQUENCE', /AS_PATH \(65/, ['BIRD', 'FRR']],
  ['AS_CONFED_SET', /AS_PATH \(.*\[65021,65022\]/, ['BIRD', 'FRR']],
  ['AS_SET', /AS_PATH .*\{\d+,\d+\}/, ['ExaBGP', 'FRR']],
  ['an aggregate', /ATOMIC_AGGREGATE \| AGGREGATOR 65/, ['ExaBGP', 'FRR']],
  ['AGGREGATOR of a four-octet AS', /AGGREGATOR 4\d{8,9} /, ['BIRD', 'FRR', 'GoBGP', 'OpenBGPD']],
  ['AS4_PATH', /\| attributes [\d ]*\b17\b/, all],
  ['AS4_AGGREGATOR', /\| attributes [\d ]*\b18\b/, ['BIRD', 'FRR', 'GoBGP', 'OpenBGPD']],
  ['an IPv4 route with an IPv6 next hop', /NEXT_HOP 2001:.*MP_REACH 198\.51/, ['BIRD', 'ExaBGP', 'FRR']],
  ['its withdrawal', /MP_UNREACH 198\.51/, ['BIRD']],
  ['both next hops', /NEXT_HOP 2001:db8:91::2 fe80::/, ['BIRD', 'FRR']],
  ['add-path, IPv4', /\| REACH \d+ \d+\./, all],
  ['add-path, IPv4 withdrawn', /\| UNREACH \d+ \d+\./, ['BIRD', 'FRR', 'GoBGP', 'OpenBGPD']],
  ['add-path, IPv6', /\| MP_REACH \d+ 2001:/, ['BIRD', 'ExaBGP', 'FRR', 'GoBGP']],
  ['add-path, IPv6 withdrawn', /\| MP_UNREACH \d+ 2001:/, ['BIRD', 'FRR', 'GoBGP']],
  ['an unknown attribute with Partial', /UNKNOWN 213\/0xe0\/0102030405/, ['BIRD', 'ExaBGP', 'FRR', 'OpenBGPD']],
  ['BLACKHOLE', /COMMUNITIES .*blackhole/, all],
  ['GRACEFUL_SHUTDOWN', /COMMUNITIES .*graceful-shutdown/, ['BIRD', 'FRR', 'OpenBGPD']],
  ['LLGR_STALE', /COMMUNITIES .*llgr-stale/, ['BIRD', 'FRR']],
  ['NO_LLGR', /COMMUNITIES .*no-llgr/, ['FRR']],
  ['ACCEPT_OWN', /COMMUNITIES .*accept-own/, ['FRR']],
  ['NO_EXPORT', /COMMUNITIES .*no-export/, ['BIRD', 'ExaBGP', 'GoBGP', 'OpenBGPD']],
  ['graceful restart with R and F', /graceful restart, R, (N, )?\d+ s, 1\/1 F, 2\/1 F/, ['BIRD', 'ExaBGP', 'FRR']],
  ['graceful restart with N', /graceful restart, (R, )?N, /, ['FRR', 'GoBGP']],
  ['long-lived graceful restart', /long-lived graceful restart, 1\/1 100000 s/, ['BIRD', 'FRR', 'GoBGP']],
  ['an unknown capability', /capability (\d+), capability \1/, ['ExaBGP', 'FRR']],
  ['no capability at all', /^OPEN( \| (?!capability)[^|]*){4}$/, ['FRR']],
  ['BoRR', /ROUTE-REFRESH \| family \d\/1 \| subtype 1/, ['BIRD', 'OpenBGPD']],
  ['EoRR', /ROUTE-REFRESH \| family \d\/1 \| subtype 2/, ['BIRD']],
  ['shutdown communication', /NOTIFICATION .*6\/2 .*\| text /, ['BIRD', 'FRR', 'OpenBGPD']],
  ['Hard Reset', /NOTIFICATION \| 6\/9 Cease\/Hard Reset \| for 6\/[23] /, ['FRR']],
  ['a lost collision', /NOTIFICATION \| 6\/7 /, ['BIRD', 'FRR']],
  ['too many prefixes', /NOTIFICATION \| 6\/1 /, ['BIRD', 'FRR', 'OpenBGPD']],
  ['too many prefixes, how many', /NOTIFICATION \| 6\/1 .*\| data 00010100000001/, ['FRR']],
  ['roles that do not fit', /NOTIFICATION \| 2\/11 /, ['BIRD', 'FRR', 'OpenBGPD']],
  ['another AS', /NOTIFICATION \| 2\/2 /, ['BIRD', 'FRR']],
  ['a marker that is none', /NOTIFICATION \| 1\/1 /, ['BIRD', 'FRR']],
  ['hold timer expired', /NOTIFICATION \| 4\/0 /, ['BIRD', 'FRR']],
  ['malformed attribute list', /NOTIFICATION \| 3\/1 /, ['FRR']],
  ['ROUTE-REFRESH of a wrong length', /NOTIFICATION \| 7\/1 /, ['BIRD']],
];

for (const [what, reads, daemons] of features) {
  test(`${what}: ${daemons.join(', ')}`, (t) => {
    t.deepEqual(
      [...new Set(captured.filter(({ words }) => reads.test(words)).map(({ daemon }) => daemon))].toSorted(),
      [...daemons],
    );
  });
}

test('every capture names its daemon, version, date and configuration', (t) => {
  for (const { name, source, what, configuration, messages } of capturedFiles) {
    t.regex(source, /^(FRR|BIRD|GoBGP|ExaBGP|OpenBGPD) \d+\.\d+\S* \(Debian 12\), captured \d{4}-\d\d-\d\d$/, name);
    t.true(what.length > 20 && configuration.length > 5 && messages.length > 2, name);
  }
  t.deepEqual([...new Set(captured.map(({ daemon }) => daemon))].toSorted(), all);
});
