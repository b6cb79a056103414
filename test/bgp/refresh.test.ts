// Route refresh between whole speakers (RFC 2918, RFC 7313): who marks what, what goes at the end, and when nobody ends it.

import test from 'ava';
import type { SpeakerConfig } from '#bgp/config.ts';
import type { SpeakerEvent } from '#bgp/events.ts';
import type { Speaker } from '#bgp/speaker.ts';
import { encodeRouteRefresh, RefreshSubtype } from '#bgp/wire/route-refresh.ts';
import {
  locRib,
  neighborConfig,
  neighborView,
  networks,
  prefixesOf,
  showRoutes,
  speakerConfig,
  SpeakerLab,
} from '#support/speaker-lab.ts';

const A = '192.0.2.1';
const B = '192.0.2.2';
const C = '192.0.2.3';

interface Scene {
  readonly lab: SpeakerLab;
  readonly a: Speaker;
  readonly b: Speaker;
  readonly c: Speaker;
  readonly events: SpeakerEvent[];
  /** Types and subtypes of what A sent to B since the last look: `update`, `end-of-rib`, `borr`, `eorr`, `request`. */
  readonly sentByA: () => string[];
  /** Has B receive this, as if A had sent it. */
  readonly inject: (bytes: Uint8Array) => void;
}

/** A announces two networks to B, which passes them on to C. */
function scene(): Scene {
  const lab = new SpeakerLab();
  const { speaker: a } = lab.add('a', [A]);
  const { speaker: b, events } = lab.add('b', [B]);
  const { speaker: c } = lab.add('c', [C]);
  const config = (asn: number, routerId: string, ...neighbors: string[]): SpeakerConfig =>
    speakerConfig({
      asn,
      routerId,
      neighbors: neighbors.map((address) =>
        neighborConfig({ address, isPassive: asn === 65002, families: ['ipv4-unicast'] }),
      ),
      networks: asn === 65001 ? networks('10.1.0.0/16', '10.2.0.0/16') : [],
    });
  b.configure(config(65002, B, A, C));
  c.configure(config(65003, C, B));
  a.configure(config(65001, A, B));
  lab.pass(1);
  const endpoint = lab.network.find(B);
  const handler = endpoint?.handler;
  if (endpoint === undefined || handler === undefined) throw new RangeError('no endpoint');
  const seen: string[] = [];
  let fromA = 0;
  endpoint.handler = {
    ...handler,
    received: (connection, bytes) => {
      for (let at = 0; at < bytes.length; at += (bytes[at + 16] << 8) | bytes[at + 17]) {
        const type = bytes[at + 18];
        if (type === 5) seen.push(['request', 'borr', 'eorr'][bytes[at + 21]]);
        if (type === 2) seen.push(((bytes[at + 16] << 8) | bytes[at + 17]) === 23 ? 'end-of-rib' : 'update');
        if (type === 5 || type === 2) fromA = connection;
      }
      handler.received(connection, bytes);
    },
  };
  // B's connection to A is the one over which an update comes next.
  a.clear(B, 'soft-out');
  lab.settle();
  const sentByA = (): string[] => seen.splice(0);
  return {
    lab,
    a,
    b,
    c,
    events,
    sentByA,
    inject: (bytes) => {
      b.received(fromA, bytes);
      lab.settle();
    },
  };
}

const known = (speaker: Speaker): string[] => prefixesOf(showRoutes(speaker, locRib('ipv4-unicast')));
const refreshOf = (subtype: number): Uint8Array => encodeRouteRefresh({ afi: 1, safi: 1, subtype });

test('a refresh is answered between BoRR and EoRR, whoever asked, and without another End-of-RIB (RFC 7313 §4)', (t) => {
  const { lab, a, b, c, sentByA } = scene();
  t.deepEqual(sentByA(), ['borr', 'update', 'eorr'], 'locally initiated');
  const heard = neighborView(c, B).received.update;
  b.clear(A, 'soft-in');
  lab.settle();
  t.deepEqual(sentByA(), ['borr', 'update', 'eorr'], 'asked for');
  t.deepEqual(known(b), ['10.1.0.0/16', '10.2.0.0/16']);
  t.is(neighborView(c, B).received.update, heard, 'nothing changed for those behind');
  t.is(neighborView(a, B).received.routeRefresh, 1);
});

test('what is not announced again between BoRR and EoRR is removed, and not before (RFC 7313 §4)', (t) => {
  const { b, c, events, inject } = scene();
  inject(refreshOf(RefreshSubtype.Begin));
  t.is(neighborView(b, A).families[0].stale, 2);
  t.deepEqual(known(c), ['10.1.0.0/16', '10.2.0.0/16']);
  inject(refreshOf(RefreshSubtype.End));
  t.deepEqual(known(b), []);
  t.deepEqual(known(c), []);
  const told = events.filter((event) => event.type === 'route-refresh' && event.neighbor === A);
  t.like(told.at(-1), { change: 'ended', removed: 2 });
});

test('a refresh that nobody ends is ended after its time', (t) => {
  const { lab, b, events, inject } = scene();
  inject(refreshOf(RefreshSubtype.Begin));
  lab.pass(300);
  t.is(known(b).length, 2);
  t.is(neighborView(b, A).families[0].staleRemainingSec, 60);
  lab.pass(61);
  t.deepEqual(known(b), []);
  t.like(
    events.findLast(({ type }) => type === 'route-refresh'),
    { change: 'timed-out' },
  );
});

test('EoRR without BoRR, a subtype nobody knows and a family that was not negotiated change nothing (RFC 7313 §5)', (t) => {
  const { b, inject, sentByA } = scene();
  sentByA();
  inject(refreshOf(RefreshSubtype.End));
  inject(refreshOf(77));
  inject(encodeRouteRefresh({ afi: 2, safi: 1, subtype: 0 }));
  inject(encodeRouteRefresh({ afi: 25, safi: 70, subtype: 1 }));
  t.is(known(b).length, 2);
  t.is(neighborView(b, A).families[0].stale, 0);
  t.is(neighborView(b, A).state, 'Established');
});

test('a second BoRR begins anew: what came since the first counts as old', (t) => {
  const { lab, a, b, inject } = scene();
  inject(refreshOf(RefreshSubtype.Begin));
  a.clear(B, 'soft-out');
  lab.settle();
  t.deepEqual(known(b), ['10.1.0.0/16', '10.2.0.0/16'], 'the peer’s own BoRR and EoRR came in between');
  t.is(neighborView(b, A).families[0].stale, 0);
});

test('a thousand refreshes asked for at once are answered with few dumps, and the session stands', (t) => {
  const { lab, a, b, inject, sentByA } = scene();
  sentByA();
  const connection = lab.network.find(A)?.openConnections[0] ?? 0;
  for (let count = 0; count < 1000; count++) a.received(connection, refreshOf(RefreshSubtype.Request));
  lab.settle();
  t.true(sentByA().filter((message) => message === 'update').length <= 3);
  t.is(neighborView(a, B).state, 'Established');
  inject(refreshOf(RefreshSubtype.Request));
  t.is(known(b).length, 2);
});
