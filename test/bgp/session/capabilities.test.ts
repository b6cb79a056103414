// What our OPEN and the peer's OPEN, octet by octet (bytes.ts), agree upon: one capability after the other, for external, internal
// and confederation peers. Malformed values by themselves are test/bgp/wire/capability.test.ts.

import test from 'ava';
import type { BgpRole, NeighborConfig } from '#bgp/config.ts';
import { asn } from '#bgp/net/asn.ts';
import { ipv4Unicast, ipv6Unicast } from '#bgp/net/family.ts';
import type { OpenRestartFlags, SpeakerIdentity } from '#bgp/session/listener.ts';
import { type Negotiated, negotiate } from '#bgp/session/negotiation.ts';
import { buildOpen } from '#bgp/session/offer.ts';
import type { LocalSpeaker } from '#bgp/session/session-asn.ts';
import { NotificationError } from '#bgp/wire/notification.ts';
import { decodeOpen, encodeOpen } from '#bgp/wire/open.ts';
import { message, open } from './bytes.ts';
import { id, neighborConfig } from './pair.ts';

const local: LocalSpeaker = { localAsn: asn(65001), localRouterId: id('10.0.0.1') };
const AS_65002 = [65, 4, 0, 0, 0xfd, 0xea];
const IPV4 = [1, 4, 0, 1, 0, 1];
const IPV6 = [1, 4, 0, 2, 0, 1];
const BOTH = [...IPV4, ...IPV6, ...AS_65002];
const both = { families: ['ipv4-unicast', 'ipv6-unicast'] } as const;
const restart = { mode: 'full', restartTimeSec: 120, stalePathSec: 360, hasNotification: true } as const;

interface Setting {
  readonly who?: LocalSpeaker;
  readonly identity?: SpeakerIdentity;
  readonly flags?: OpenRestartFlags;
}

function agree(
  capabilities: readonly number[],
  changes: Partial<NeighborConfig> = {},
  setting: Setting = {},
): Negotiated {
  const who = setting.who ?? local;
  const config = neighborConfig('192.0.2.2', changes);
  const bytes = open({ capabilities });
  return negotiate(
    who,
    config,
    buildOpen(who, config, setting.identity, setting.flags),
    decodeOpen(bytes, 0, bytes.length),
  );
}

/** Code, length, octets of each capability that we send. */
function offered(changes: Partial<NeighborConfig>, setting: Setting = {}): Map<number, number[]> {
  const built = buildOpen(setting.who ?? local, neighborConfig('192.0.2.2', changes), setting.identity, setting.flags);
  return new Map(built.capabilities.map(({ code, value }) => [code, [...value]]));
}

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof NotificationError) return `${error.code}/${error.subcode}`;
    throw error;
  }
  return 'none';
}

test('everything switched on, octet by octet, more than 255 octets long (RFC 9072 §2)', (t) => {
  const config = neighborConfig('192.0.2.2', {
    ...both,
    offersExtendedNextHop: true,
    role: 'customer',
    gracefulRestart: restart,
    longLivedStaleSec: 3600,
    familyOptions: {
      'ipv4-unicast': { receivesAddPath: true, addPathSend: 0 },
      'ipv6-unicast': { receivesAddPath: true },
    },
  });
  const identity = { hostname: 'h'.repeat(120), domainName: 'd'.repeat(60), softwareVersion: 'waggle/2' };
  const flags = { isRestarting: true, preserved: [ipv6Unicast] };
  const bytes = encodeOpen(buildOpen(local, config, identity, flags));
  const capabilities = [
    IPV4,
    IPV6,
    [2, 0],
    [5, 6, 0, 1, 0, 1, 0, 2],
    [6, 0],
    [9, 1, 3],
    [64, 10, 0xc0, 120, 0, 1, 1, 0, 0, 2, 1, 0x80],
    [65, 4, 0, 0, 0xfd, 0xe9],
    [69, 8, 0, 1, 1, 3, 0, 2, 1, 1],
    [70, 0],
    [71, 14, 0, 1, 1, 0, 0, 14, 16, 0, 2, 1, 0x80, 0, 14, 16],
    [73, 182, 120, ...Array.from({ length: 120 }, () => 104), 60, ...Array.from({ length: 60 }, () => 100)],
    [75, 9, 8, ...new TextEncoder().encode('waggle/2')],
  ].flat();
  const size = capabilities.length;
  const parameters = [255, 255, (size + 3) >> 8, (size + 3) & 255, 2, size >> 8, size & 255, ...capabilities];
  t.true(size > 255);
  t.deepEqual([...bytes], [...message(1, [4, 0xfd, 0xe9, 0, 90, 10, 0, 0, 1, ...parameters])]);
  t.is(decodeOpen(bytes, 0, bytes.length).capabilities.length, 13);
});

test('the form of RFC 4271 serves up to 255 octets, the extended one from there on', (t) => {
  const capabilitiesOf = (octets: number) => ({
    ...buildOpen(local, neighborConfig('192.0.2.2')),
    capabilities: [{ type: 'unknown', code: 200, value: new Uint8Array(octets) } as const],
  });
  t.deepEqual([...encodeOpen(capabilitiesOf(251)).subarray(28, 32)], [255, 2, 253, 200]);
  t.deepEqual([...encodeOpen(capabilitiesOf(252)).subarray(28, 36)], [255, 255, 1, 1, 2, 0, 254, 200]);
});

test('capabilities that are switched off are not offered', (t) => {
  t.deepEqual([...offered({}).keys()], [1, 2, 6, 65, 70]);
  t.deepEqual([...offered({ offersExtendedMessages: false }).keys()], [1, 2, 65, 70]);
  t.false(offered({ ...both, families: ['ipv6-unicast'], offersExtendedNextHop: true }).has(5));
  t.false(offered({ longLivedStaleSec: 60 }).has(71));
  t.false(offered({ remoteAsn: 'internal', role: 'peer' }).has(9));
  t.true(offered({ remoteAsn: 'any', role: 'peer' }).has(9));
});

// --- graceful restart -------------------------------------------------------------------------------------------------------------

test('a helper offers to keep routes and lists no family; F and R are for those that restart (RFC 4724 §4)', (t) => {
  const flags = { isRestarting: true, preserved: [ipv4Unicast] };
  t.deepEqual(offered({ gracefulRestart: { ...restart, mode: 'helper' } }, { flags }).get(64), [0x40, 120]);
  t.deepEqual(offered({ gracefulRestart: restart }, { flags }).get(64), [0xc0, 120, 0, 1, 1, 0x80]);
  t.deepEqual(offered({ gracefulRestart: { ...restart, hasNotification: false } }).get(64), [0, 120, 0, 1, 1, 0]);
  t.deepEqual(offered({ gracefulRestart: { ...restart, restartTimeSec: 4095 } }).get(64), [0x4f, 255, 0, 1, 1, 0]);
});

test('what the peer says of its restart: R, time, and F of the families of the session (RFC 4724 §3)', (t) => {
  const full = [64, 14, 0xc0, 90, 0, 1, 1, 0x80, 0, 2, 1, 0, 0, 25, 70, 0x80];
  t.deepEqual(agree([...BOTH, ...full], { ...both, gracefulRestart: restart }).gracefulRestart, {
    isPeerRestarting: true,
    restartTimeSec: 90,
    hasNotification: true,
    families: [
      { family: ipv4Unicast, isForwardingPreserved: true },
      { family: ipv6Unicast, isForwardingPreserved: false },
    ],
  });
  t.deepEqual(
    agree([...IPV4, ...AS_65002, ...full], { ...both, gracefulRestart: restart }).gracefulRestart?.families.length,
    1,
  );
  t.is(agree([...BOTH, ...full]).gracefulRestart, undefined);
  t.is(agree(BOTH, { gracefulRestart: restart }).gracefulRestart, undefined);
  t.true(agree(BOTH, { gracefulRestart: restart }).offersGracefulRestart);
  t.false(agree(BOTH, { gracefulRestart: { ...restart, mode: 'helper' } }).offersGracefulRestart);
});

test('N counts when both sides have set it (RFC 8538 §2)', (t) => {
  const of = (first: number, hasNotification: boolean): boolean | undefined =>
    agree([...BOTH, 64, 2, first, 90], { gracefulRestart: { ...restart, hasNotification } }).gracefulRestart
      ?.hasNotification;
  t.deepEqual([of(0x40, true), of(0x40, false), of(0, true)], [true, false, false]);
});

test('of several graceful restart capabilities the last one counts (RFC 4724 §3)', (t) => {
  const two = [64, 6, 0x80, 10, 0, 1, 1, 0x80, 64, 2, 0, 20];
  const agreed = agree([...BOTH, ...two], { gracefulRestart: restart }).gracefulRestart;
  t.deepEqual([agreed?.restartTimeSec, agreed?.isPeerRestarting, agreed?.families], [20, false, []]);
});

test('long-lived times count beside graceful restart on both sides, and nowhere else (RFC 9494 §4.1)', (t) => {
  const longLived = [71, 14, 0, 1, 1, 0x80, 0, 14, 16, 0, 25, 70, 0, 0, 0, 9];
  const config = { ...both, gracefulRestart: restart, longLivedStaleSec: 60 };
  t.deepEqual(agree([...BOTH, 64, 2, 0, 90, ...longLived], config).longLived, [
    { family: ipv4Unicast, isForwardingPreserved: true, staleSec: 3600 },
  ]);
  t.deepEqual(agree([...BOTH, ...longLived], config).longLived, []);
  t.deepEqual(agree([...BOTH, 64, 2, 0, 90, ...longLived], { gracefulRestart: restart }).longLived, []);
});

// --- add-path, next hops, lengths, refresh ------------------------------------------------------------------------------------------

/** Ours and the peer's mode (0: not listed), then whether we receive and whether we send (RFC 7911 §4). */
const addPathModes: readonly (readonly [ours: number, theirs: number, receives: boolean, sends: boolean])[] = [
  [0, 3, false, false],
  [3, 0, false, false],
  [1, 1, false, false],
  [1, 2, true, false],
  [1, 3, true, false],
  [2, 1, false, true],
  [2, 2, false, false],
  [2, 3, false, true],
  [3, 1, false, true],
  [3, 2, true, false],
  [3, 3, true, true],
  [3, 4, false, false],
  [3, 255, false, false],
];

for (const [ours, theirs, receives, sends] of addPathModes) {
  test(`add-path mode ${ours} here and ${theirs} there: ${receives ? '' : 'not '}received, ${sends ? '' : 'not '}sent`, (t) => {
    const family = {
      ...((ours & 1) === 0 ? {} : { receivesAddPath: true }),
      ...((ours & 2) === 0 ? {} : { addPathSend: 4 }),
    };
    const changes = { ...both, familyOptions: { 'ipv6-unicast': family } };
    t.deepEqual(offered(changes).get(69), ours === 0 ? undefined : [0, 2, 1, ours]);
    const agreed = agree([...BOTH, ...(theirs === 0 ? [] : [69, 4, 0, 2, 1, theirs])], changes);
    t.deepEqual(agreed.addPathReceive, receives ? [ipv6Unicast] : []);
    t.deepEqual(agreed.addPathSend, sends ? [ipv6Unicast] : []);
  });
}

test('add-path counts for families of the session; the last entry of a family does', (t) => {
  const changes = {
    familyOptions: { 'ipv4-unicast': { receivesAddPath: true }, 'ipv6-unicast': { receivesAddPath: true } },
  };
  const theirs = [69, 8, 0, 1, 1, 1, 0, 2, 1, 3, 69, 4, 0, 1, 1, 2];
  t.deepEqual(agree([...BOTH, ...theirs], changes).addPathReceive, [ipv4Unicast]);
});

test('IPv4 over IPv6 next hops need the same tuple on both sides (RFC 8950 §4)', (t) => {
  const has = (value: readonly number[], offers = true): boolean =>
    agree([...BOTH, 5, value.length, ...value], { offersExtendedNextHop: offers }).hasExtendedNextHop;
  t.true(has([0, 1, 0, 1, 0, 2]));
  t.true(has([0, 1, 0, 128, 0, 2, 0, 1, 0, 1, 0, 2]));
  t.false(has([0, 1, 0, 1, 0, 2], false));
  t.false(has([0, 1, 0, 2, 0, 2]));
  t.false(has([0, 1, 0, 1, 0, 1]));
  t.false(has([]));
});

test('extended messages and enhanced refresh need both sides (RFC 8654 §3, RFC 7313 §3.1)', (t) => {
  const with6 = agree([...BOTH, 6, 0, 70, 0]);
  t.deepEqual([with6.canSendExtended, with6.takesExtended, with6.hasEnhancedRefresh], [true, true, true]);
  const without = agree(BOTH);
  t.deepEqual([without.canSendExtended, without.takesExtended, without.hasEnhancedRefresh], [false, false, false]);
  t.false(agree([...BOTH, 6, 0], { offersExtendedMessages: false }).takesExtended);
});

// --- roles --------------------------------------------------------------------------------------------------------------------------

const roleNames: readonly BgpRole[] = ['provider', 'rs-server', 'rs-client', 'customer', 'peer'];
const allowed = new Set(['provider 3', 'customer 0', 'rs-server 2', 'rs-client 1', 'peer 4']);

for (const role of roleNames) {
  for (const theirs of [0, 1, 2, 3, 4, 5, 255]) {
    const isAllowed = allowed.has(`${role} ${theirs}`);
    test(`role ${role} here and ${theirs} there: ${isAllowed ? 'a session' : '2/11'} (RFC 9234 §4.2)`, (t) => {
      t.is(
        refusal(() => agree([...BOTH, 9, 1, theirs], { role })),
        isAllowed ? 'none' : '2/11',
      );
      if (isAllowed) t.is(agree([...BOTH, 9, 1, theirs], { role }).remoteRole, roleNames[theirs]);
    });
  }
}

test('no role of the peer is fine, but not in strict mode; none of ours makes the peer’s mean nothing', (t) => {
  t.is(agree(BOTH, { role: 'peer' }).remoteRole, undefined);
  t.is(
    refusal(() => agree(BOTH, { role: 'peer', isRoleStrict: true })),
    '2/11',
  );
  t.is(agree([...BOTH, 9, 1, 0]).remoteRole, undefined);
  t.is(
    refusal(() => agree([...BOTH, 9, 1, 77])),
    'none',
  );
});

test('several roles are one if they agree and a mismatch if not (RFC 9234 §4.2)', (t) => {
  t.is(agree([...BOTH, 9, 1, 4, 9, 1, 4], { role: 'peer' }).remoteRole, 'peer');
  t.is(
    refusal(() => agree([...BOTH, 9, 1, 4, 9, 1, 3], { role: 'peer' })),
    '2/11',
  );
  t.is(
    refusal(() => agree([...BOTH, 9, 1, 3, 9, 1, 4], { role: 'peer' })),
    '2/11',
  );
});

test('within an AS or a confederation roles mean nothing (RFC 9234 §4.1)', (t) => {
  const same = { localAsn: asn(65002), localRouterId: id('10.0.0.9') };
  t.is(
    refusal(() => agree([...BOTH, 9, 1, 0], { remoteAsn: 'any', role: 'peer', isRoleStrict: true }, { who: same })),
    'none',
  );
});

// --- AS numbers ---------------------------------------------------------------------------------------------------------------------

test('a local AS stands in our OPEN and decides what the peer is (RFC 7705 §3)', (t) => {
  const localAs = { asn: 64999, isNoPrepend: false, isReplaceAs: false };
  const built = buildOpen(local, neighborConfig('192.0.2.2', { localAs }));
  t.deepEqual([built.asn, built.asnField], [asn(64999), 64999]);
  t.deepEqual(offered({ localAs }).get(65), [0, 0, 0xfd, 0xe7]);
  const agreed = agree(BOTH, { localAs });
  t.deepEqual([agreed.kind, agreed.localAsn], ['ebgp', asn(64999)]);
  t.is(agree(BOTH, { remoteAsn: 'internal', localAs: { ...localAs, asn: 65002 } }).kind, 'ibgp');
  t.is(
    refusal(() => agree(BOTH, { remoteAsn: 'external', localAs: { ...localAs, asn: 65002 } })),
    '2/2',
  );
});

const member: LocalSpeaker = { ...local, confederation: { identifier: 100, members: [65002, 65003] } };

test('outside the confederation its identifier is told, within it the member AS (RFC 5065 §4.1)', (t) => {
  const told = (remoteAsn: NeighborConfig['remoteAsn']): number =>
    buildOpen(member, neighborConfig('192.0.2.2', { remoteAsn })).asn;
  t.deepEqual(
    ([65001, 'internal', 65002, 64500, 'external', 'any'] as const).map(told),
    [65001, 65001, 65001, 100, 100, 100],
  );
});

test('peers within the confederation, of another member AS, and outside of it', (t) => {
  t.is(agree(BOTH, { remoteAsn: 65002 }, { who: member }).kind, 'confederation');
  t.false(agree(BOTH, { remoteAsn: 65002 }, { who: member }).isIbgp);
  const outside = { ...member, confederation: { identifier: 100, members: [65003] } };
  t.is(agree(BOTH, { remoteAsn: 65002 }, { who: outside }).kind, 'ebgp');
  t.is(agree(BOTH, { remoteAsn: 'external' }, { who: outside }).localAsn, asn(100));
  const inside = { ...member, localAsn: asn(65002) };
  t.is(agree(BOTH, { remoteAsn: 'internal' }, { who: inside }).kind, 'ibgp');
});

test('a member that was told the identifier, and the identifier itself, are refused with 2/2', (t) => {
  t.is(
    refusal(() => agree(BOTH, { remoteAsn: 'external' }, { who: member })),
    '2/2',
  );
  t.is(
    refusal(() => agree(BOTH, { remoteAsn: 'any' }, { who: member })),
    '2/2',
  );
  const ownIdentifier = { ...member, confederation: { identifier: 65002, members: [65003] } };
  t.is(
    refusal(() => agree(BOTH, { remoteAsn: 65002 }, { who: ownIdentifier })),
    '2/2',
  );
});

// --- lists that are too long, doubled, empty, or strange --------------------------------------------------------------------------------

test('255 capabilities, known and unknown and doubled, in the extended form, make a session', (t) => {
  const list = [...BOTH];
  for (let index = 0; index < 252; index++) list.push(...[[2, 0], [70, 0], [200, 3, 1, 2, 3], IPV4][index % 4]);
  const parameters = [
    255,
    255,
    (list.length + 3) >> 8,
    (list.length + 3) & 255,
    2,
    list.length >> 8,
    list.length & 255,
    ...list,
  ];
  const bytes = message(1, [4, 0xfd, 0xea, 0, 90, 10, 0, 0, 2, ...parameters]);
  const config = neighborConfig('192.0.2.2');
  const agreed = negotiate(local, config, buildOpen(local, config), decodeOpen(bytes, 0, bytes.length));
  t.is(agreed.capabilitiesReceived.length, 255);
  t.deepEqual(agreed.families, [ipv4Unicast]);
  t.true(agreed.hasRouteRefresh && agreed.hasEnhancedRefresh);
});

test('an OPEN full of empty parameters, or with an empty capabilities parameter, is one without capabilities', (t) => {
  for (const parameters of [
    [2, 2, 0],
    [4, 2, 0, 2, 0],
    [255, 255, 0, 3, 2, 0, 0],
    [255, 255, 0, 0],
  ]) {
    const bytes = message(1, [4, 0xfd, 0xea, 0, 90, 10, 0, 0, 2, ...parameters]);
    t.deepEqual(decodeOpen(bytes, 0, bytes.length).capabilities, []);
  }
});

test('the extended form cut short at any octet is 2/0 and no more (CVE-2022-40302 and its kin)', (t) => {
  const list = [...BOTH, 64, 2, 0, 90];
  const whole = [255, 255, 0, list.length + 3, 2, 0, list.length, ...list];
  for (let length = 1; length < whole.length; length++) {
    const bytes = message(1, [4, 0xfd, 0xea, 0, 90, 10, 0, 0, 2, ...whole.slice(0, length)]);
    t.is(
      refusal(() => decodeOpen(bytes, 0, bytes.length)),
      '2/0',
      `${length} octets`,
    );
  }
  const bytes = message(1, [4, 0xfd, 0xea, 0, 90, 10, 0, 0, 2, ...whole]);
  t.is(decodeOpen(bytes, 0, bytes.length).capabilities.length, 4);
});
