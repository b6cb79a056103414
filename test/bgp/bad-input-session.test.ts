// Headers, OPENs, ROUTE-REFRESHes and NOTIFICATIONs that have broken BGP speakers (the length of each capability, truncations, texts),
// each in every state in which a connection stands and from each kind of peer: what the peer hears, whether the session stands, what
// log and `show` say. In segments of one byte: session/malformed.test.ts; floods and second connections: session/abuse.test.ts.

import test from 'ava';
import { describeEvent } from '#io/log.ts';
import { concat, END_OF_RIB, KEEPALIVE, message, notification, open } from './session/bytes.ts';
import { kindChanges, pairIn, peerKinds, peerStates, type PeerState } from './session/peer-kinds.ts';
import { rawPair } from './session/raw-peer.ts';
import { fromHex } from './wire/bytes.ts';

/** Code/subcode that is sent; `stands`: nothing is sent and the session goes on; `ends`: it ends without a word of ours. */
type Answer = string;

interface Case {
  readonly title: string;
  readonly bytes: Uint8Array;
  /** In OpenSent, OpenConfirm, Established. Before our OPEN whatever has an answer closes the connection instead. */
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

const header = (title: string, answer: Answer, bytes: Uint8Array): Case => ({
  title: `class 1: ${title}`,
  bytes,
  answers: [answer, answer, answer],
});

const outOfPlace = (title: string, answers: Case['answers'], bytes: Uint8Array): Case => ({
  title: `class 16: ${title}`,
  bytes,
  answers,
});

/** Optional parameters in the extended form (RFC 9072 §2), one parameter for each list of octets. */
function extended(...parameters: readonly (readonly number[])[]): number[] {
  const all = parameters.flatMap((octets) => [2, octets.length >> 8, octets.length & 255, ...octets]);
  return [255, 255, all.length >> 8, all.length & 255, ...all];
}

const times = (count: number, octets: readonly number[]): number[] =>
  Array.from({ length: count }, () => octets).flat();

const restartOf = (families: number): number[] => [
  64,
  2 + 4 * families,
  0xc0,
  0x78,
  ...times(families, [0, 9, 9, 128]),
];

const markedAt = (index: number, octet: number): Uint8Array =>
  KEEPALIVE.map((value, at) => (at === index ? octet : value));

const cases: readonly Case[] = [
  header('a marker that is wrong in its first octet', '1/1', markedAt(0, 0)),
  header('a marker that is wrong in the middle', '1/1', markedAt(8, 254)),
  header('a marker that is wrong in its last octet', '1/1', markedAt(15, 127)),
  header('a length of 0', '1/2', message(2, [], 0)),
  header('a length of 18', '1/2', message(4, [], 18)),
  header('a length of 4,097', '1/2', message(2, [], 4097)),
  header('a length of 65,535', '1/2', message(2, [], 65_535)),
  header('type 0', '1/3', message(0)),
  header('type 6', '1/3', message(6)),
  header('type 255', '1/3', message(255)),
  header('an OPEN of 28 octets', '1/2', message(1, [4, 0xfd, 0xea, 0, 90, 10, 0, 0, 2])),
  header('an UPDATE of 22 octets', '1/2', message(2, [0, 0, 0])),
  header('a NOTIFICATION of 20 octets', '1/2', message(3, [6])),
  header('a KEEPALIVE of 20 octets', '1/2', message(4, [0])),
  outOfPlace('an UPDATE', ['5/1', '5/2', 'stands'], END_OF_RIB),
  outOfPlace('a KEEPALIVE', ['5/1', 'stands', 'stands'], KEEPALIVE),
  outOfPlace('a ROUTE-REFRESH', ['5/1', '5/2', 'stands'], message(5, [0, 1, 0, 1])),
  outOfPlace('OPEN twice in a segment', ['5/2', '5/2', '5/3'], concat(open(), open())),
  openOf('version 0', '2/1', [0, 0xfd, 0xea, 0, 90, 10, 0, 0, 2, 0]),
  openOf('version 255', '2/1', [255, 0xfd, 0xea, 0, 90, 10, 0, 0, 2, 0]),
  openOf('AS 0', '2/2', [4, 0, 0, 0, 90, 10, 0, 0, 2, 0]),
  openOf('AS 65,535 from another', '2/2', [4, 255, 255, 0, 90, 10, 0, 0, 2, 0]),
  openOf('AS_TRANS without the capability', '2/2', [4, 0x5b, 0xa0, 0, 90, 10, 0, 0, 2, 0]),
  openOf('hold time 1', '2/6', [4, 0xfd, 0xea, 0, 1, 10, 0, 0, 2, 0]),
  openOf('hold time 2', '2/6', [4, 0xfd, 0xea, 0, 2, 10, 0, 0, 2, 0]),
  openOf('hold time 65,535 is no fault', 'stands', [4, 0xfd, 0xea, 255, 255, 10, 0, 0, 2, 0]),
  openOf('identifier 0', '2/3', [4, 0xfd, 0xea, 0, 90, 0, 0, 0, 0, 0]),
  openOf('identifier 255.255.255.255 is no fault (RFC 6286)', 'stands', [4, 0xfd, 0xea, 0, 90, 255, 255, 255, 255, 0]),
  ...[0, 0xffffffff, 23_456].map((asn) => ({
    title: `class 2: AS ${asn} in the capability alone`,
    bytes: open({ asn, asField: 65_002 }),
    answers: ['2/2', '5/2', '5/3'] as const,
  })),
  {
    title: 'class 2: AS_TRANS in the field and the number in the capability is no fault (RFC 6793)',
    bytes: open({ asField: 23_456 }),
    answers: ['stands', '5/2', '5/3'],
  },
  openOf('an unknown parameter', '2/4', [...fixed, 2, 1, 0]),
  openOf('a parameter of no octets', 'stands', [...fixed, 2, 2, 0]),
  openOf('126 unknown capabilities in a parameter', 'stands', [...fixed, 254, 2, 252, ...times(126, [200, 0])]),
  openOf('255 capabilities in the extended form', 'stands', [
    ...fixed,
    ...extended([...base, ...times(253, [200, 0])]),
  ]),
  openOf('one capability 200 times, each of a wrong length', '2/0', [
    ...fixed,
    ...extended([...base, ...times(200, [65, 3, 0, 0xfd, 0xea])]),
  ]),
  openOf('a host name 200 times, each past its end', 'stands', [
    ...fixed,
    ...extended([...base, ...times(200, [73, 3, 255, 97, 98])]),
  ]),
  openOf('graceful restart of 300 families, none of them ours', 'stands', [
    ...fixed,
    ...extended([...base, ...times(4, restartOf(63)), ...restartOf(48)]),
  ]),
  openOf('capabilities up to 4,096 octets', 'stands', [
    ...fixed,
    ...extended([...base, ...times(15, [201, 255, ...times(255, [7])]), 202, 174, ...times(174, [7])]),
  ]),
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
  refreshOf('BoRR before End-of-RIB, not negotiated', 'stands', [0, 1, 1, 1]),
  refreshOf('subtype 3', 'stands', [0, 1, 3, 1]),
  refreshOf('subtype 255', 'stands', [0, 1, 255, 1]),
  refreshOf('family 0/0', 'stands', [0, 0, 0, 0]),
  refreshOf('family 65535/255', 'stands', [255, 255, 0, 255]),
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

/** Before our OPEN the first one is taken, whatever else would have an answer ends the connection without a word. */
function answerIn(state: PeerState, answers: Case['answers']): Answer {
  switch (state) {
    case 'Connect':
    case 'Active':
      // 5/2 is the answer to what follows a good OPEN.
      return answers[0] === 'stands' || answers[0] === '5/2' ? answers[0] : 'ends';
    case 'OpenSent':
      return answers[0];
    case 'OpenConfirm':
      return answers[1];
    case 'Established':
      return answers[2];
  }
}

for (const kind of peerKinds) {
  for (const { title, bytes, answers } of cases) {
    for (const state of peerStates) {
      const answer = answerIn(state, answers);
      test(`${kind} in ${state}, ${title}: ${answer}`, (t) => {
        const { network, clock, us, peer } = pairIn(state, kind);
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
          const silent = answers[0] === 'ends' ? 'received' : 'local';
          t.is(lastReset?.direction, answer === 'ends' ? silent : 'sent');
          t.notRegex(lastReset?.reason ?? '\n', /\p{Cc}|\p{Cf}|"/u);
          // The log has the same words, in a line that the level `info` shows.
          const lines = us.events.map((event) => describeEvent(event)).filter(({ level }) => level !== 'debug');
          t.true(
            lines.some((line) => line.message.includes(lastReset?.reason ?? 'nothing')),
            JSON.stringify(lines),
          );
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
    const { network, us, peer } = rawPair('OpenSent', kindChanges[kind]);
    peer.send(open({ id: [10, 0, 0, 1] }), KEEPALIVE);
    network.run();
    t.deepEqual(peer.notification()?.slice(0, 2), kind === 'ibgp' ? [2, 3] : undefined);
    t.is(us.neighbor.isEstablished, kind !== 'ibgp');
  });
}
