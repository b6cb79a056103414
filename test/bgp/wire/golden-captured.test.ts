// Messages of FRR, BIRD, GoBGP, ExaBGP and OpenBGPD (test/golden/bgp/captured; each file has the configuration that made them): what is
// read in them, in full, beside what tshark reads, and what we write from those fields. Older captures, read by tshark's fields alone,
// are in golden.test.ts; what every attribute and capability must have is asked in golden-coverage.test.ts.

import test from 'ava';

import { judgeUpdate } from '../../oracle/update-oracle.ts';
import { capturedFiles, handmadeFile } from '../../support/golden-files.ts';
import { describeMessage } from '../../support/golden-words.ts';
import { differencesBetween, writeAgain } from '../../support/golden-writing.ts';
import { fromHex } from './bytes.ts';

/** In what our octets may differ from a daemon's that say the same: whose, and why. */
const allowedDifferences: Readonly<Record<string, readonly [daemons: string, why: string]>> = {
  'OPEN: parameters': [
    'ExaBGP FRR',
    'each capability in a parameter of its own, or the form of RFC 9072 unasked; RFC 5492 §4 leaves it open, we use one parameter',
  ],
  'UPDATE: length octets': [
    'ExaBGP FRR GoBGP',
    'FRR gives AS_PATH two octets of length whatever it holds, GoBGP and ExaBGP MP_REACH_NLRI one; RFC 4271 §4.3 allows both',
  ],
  'UPDATE: order': [
    'ExaBGP GoBGP OpenBGPD',
    'MP_REACH_NLRI last, ExaBGP’s AS4_PATH before NEXT_HOP; RFC 7606 §5.1 wants MP_REACH_NLRI first, RFC 4271 §5 the codes to ascend',
  ],
  'UPDATE: withdrawn by MP_UNREACH_NLRI': [
    'BIRD',
    'IPv4 routes are withdrawn so when their next hops are IPv6; RFC 8950 says nothing, and both fields mean the same',
  ],
  'UPDATE: without 26': [
    'GoBGP',
    'AIGP from an external peer is ignored (RFC 7311 §3.3), so that there is none to write',
  ],
  'UPDATE: Partial of 17': [
    'OpenBGPD',
    'Partial is set on the AS4_PATH that it made itself; RFC 4271 §4.3 has it clear until somebody passes on what he does not know',
  ],
  'UPDATE: Partial of 18': ['OpenBGPD', 'the same with AS4_AGGREGATOR'],
};

/** Daemons by difference. */
const seen = new Map<string, Set<string>>();
let identical = 0;

for (const { name, source, messages } of [...capturedFiles, handmadeFile]) {
  for (const [index, golden] of messages.entries()) {
    const bytes = fromHex(golden.hex);
    test.serial(`${name} message ${index}, ${golden.reads[0]}, reads as stated, and is written again`, (t) => {
      t.deepEqual(describeMessage(bytes, golden), [...golden.reads]);
      const ours = writeAgain(bytes, golden);
      t.deepEqual(describeMessage(ours, golden).filter(isOfContent), golden.reads.filter(isOfContent));
      const differences = differencesBetween(bytes, ours);
      if (differences.length === 0) identical++;
      for (const difference of differences) {
        t.true(difference in allowedDifferences, difference);
        seen.set(difference, (seen.get(difference) ?? new Set()).add(source.split(' ')[0]));
      }
    });
  }
}

/** Not the order of attributes, nor which field of the message holds the routes. */
function isOfContent(word: string): boolean {
  return !/^(attributes|(MP_)?UNREACH) /.test(word);
}

test.serial('most messages are written as their senders wrote them; what may differ does, with whom it may', (t) => {
  const found = [...seen].map(([difference, daemons]) => [difference, [...daemons].toSorted().join(' ')]);
  const stated = Object.entries(allowedDifferences).map(([difference, [daemons]]) => [difference, daemons]);
  t.deepEqual(Object.fromEntries(found), Object.fromEntries(stated));
  t.true(identical >= 150, String(identical));
});

/** What tshark 4.0 does not know, names otherwise, or says in other words. */
const unread =
  /^(attributes|capability|family|version|UNKNOWN|PARTIAL|IPV6_EXTENDED|EXTENDED_COMMUNITIES|treat|End-of-RIB|ONLY_TO_CUSTOMER|\d+\/\d+ |for |text |data )/;

test('tshark finds nothing malformed, and the same numbers and addresses', (t) => {
  let compared = 0;
  for (const { name, messages } of capturedFiles) {
    for (const [index, { reads, tshark }] of messages.entries()) {
      const theirs = tshark.join('\n');
      const where = `${name} message ${index}`;
      // tshark 4.0 does not know the extended form of RFC 9072.
      if (theirs.includes('Parameter Type: Unknown (255)')) continue;
      t.notRegex(theirs, /Malformed Packet|Expert Info \((Error|Warning)/, where);
      for (const word of reads.filter((one) => !unread.test(one))) {
        for (const token of word.replaceAll(/ \[[0-9a-f]+\]/g, '').match(/[0-9a-f.:]*\d[0-9a-f.:]*(\/\d+)?/g) ?? []) {
          t.true(theirs.includes(token), `${where}: ${word}: ${token}`);
          compared++;
        }
      }
      for (const [, asn, number] of reads.join(' ').matchAll(/(?:RT|SoO):([\d.]+):(\d+) /g)) {
        // tshark writes long numbers in asdot as well, the plain ones behind in parentheses.
        t.true(
          theirs.includes(`${asn}:${number}`) || theirs.includes(`(${asn}):${number}`),
          `${where}: ${asn}:${number}`,
        );
        compared++;
      }
    }
  }
  t.true(compared > 900, String(compared));
});

test('the oracle, which shares no code with us, finds the same routes and reasons to withdraw', (t) => {
  let judged = 0;
  for (const { name, messages } of capturedFiles) {
    for (const [index, golden] of messages.entries()) {
      const { kind, remoteAsn, asnOctets, addPath = false, hasExtendedNextHop = false, reads } = golden;
      // It knows no internal peers of a confederation.
      if (reads[0] !== 'UPDATE' || golden.isInConfederation === true) continue;
      const both = new Set(['1/1', '2/1']);
      const verdict = judgeUpdate(fromHex(golden.hex), {
        kind,
        peerAsn: remoteAsn,
        hasFourOctetAsn: asnOctets === 4,
        families: both,
        addPath: addPath ? both : new Set(),
        hasExtendedNextHop,
        enforcesFirstAs: kind !== 'ibgp',
        acceptsAigp: kind !== 'ebgp',
      });
      const where = `${name} message ${index}`;
      if (verdict.type === 'reset') {
        t.fail(`${where}: ${verdict.why}`);
        continue;
      }
      const isWithdrawn = reads.some((word) => word.startsWith('treat as withdraw'));
      t.is(verdict.withdrawnBecause !== undefined, isWithdrawn, where);
      const count = (verb: RegExp): number => reads.filter((word) => verb.test(word)).length;
      const reached = count(/^(MP_)?REACH /);
      const gone = count(/^(MP_)?UNREACH /);
      t.is(verdict.announced.size, isWithdrawn ? 0 : reached, where);
      t.is(verdict.withdrawn.size, isWithdrawn ? reached + gone : gone, where);
      t.is(verdict.disabled, undefined, where);
      judged++;
    }
  }
  t.true(judged > 150, String(judged));
});
