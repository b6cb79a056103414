// Our OPEN octet by octet, and what the peer’s OPEN (written by hand, bytes.ts) makes of it: agreement or NOTIFICATION 2/x.

import test from 'ava';
import type { NeighborConfig } from '#bgp/config.ts';
import { asn } from '#bgp/net/asn.ts';
import { keepaliveSec, type Negotiated, negotiate } from '#bgp/session/negotiation.ts';
import { buildOpen } from '#bgp/session/offer.ts';
import { NotificationError } from '#bgp/wire/notification.ts';
import { decodeOpen, encodeOpen } from '#bgp/wire/open.ts';
import { open } from './bytes.ts';
import { id, neighborConfig } from './pair.ts';

const local = { localAsn: asn(65001), localRouterId: id('10.0.0.1') };
const IPV4 = [1, 4, 0, 1, 0, 1];
const IPV6 = [1, 4, 0, 2, 0, 1];
const EVPN = [1, 4, 0, 25, 0, 70];
const AS_65002 = [65, 4, 0, 0, 0xfd, 0xea];

function agree(bytes: Uint8Array, changes: Partial<NeighborConfig> = {}, who = local): Negotiated {
  const config = neighborConfig('192.0.2.2', changes);
  return negotiate(who, config, buildOpen(who, config), decodeOpen(bytes, 0, bytes.length));
}

function names(negotiated: Negotiated): string[] {
  return negotiated.families.map((family) => family.name);
}

test('our OPEN, octet by octet (RFC 4271 §4.2, RFC 5492 §4)', (t) => {
  const families = ['ipv6-unicast', 'ipv4-unicast'] as const;
  const bytes = encodeOpen(buildOpen(local, neighborConfig('192.0.2.2', { families })));
  const capabilities = [...IPV4, ...IPV6, 2, 0, 6, 0, 65, 4, 0, 0, 0xfd, 0xe9, 70, 0];
  const body = [4, 0xfd, 0xe9, 0, 90, 10, 0, 0, 1, capabilities.length + 2, 2, capabilities.length, ...capabilities];
  t.deepEqual([...bytes.subarray(16)], [0, 19 + body.length, 1, ...body]);
});

test('an AS number above 65535 goes as AS_TRANS in the field (RFC 6793 §4.1)', (t) => {
  const built = buildOpen({ ...local, localAsn: asn(4_200_000_001) }, neighborConfig('192.0.2.2'));
  t.is(built.asnField, 23456);
  t.is(built.asn, asn(4_200_000_001));
});

test('families are those that both sides offer', (t) => {
  const both = { families: ['ipv4-unicast', 'ipv6-unicast'] } as const;
  t.deepEqual(names(agree(open({ capabilities: [...IPV6, ...IPV4] }), both)), ['ipv4-unicast', 'ipv6-unicast']);
  t.deepEqual(names(agree(open({ capabilities: [...IPV6, ...EVPN, ...IPV6] }), both)), ['ipv6-unicast']);
  t.deepEqual(names(agree(open({ capabilities: [...IPV4, ...IPV6] }))), ['ipv4-unicast']);
});

test('a peer without multiprotocol capability speaks IPv4 unicast (RFC 4760 §8)', (t) => {
  t.deepEqual(names(agree(open({ capabilities: [] }))), ['ipv4-unicast']);
  t.deepEqual(names(agree(open({ capabilities: [2, 0] }), { families: ['ipv6-unicast'] })), []);
});

test('a peer that lists families, none of them ours, gets 2/7 with ours as data (RFC 5492 §5)', (t) => {
  const error = t.throws(() => agree(open({ capabilities: [...EVPN, ...AS_65002] }), { families: ['ipv6-unicast'] }), {
    instanceOf: NotificationError,
  });
  t.deepEqual([error.code, error.subcode, [...error.data]], [2, 7, IPV6]);
});

test('capabilities count only when both sides have them; unknown ones are ignored and shown', (t) => {
  const plain = agree(open({ capabilities: IPV4 }));
  t.false(plain.hasRouteRefresh);
  t.false(plain.hasFourOctetAsn);
  t.is(plain.remoteAsn, asn(65002));
  const full = agree(open({ capabilities: [...IPV4, 2, 0, ...AS_65002, 250, 3, 1, 2, 3] }));
  t.true(full.hasRouteRefresh);
  t.true(full.hasFourOctetAsn);
  t.deepEqual(full.capabilitiesReceived.at(-1), { code: 250, value: Uint8Array.of(1, 2, 3) });
  t.deepEqual(
    full.capabilitiesSent.map(({ code }) => code),
    [1, 2, 6, 65, 70],
  );
});

test('the hold time is the smaller one, 0 included (RFC 4271 §4.2)', (t) => {
  const timers = { connectRetrySec: 120, holdTimeSec: 90, keepaliveSec: 30 };
  t.is(agree(open({ holdTimeSec: 9 }), { timers }).holdTimeSec, 9);
  t.is(agree(open({ holdTimeSec: 240 }), { timers }).holdTimeSec, 90);
  t.deepEqual([agree(open({ holdTimeSec: 0 })).holdTimeSec, agree(open({ holdTimeSec: 0 })).keepaliveSec], [0, 0]);
  t.is(agree(open(), { timers: { ...timers, holdTimeSec: 0 } }).holdTimeSec, 0);
});

test('keepalives come every third of the hold time, sooner if configured so, never more than once a second', (t) => {
  const config = (seconds: number): NeighborConfig =>
    neighborConfig('192.0.2.2', { timers: { connectRetrySec: 120, holdTimeSec: 90, keepaliveSec: seconds } });
  t.is(keepaliveSec(config(30), 90), 30);
  t.is(keepaliveSec(config(30), 9), 3);
  t.is(keepaliveSec(config(2), 90), 2);
  t.is(keepaliveSec(config(30), 10), 3);
  t.is(keepaliveSec(config(30), 3), 1);
  t.is(keepaliveSec(config(30), 0), 0);
});

const refused: readonly (readonly [string, Uint8Array, Partial<NeighborConfig>, number, number])[] = [
  ['version 3', open({ version: 3 }), {}, 2, 1],
  ['AS 0', open({ asn: 0 }), {}, 2, 2],
  ['AS 0 behind AS_TRANS', open({ asField: 23456, asn: 0 }), {}, 2, 2],
  ['AS_TRANS as a number', open({ asn: 23456 }), { remoteAsn: 'any' }, 2, 2],
  ['AS_TRANS without the capability', open({ asField: 23456, capabilities: IPV4 }), { remoteAsn: 'any' }, 2, 2],
  ['a field that differs from the capability', open({ asField: 65003 }), {}, 2, 2],
  ['another AS than configured', open({ asn: 65003 }), { remoteAsn: 65002 }, 2, 2],
  ['our AS for an external neighbor', open({ asn: 65001 }), { remoteAsn: 'external' }, 2, 2],
  ['another AS for an internal neighbor', open({ asn: 65002 }), { remoteAsn: 'internal' }, 2, 2],
  ['identifier 0', open({ id: [0, 0, 0, 0] }), {}, 2, 3],
  ['our identifier within the AS', open({ asn: 65001, id: [10, 0, 0, 1] }), { remoteAsn: 'internal' }, 2, 3],
  ['hold time 1', open({ holdTimeSec: 1 }), {}, 2, 6],
  ['hold time 2', open({ holdTimeSec: 2 }), {}, 2, 6],
];

for (const [name, bytes, changes, code, subcode] of refused) {
  test(`an OPEN with ${name} gets ${code}/${subcode}`, (t) => {
    const error = t.throws(() => agree(bytes, changes), { instanceOf: NotificationError });
    t.deepEqual([error.code, error.subcode], [code, subcode]);
  });
}

test('our identifier in another AS is no fault (RFC 6286 §2.2)', (t) => {
  t.false(agree(open({ id: [10, 0, 0, 1] })).isIbgp);
});

test('peers as configured: by number, any, external, internal, behind AS_TRANS', (t) => {
  t.is(agree(open(), { remoteAsn: 65002 }).remoteAsn, asn(65002));
  t.is(agree(open({ asn: 64999 }), { remoteAsn: 'any' }).remoteAsn, asn(64999));
  t.true(agree(open({ asn: 65001 }), { remoteAsn: 'internal' }).isIbgp);
  const large = agree(open({ asField: 23456, asn: 4_200_000_001 }), { remoteAsn: 4_200_000_001 });
  t.is(large.remoteAsn, asn(4_200_000_001));
  t.false(large.isIbgp);
});
