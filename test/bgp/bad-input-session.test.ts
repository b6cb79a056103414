// OPENs, ROUTE-REFRESHes and NOTIFICATIONs that have broken BGP speakers (the length of each capability, truncations, texts), each in
// every state and from each kind of peer: what the peer hears, and whether the session stands. The forms of headers and messages out
// of place: session/malformed.test.ts; floods and second connections: session/abuse.test.ts.

import test from 'ava';
import type { PeerKind } from '#bgp/net/peer-kind.ts';
import { KEEPALIVE, message, notification, open } from './session/bytes.ts';
import { rawPair } from './session/raw-peer.ts';
import { fromHex } from './wire/bytes.ts';

const kinds: Readonly<Record<PeerKind, Parameters<typeof rawPair>[1]>> = {
  ebgp: {},
  ibgp: { left: { asn: 65002 }, a: { remoteAsn: 'internal' } },
  confederation: { left: { confederation: { identifier: 100, members: [65002] } }, a: { remoteAsn: 65002 } },
};
const states = ['OpenSent', 'OpenConfirm', 'Established'] as const;

/** Code/subcode that is sent; `stands`: nothing is sent and the session goes on; `ends`: it ends without a word of ours. */
type Answer = string;

interface Case {
  readonly title: string;
  readonly bytes: Uint8Array;
  /** In OpenSent, OpenConfirm, Established. */
  readonly answers: readonly [Answer, Answer, Answer];
}

const base = [1, 4, 0, 1, 0, 1, 65, 4, 0, 0, 0xfd, 0xea];

/** An OPEN with one more capability: whatever it is, in later states it comes out of place (RFC 6608). */
function capability(title: string, code: number, octets: string, answer: Answer): Case {
  const value = [...fromHex(octets)];
  const bytes = open({ capabilities: [...base, code, value.length, ...value] });
  return { title: `class 2: ${title}`, bytes, answers: [answer, '5/2', '5/3'] };
}

function openOf(title: string, answer: Answer, body: readonly number[]): Case {
  return { title: `class 2: ${title}`, bytes: message(1, body), answers: [answer, '5/2', '5/3'] };
}

const fixed = [4, 0xfd, 0xea, 0, 90, 10, 0, 0, 2];

const refreshOf = (title: string, inSession: Answer, body: readonly number[]): Case => ({
  title: `class 14: ${title}`,
  bytes: message(5, body),
  answers: ['5/1', '5/2', inSession],
});

const ending = (title: string, code: number, subcode: number, data: readonly number[]): Case => ({
  title: `class 15: ${title}`,
  bytes: notification(code, subcode, data),
  answers: ['ends', 'ends', 'ends'],
});

const cases: readonly Case[] = [
  capability('multiprotocol of 3 octets', 1, '000100', '2/0'),
  capability('route refresh of 1 octet', 2, '00', '2/0'),
  capability('extended next hops of 5 octets', 5, '0001000100', '2/0'),
  capability('extended messages of 1 octet', 6, '01', '2/0'),
  capability('a role without octets', 9, '', '2/0'),
  capability('a role that nobody knows', 9, 'ff', 'stands'),
  capability('graceful restart of 1 octet', 64, 'c0', '2/0'),
  capability('graceful restart with half a family', 64, 'c078000101', '2/0'),
  capability('an AS number of 3 octets', 65, '00fdea', '2/0'),
  capability('dynamic capability with a length past its end (CVE-2024-31950)', 67, '0001ffff', 'stands'),
  capability('add-path of 3 octets', 69, '000101', '2/0'),
  capability('enhanced refresh of 1 octet', 70, '00', '2/0'),
  capability('long-lived graceful restart of 6 octets', 71, '000101800000', '2/0'),
  capability('a host name past its end', 73, 'ff61', 'stands'),
  capability('a host name of no octets', 73, '0000', 'stands'),
  capability('a software version past its end (CVE-2023-41361)', 75, 'ff61', 'stands'),
  capability('a software version of no octets (CVE-2025-43971)', 75, '00', 'stands'),
  capability('paths-limit of 3 octets', 76, '000101', 'stands'),
  capability('ORF with an entry past its end (CVE-2023-41360)', 3, '00010001ff', 'stands'),
  capability('an unknown capability without octets', 200, '', 'stands'),
  openOf('a capability past its parameter', '2/0', [...fixed, 5, 2, 3, 1, 9, 0]),
  openOf('a parameter past the message', '2/0', [...fixed, 2, 2, 40]),
  openOf('parameters shorter than they say', '2/0', [...fixed, 40, 2, 0]),
  openOf('parameters longer than they say', '2/0', [...fixed, 0, 2, 0]),
  openOf('the extended form without its length (CVE-2022-40302)', '2/0', [...fixed, 255, 255]),
  openOf('the extended form, one octet of its length (CVE-2022-40318)', '2/0', [...fixed, 255, 255, 0]),
  openOf('the extended form with a parameter past the message (CVE-2022-43681)', '2/0', [
    ...fixed,
    255,
    255,
    0,
    3,
    2,
    1,
    0,
  ]),
  refreshOf('no octets', '7/1', []),
  refreshOf('3 octets', '7/1', [0, 1, 0]),
  refreshOf('an unknown family', 'stands', [0x40, 4, 0, 71]),
  refreshOf('a family that was not negotiated', 'stands', [0, 2, 0, 1]),
  refreshOf('EoRR that nothing began', 'stands', [0, 1, 2, 1]),
  refreshOf('an unknown subtype', 'stands', [0, 1, 255, 1]),
  refreshOf('ORF entries that are cut (CVE-2023-41360)', '7/1', [0, 1, 0, 1, 1, 64, 255, 255, 0]),
  refreshOf('ORF entries up to the end of the message', '7/1', [0, 1, 0, 1, ...Array.from({ length: 4073 }, () => 64)]),
  ending('NOTIFICATION of a code that nobody knows', 255, 255, []),
  ending('NOTIFICATION of code 0 (CVE-2025-59688)', 0, 0, []),
  ending(
    'NOTIFICATION with 4,075 octets',
    6,
    2,
    Array.from({ length: 4075 }, () => 255),
  ),
  ending('a header fault with an odd length as data', 1, 2, [0]),
  ending('Hard Reset without octets', 6, 9, []),
  ending('Hard Reset with half a code', 6, 9, [6]),
  ending('Hard Reset within Hard Reset', 6, 9, [6, 9, 6, 9, 6, 2]),
  ending(
    'a text of 255 octets with the length 0',
    6,
    2,
    Array.from({ length: 255 }, (_, index) => (index === 0 ? 0 : 65)),
  ),
  ending('a text that is no UTF-8', 6, 4, [4, 0xc3, 0x28, 0xff, 0xfe]),
  ending('a text that clears screens and closes quotes', 6, 2, [9, 27, 0x5b, 0x32, 0x4a, 0x22, 0x7d, 0x0a, 0x27, 0x5c]),
];

for (const kind of ['ebgp', 'confederation', 'ibgp'] as const) {
  for (const { title, bytes, answers } of cases) {
    for (const [index, state] of states.entries()) {
      const answer = answers[index];
      test(`${kind} in ${state}, ${title}: ${answer}`, (t) => {
        const { network, clock, us, peer } = rawPair(state, kinds[kind]);
        // What follows is taken if the session stands.
        peer.send(bytes, KEEPALIVE);
        network.run();
        const { lastReset } = us.neighbor.view();
        if (answer === 'stands') {
          t.is(peer.notification(), undefined);
          t.is(us.neighbor.state, 'Established');
          t.is(us.neighbor.negotiated?.kind, kind);
          t.false(peer.isClosed);
        } else {
          const sent = peer.notification();
          t.is(sent === undefined ? 'ends' : `${sent[0]}/${sent[1]}`, answer);
          t.true(peer.isClosed);
          t.is(lastReset?.direction, answer === 'ends' ? 'received' : 'sent');
          t.notRegex(lastReset?.reason ?? '\n', /\p{Cc}|\p{Cf}|"/u);
          const downs = us.calls.filter((call) => call.startsWith('down: '));
          t.is(downs.length, state === 'Established' ? 1 : 0);
        }
        t.false(us.events.some(({ type }) => type === 'internal-error'));
        us.neighbor.stop('final');
        network.run();
        t.is(clock.pendingTimers, 0);
      });
    }
  }
  test(`${kind}: an OPEN with our own identifier is ${kind === 'ibgp' ? '2/3' : 'no fault'} (RFC 6286 §2.2)`, (t) => {
    const { network, us, peer } = rawPair('OpenSent', kinds[kind]);
    peer.send(open({ id: [10, 0, 0, 1] }), KEEPALIVE);
    network.run();
    t.deepEqual(peer.notification()?.slice(0, 2), kind === 'ibgp' ? [2, 3] : undefined);
    t.is(us.neighbor.isEstablished, kind !== 'ibgp');
  });
}
