// Malformed messages over real sockets against a real `waggle router`: each in every state in which it can come, from peers of every
// kind; the NOTIFICATION that the RFC says, or a session that goes on; the reason in log and `show`; nobody else notices. The pure
// tests of the same are test/bgp/bad-input-*.test.ts. All octets are written by hand.

import test, { type ExecutionContext } from 'ava';
import { asRecord, at } from '#lab/json.ts';
import { Bystander } from '#support/bystander.ts';
import { command, needs, root } from '#support/skip.ts';
import { concat, END_OF_RIB, KEEPALIVE, message, notification, open } from '../bgp/session/bytes.ts';
import { attribute, fromHex, localPref, nextHop as wrongNextHop, origin, update } from '../bgp/wire/bytes.ts';
import { wholeLines } from '../router/router-process.ts';
import { until } from '../speaker/until.ts';
import {
  LOCAL_ASN,
  manyNeighbors,
  octetsOf,
  PEER_ASN,
  type RawNeighbor,
  RawRouter,
  type RawWorld,
} from './raw-router.ts';

const states = ['OpenSent', 'OpenConfirm', 'Established'] as const;

type Answer = readonly number[] | 'ends' | 'goes on';

/** Answers in OpenSent, OpenConfirm, Established: code and subcode (and data, where it says any) of the NOTIFICATION. */
type StateCase = readonly [string, Uint8Array, Answer, Answer, Answer];

const everywhere = (name: string, bytes: Uint8Array, answer: Answer): StateCase => [
  name,
  bytes,
  answer,
  answer,
  answer,
];
/** Looked into while an OPEN is expected, out of place afterwards (RFC 6608). */
const badOpen = (name: string, bytes: Uint8Array, ...answer: number[]): StateCase => [
  name,
  bytes,
  answer,
  [5, 2, 1],
  [5, 3, 1],
];

const fixedOpen = [4, PEER_ASN >> 8, PEER_ASN & 255, 0, 90, 10, 0, 0, 2];
const withCapabilities = (...capabilities: number[]): Uint8Array => open({ capabilities });

const stateCases: readonly StateCase[] = [
  // Class 1
  everywhere('a marker that is not all ones', concat(Uint8Array.of(254), KEEPALIVE.slice(1)), [1, 1]),
  everywhere('a length below 19', message(4, [], 18), [1, 2, 0, 18]),
  everywhere('a length above 4096', message(2, [], 4097), [1, 2, 16, 1]),
  everywhere('an unknown type', message(6), [1, 3, 6]),
  everywhere('an OPEN shorter than 29', message(1, [4]), [1, 2, 0, 20]),
  everywhere('an UPDATE shorter than 23', message(2, [0]), [1, 2, 0, 20]),
  everywhere('a NOTIFICATION shorter than 21', message(3, [6]), [1, 2, 0, 20]),
  everywhere('a KEEPALIVE longer than 19', message(4, [0]), [1, 2, 0, 20]),
  // Class 2
  badOpen('OPEN of version 3', open({ version: 3 }), 2, 1, 0, 4),
  badOpen('OPEN of AS 0', open({ asn: 0 }), 2, 2),
  badOpen('OPEN of another AS', open({ asn: 64_999 }), 2, 2),
  badOpen('OPEN of AS_TRANS without the capability', open({ asn: 23_456, capabilities: [1, 4, 0, 1, 0, 1] }), 2, 2),
  badOpen('OPEN with two AS numbers', open({ asField: 64_999 }), 2, 2),
  badOpen('OPEN with hold time 1', open({ holdTimeSec: 1 }), 2, 6),
  badOpen('OPEN with identifier 0', open({ id: [0, 0, 0, 0] }), 2, 3),
  badOpen('OPEN whose parameters are too short', message(1, [...fixedOpen, 4, 2, 1]), 2, 0),
  badOpen('OPEN whose parameters are too long', message(1, [...fixedOpen, 1, 2, 2, 2, 0]), 2, 0),
  badOpen('OPEN with an unknown parameter', message(1, [...fixedOpen, 2, 1, 0]), 2, 4),
  badOpen('OPEN in the extended form, cut short', message(1, [...fixedOpen, 255, 255, 0]), 2, 0),
  badOpen('OPEN whose capability runs past its parameter', withCapabilities(1, 9, 0, 1), 2, 0),
  badOpen('OPEN with a multiprotocol capability of 3 octets', withCapabilities(1, 3, 0, 1, 0), 2, 0),
  badOpen('OPEN without a common family', withCapabilities(1, 4, 0, 25, 0, 70), 2, 7),
  // Class 14
  ['a ROUTE-REFRESH that is cut short', message(5, [0, 1, 0]), [5, 1, 5], [5, 2, 5], [7, 1, ...message(5, [0, 1, 0])]],
  ['a ROUTE-REFRESH of a family that nobody knows', message(5, [0x40, 4, 0, 71]), [5, 1, 5], [5, 2, 5], 'goes on'],
  ['EoRR without BoRR', message(5, [0, 1, 2, 1]), [5, 1, 5], [5, 2, 5], 'goes on'],
  // Class 15
  everywhere(
    'a NOTIFICATION with 4,075 octets of data',
    notification(
      6,
      2,
      Array.from({ length: 4075 }, () => 255),
    ),
    'ends',
  ),
  everywhere(
    'a shutdown text that would write to a terminal',
    notification(6, 2, [5, 27, 0x5b, 0x32, 0x4a, 0x22]),
    'ends',
  ),
  everywhere('a Hard Reset that is cut short', notification(6, 9), 'ends'),
  // Class 16
  ['a KEEPALIVE', KEEPALIVE, [5, 1, 4], 'goes on', 'goes on'],
  ['an UPDATE', END_OF_RIB, [5, 1, 2], [5, 2, 2], 'goes on'],
  ['two OPENs', concat(open(), open()), [5, 2, 1], [5, 2, 1], [5, 3, 1]],
];

type Kind = 'ebgp' | 'confederation' | 'ibgp';
const kinds: readonly Kind[] = ['ebgp', 'confederation', 'ibgp'];
/** NOTIFICATION, or how many routes the neighbor has afterwards: before, it has one. */
type Outcome = readonly number[] | number | typeof disablesIpv6 | typeof discarded;
type Outcomes = Outcome | Readonly<Record<Kind, Outcome>>;

/** RFC 7606 §2: of a session with both families IPv6 is given up, and says why. The IPv4 route stays. */
const disablesIpv6 = 'IPv6 off';
/** The route stays, without the attribute. */
const discarded = 'discarded';

const inside = (outcome: Outcome, ebgp: Outcome): Outcomes => ({ ebgp, confederation: outcome, ibgp: outcome });
const within = (ibgp: Outcome, others: Outcome): Outcomes => ({ ebgp: others, confederation: others, ibgp });

const prefix = fromHex('18 c63364');
const asPath = attribute(0x40, 2, fromHex('02 01 0000fdea'));
const paths: Readonly<Record<Kind, Uint8Array>> = {
  ebgp: asPath,
  confederation: attribute(0x40, 2, fromHex('03 01 0000fdea')),
  ibgp: attribute(0x40, 2, []),
};

/** What a good route has, with some attributes left out or put in; NEXT_HOP is the neighbor itself. */
function attributesOf(
  kind: Kind,
  from: RawNeighbor,
  without: readonly number[],
  more: readonly Uint8Array[],
): Uint8Array[] {
  const own = attribute(0x40, 3, octetsOf(from.address));
  const all = [origin, paths[kind], own, ...(kind === 'ibgp' ? [localPref] : [])];
  return [...all.filter((bytes) => !without.includes(bytes[1] ?? 0)), ...more];
}

interface UpdateCase {
  readonly name: string;
  readonly bytes: (kind: Kind, from: RawNeighbor) => Uint8Array;
  readonly outcomes: Outcomes;
}

function outcomeOf({ outcomes }: UpdateCase, kind: Kind): Outcome {
  return typeof outcomes === 'object' && 'ebgp' in outcomes ? outcomes[kind] : outcomes;
}

/** The good route of every case again, but with these attributes in the place of those of the same code. */
function replaced(name: string, outcomes: Outcomes, ...more: Uint8Array[]): UpdateCase {
  const codes = more.map((bytes) => bytes[1] ?? 0);
  const bytes = (kind: Kind, from: RawNeighbor): Uint8Array =>
    update({ attributes: attributesOf(kind, from, codes, more), nlri: prefix });
  return { name, bytes, outcomes };
}

function missing(code: number, outcomes: Outcomes): UpdateCase {
  const bytes = (kind: Kind, from: RawNeighbor): Uint8Array =>
    update({ attributes: attributesOf(kind, from, [code], []), nlri: prefix });
  return { name: `attribute ${code} is missing`, bytes, outcomes };
}

function added(name: string, outcomes: Outcomes, more: readonly Uint8Array[], nlri: Uint8Array = prefix): UpdateCase {
  const bytes = (kind: Kind, from: RawNeighbor): Uint8Array =>
    update({ attributes: attributesOf(kind, from, [], more), nlri });
  return { name, bytes, outcomes };
}

function whole(name: string, outcomes: Outcomes, bytes: Uint8Array): UpdateCase {
  return { name, bytes: () => bytes, outcomes };
}

const path = (hex: string): Uint8Array => attribute(0x40, 2, fromHex(hex));
const reach = (hex: string, flags = 0x80): Uint8Array => attribute(flags, 14, fromHex(hex));
const hops = [255, 45].map((count) => `02 ${count.toString(16).padStart(2, '0')} ${'00000007'.repeat(count)}`).join('');
const nothing = (count: number): number[] => Array.from({ length: count }, () => 1);

const updateCases: readonly UpdateCase[] = [
  // Class 3
  whole('withdrawn routes run past the message', [3, 1], message(2, [0, 9, 0, 0])),
  whole('attributes run past the message', [3, 1], message(2, [0, 0, 0, 9])),
  whole('a withdrawn prefix of 33 bits', [3, 10], message(2, [0, 6, 33, 10, 0, 0, 0, 0, 0, 0])),
  added('a prefix of 33 bits', [3, 10], [], fromHex('21 0a00000000')),
  added('a prefix that is cut short', [3, 10], [], fromHex('18 0a00')),
  added('an attribute that runs past the list', 0, [fromHex('c0 c8 ff 00')]),
  whole('an attribute that runs past the list, without routes', [3, 1], message(2, [0, 0, 0, 4, 0xc0, 200, 9, 0])),
  // Class 4
  replaced('ORIGIN with the flags of an optional attribute', 0, attribute(0xc0, 1, [0])),
  replaced('MULTI_EXIT_DISC with the flags of a well-known one', 0, attribute(0x40, 4, [0, 0, 0, 1])),
  replaced('ORIGIN with lower flag bits', 1, attribute(0x4f & ~0x10, 1, [0])),
  replaced('ORIGIN with the Partial bit', 1, attribute(0x60, 1, [0])),
  // Class 5
  replaced('ORIGIN of 0 octets', 0, attribute(0x40, 1, [])),
  replaced('ORIGIN of 2 octets', 0, attribute(0x40, 1, [0, 0])),
  replaced('ORIGIN 3', 0, attribute(0x40, 1, [3])),
  replaced('NEXT_HOP of 3 octets', 0, attribute(0x40, 3, [10, 78, 0])),
  replaced('NEXT_HOP of 5 octets', 0, attribute(0x40, 3, [10, 78, 0, 1, 1])),
  replaced('MULTI_EXIT_DISC of 3 octets', 0, attribute(0x80, 4, [0, 0, 0])),
  replaced('LOCAL_PREF of 3 octets', inside(0, discarded), attribute(0x40, 5, [0, 0, 0])),
  replaced('ATOMIC_AGGREGATE of 1 octet', discarded, attribute(0x40, 6, [0])),
  replaced('AGGREGATOR of 6 octets', discarded, attribute(0xc0, 7, nothing(6))),
  replaced('COMMUNITIES of 3 octets', 0, attribute(0xc0, 8, nothing(3))),
  replaced('COMMUNITIES of 0 octets', 0, attribute(0xc0, 8, [])),
  replaced('ORIGINATOR_ID of 3 octets', within(0, discarded), attribute(0x80, 9, nothing(3))),
  replaced('CLUSTER_LIST of 5 octets', within(0, discarded), attribute(0x80, 10, nothing(5))),
  replaced('EXTENDED_COMMUNITIES of 7 octets', 0, attribute(0xc0, 16, nothing(7))),
  replaced('LARGE_COMMUNITY of 11 octets', 0, attribute(0xc0, 32, nothing(11))),
  // Class 6
  replaced('a path segment of type 0', 0, path('00 01 0000fdea')),
  replaced('a path segment of type 5', 0, path('05 01 0000fdea')),
  replaced('a path segment without numbers', 0, path('02 00')),
  replaced('a path segment past the end', 0, path('02 02 0000fdea')),
  replaced('AS 0 in the path', 0, path('02 02 0000fdea 00000000')),
  replaced('a confederation segment alone', { ebgp: 0, confederation: 1, ibgp: 0 }, path('03 01 0000fdea')),
  replaced('a path that does not begin with the peer', within(1, 0), path('02 01 0000fdeb')),
  replaced('a path in two octets a number', 0, path('02 02 fdea fdeb')),
  {
    name: 'a path of 300 numbers and more',
    bytes: (kind, from) => {
      const long = attribute(0x50, 2, concat(paths[kind].subarray(3), fromHex(hops)));
      return update({ attributes: attributesOf(kind, from, [2], [long]), nlri: prefix });
    },
    outcomes: 1,
  },
  added('AS4_PATH from a peer with four octets', discarded, [attribute(0xc0, 17, fromHex('02 01 0000fdeb'))]),
  // Class 7
  added('a second ORIGIN, of 9 octets', discarded, [attribute(0x40, 1, nothing(9))]),
  added(
    'two MP_REACH_NLRI',
    [3, 1],
    [reach('0002 01 10 20010db8000000000000000000000001 00'), reach('0001 01 04 0a4e0001 00')],
  ),
  // Class 8
  missing(1, 0),
  missing(2, 0),
  missing(3, 0),
  missing(5, within(0, 1)),
  whole('routes without attributes', 0, update({ nlri: prefix })),
  // Class 9
  added('MP_REACH_NLRI of a family that was not negotiated', discarded, [reach('4004 47 00 00')]),
  added('MP_REACH_NLRI with a next hop of 0 octets', disablesIpv6, [reach('0002 01 00 00')]),
  added('MP_REACH_NLRI with a next hop of 15 octets', disablesIpv6, [reach(`0002 01 0f ${'20'.repeat(15)} 00`)]),
  added('MP_REACH_NLRI with a next hop of 48 octets', disablesIpv6, [reach(`0002 01 30 ${'20'.repeat(48)} 00`)]),
  added('MP_REACH_NLRI with a prefix of 129 bits', disablesIpv6, [
    reach(`0002 01 10 ${'20'.repeat(16)} 00 81 ${'20'.repeat(17)}`),
  ]),
  added('MP_REACH_NLRI with a prefix cut short', disablesIpv6, [reach(`0002 01 10 ${'20'.repeat(16)} 00 30 2001`)]),
  added('MP_REACH_NLRI of 2 octets', [3, 9], [reach('0002')]),
  added('MP_UNREACH_NLRI with a prefix cut short', disablesIpv6, [attribute(0x80, 15, fromHex('0002 01 30 2001'))]),
  // Class 10
  replaced('NEXT_HOP 0.0.0.0', 0, attribute(0x40, 3, [0, 0, 0, 0])),
  replaced('NEXT_HOP 127.0.0.1', 0, attribute(0x40, 3, [127, 0, 0, 1])),
  replaced('NEXT_HOP 224.0.0.1', 0, attribute(0x40, 3, [224, 0, 0, 1])),
  replaced('a NEXT_HOP that nobody can reach', 1, wrongNextHop),
  replaced('our own address as NEXT_HOP', 1, attribute(0x40, 3, [10, 78, 255, 1])),
  // Class 11
  added('the same prefix twice', 1, [], concat(prefix, prefix)),
  added('a prefix with host bits', 2, [], fromHex('14 c6336f')),
  added('a prefix of no bits', 2, [], fromHex('00')),
  // Class 12
  added('an unknown optional transitive attribute of 3,000 octets', 1, [attribute(0xd0, 200, nothing(3000))]),
  added('an unknown attribute of no octets', 1, [attribute(0xc0, 200, [])]),
  added('an unknown well-known attribute', 0, [attribute(0x40, 200, [1])]),
];

const requirements = [root, command('ip', 'iproute2')];

/** The peers are AS 65002 to all of them. */
const worlds: Readonly<Record<Kind, Omit<RawWorld, 'neighbors'>>> = {
  ebgp: { asn: LOCAL_ASN },
  confederation: { asn: LOCAL_ASN, confederation: { identifier: 100, members: [PEER_ASN] } },
  ibgp: { asn: PEER_ASN },
};
const bystanderAt: RawNeighbor = { address: '10.78.200.1', asn: PEER_ASN };

/** FRR's keys of `show bgp neighbors json`. */
async function show(router: RawRouter, { address }: RawNeighbor): Promise<Readonly<Record<string, unknown>>> {
  return asRecord(at(await router.get(`/show/bgp/neighbors/${address}`), address));
}

const hex = (...octets: readonly number[]): string =>
  octets.map((octet) => octet.toString(16).padStart(2, '0').toUpperCase()).join('');

/** Long enough that no hold timer ends what a slow machine takes its time for. */
const patient = (neighbors: readonly RawNeighbor[]): readonly RawNeighbor[] =>
  neighbors.map((neighbor) => ({ ...neighbor, holdTimeSec: 90 }));

/** The NOTIFICATION that ended a session stands in `show`, and the log has the same words on a line of its own. */
async function checkReason(
  t: ExecutionContext<unknown>,
  router: RawRouter,
  from: RawNeighbor,
  [direction, code, subcode]: readonly ['sent' | 'received', number, number],
  words: string,
): Promise<void> {
  const shown = await show(router, from);
  const reason = String(shown.lastResetDueTo);
  t.is(shown.lastErrorCodeSubcode, hex(code, subcode), words);
  // As FRR: code and subcode in words alone.
  t.true(reason.includes(String(shown.lastNotificationReason)), `${words}: ${reason}`);
  t.regex(reason, /^[A-Z][^\p{Cc}\p{Cf}"]+$/u, words);
  t.true(Number(shown.lastResetTimerMsecs) < 60_000, words);
  const stats = asRecord(shown.messageStats);
  t.true(Number(stats[direction === 'sent' ? 'notificationsSent' : 'notificationsRecv']) >= 1, words);
  const way = direction === 'sent' ? 'to' : 'from';
  const line = `${direction} NOTIFICATION ${code}/${subcode} ${way} ${from.address}: ${reason}`;
  await until(() => messagesOf(router, from).includes(line), 30_000).catch(() => undefined);
  t.true(messagesOf(router, from).includes(line), `${words}: ${line} in ${messagesOf(router, from).join('\n')}`);
}

/** Sentences of warnings about a neighbor in the log. */
function messagesOf(router: RawRouter, { address }: RawNeighbor): readonly string[] {
  return wholeLines(router.log)
    .filter((line) => line.includes(`"neighbor":"${address}"`))
    .map((line) => asRecord(JSON.parse(line)))
    .filter(({ level }) => level === 40)
    .map(({ msg }) => String(msg));
}

for (const kind of kinds) {
  test.serial(
    `${kind}: malformed messages in every state: the right NOTIFICATION, in segments of one byte too, told in log and show, nobody else touched`,
    needs(requirements, async (t) => {
      t.timeout(150_000);
      const neighbors = patient(manyNeighbors(stateCases.length * states.length, PEER_ASN));
      const router = await RawRouter.start({ neighbors: [...neighbors, bystanderAt], ...worlds[kind] });
      try {
        const bystander = await Bystander.join(router, bystanderAt);
        await Promise.all(
          stateCases.flatMap(([name, bytes, ...answers], row) =>
            states.map(async (state, column) => {
              const from = neighbors[row * states.length + column];
              const answer = answers[column];
              const words = `${name} in ${state}`;
              const peer = router.connect(from.address);
              await peer.reach(state, open({ id: octetsOf(from.address) }));
              peer.send(bytes, 1);
              if (answer === 'goes on') {
                const read = state === 'OpenConfirm' ? 1 : 2;
                await until(async () => Number((await router.summaryOf(from.address)).msgRcvd) > read, 60_000);
                t.false(peer.isClosed, words);
                t.is(peer.notification, undefined, words);
                t.like(await show(router, from), { bgpState: 'Established', lastReset: 'never' }, words);
                t.deepEqual(messagesOf(router, from), [], words);
                return;
              }
              await until(() => peer.isClosed, 60_000);
              const said = answer === 'ends' ? undefined : [...answer];
              t.deepEqual(peer.notification?.slice(0, answer.length), said, words);
              const [code, subcode] = answer === 'ends' ? [bytes[19], bytes[20]] : answer;
              await checkReason(t, router, from, [answer === 'ends' ? 'received' : 'sent', code, subcode], words);
            }),
          ),
        );
        await bystander.check(t);
        t.false(router.log.includes('\u001b'), 'no escape sequence reaches the log');
      } finally {
        await router.stop();
      }
    }),
  );

  test.serial(
    `${kind}: UPDATE faults: what RFC 7606 says becomes of the routes and nothing more, told in log and show`,
    needs(requirements, async (t) => {
      t.timeout(150_000);
      const neighbors = patient(manyNeighbors(updateCases.length, PEER_ASN));
      const router = await RawRouter.start({ neighbors: [...neighbors, bystanderAt], ...worlds[kind] });
      try {
        const bystander = await Bystander.join(router, bystanderAt);
        await Promise.all(
          updateCases.map(async (one, row) => {
            const { name, bytes } = one;
            const from = neighbors[row];
            const peer = await router.establish(from);
            const pfxRcd = async (): Promise<unknown> => (await router.summaryOf(from.address)).pfxRcd;
            peer.send(update({ attributes: attributesOf(kind, from, [], []), nlri: prefix }));
            await until(async () => (await pfxRcd()) === 1, 60_000);
            peer.send(bytes(kind, from));
            const outcome = outcomeOf(one, kind);
            if (typeof outcome === 'object') {
              await until(() => peer.isClosed, 60_000).catch(() => undefined);
              t.deepEqual(peer.notification?.slice(0, outcome.length), [...outcome], name);
              await checkReason(t, router, from, ['sent', outcome[0], outcome[1]], name);
              return;
            }
            const kept = typeof outcome === 'number' ? outcome : 1;
            peer.send(update({ attributes: attributesOf(kind, from, [], []), nlri: fromHex('18 cb0071') }));
            // The third UPDATE tells that the second was read: how many routes there are may be the same before it as after it. What
            // an UPDATE does has been done when it is counted.
            const updatesRecv = async (): Promise<unknown> =>
              asRecord((await show(router, from)).messageStats).updatesRecv;
            await until(async () => (await updatesRecv()) === 3, 60_000).catch(() => undefined);
            t.is(await updatesRecv(), 3, name);
            t.is(await pfxRcd(), kept + 1, name);
            t.is(peer.notification, undefined, name);
            t.false(peer.isClosed, name);
            await checkFault(t, router, from, outcome, name);
          }),
        );
        // Cases whose route has a next hop that is judged otherwise; the kernel is asked meanwhile.
        const misjudged = async (): Promise<readonly string[]> => {
          const paths = at(await router.get('/show/bgp/ipv4/unicast/198.51.100.0'), 'paths');
          if (!Array.isArray(paths)) return ['no paths'];
          return paths.map(asRecord).flatMap((path) => {
            const row = neighbors.findIndex(({ address }) => address === asRecord(path.peer).peerId);
            const { name } = updateCases[row];
            return (path.valid === true) === hopsOfNobody.includes(name) ? [name] : [];
          });
        };
        await until(async () => (await misjudged()).length === 0, 30_000).catch(() => undefined);
        t.deepEqual(await misjudged(), []);
        await bystander.check(t);
      } finally {
        await router.stop();
      }
    }),
  );
}

/** Next hops that are kept and shown, and never used. */
const hopsOfNobody = ['a NEXT_HOP that nobody can reach', 'our own address as NEXT_HOP'];

/** What of an UPDATE was not taken is counted and explained in `show`, and the log has the same words. */
async function checkFault(
  t: ExecutionContext<unknown>,
  router: RawRouter,
  from: RawNeighbor,
  outcome: Exclude<Outcome, readonly number[]>,
  name: string,
): Promise<void> {
  const shown = await show(router, from);
  // `show` and the log come on different ways.
  const isLogged = (): Promise<void> => until(() => messagesOf(router, from).length > 0, 30_000).catch(() => undefined);
  const { disabledReason } = asRecord(asRecord(shown.addressFamilyInfo).ipv6Unicast);
  t.like(shown, { bgpState: 'Established', lastReset: 'never' }, name);
  t.is(shown.treatedAsWithdraw, outcome === 0 ? 1 : 0, name);
  t.is(shown.attributesDiscarded, outcome === discarded ? 1 : 0, name);
  t.is(disabledReason !== undefined, outcome === disablesIpv6, name);
  if (outcome === disablesIpv6) {
    const line = `nothing of ipv6-unicast is taken from ${from.address} until the next session: ${String(disabledReason)}`;
    await isLogged();
    t.deepEqual(messagesOf(router, from), [line], name);
  } else if (outcome === 0 || outcome === discarded) {
    const action = outcome === 0 ? 'treat-as-withdraw' : 'attribute-discard';
    const [, reason = ''] =
      /^(.+) \((?:treat-as-withdraw|attribute-discard)\)$/.exec(String(shown.lastUpdateFault)) ?? [];
    t.not(reason, '', name);
    await isLogged();
    t.deepEqual(messagesOf(router, from), [`malformed UPDATE from ${from.address} (${action}): ${reason}`], name);
  } else {
    t.is(shown.lastUpdateFault, undefined, name);
    t.deepEqual(messagesOf(router, from), [], name);
  }
}
