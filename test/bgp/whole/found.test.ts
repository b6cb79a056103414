// What the histories have found, each case by itself: a speaker and peers that say exactly what is needed.

import test from 'ava';
import type { NeighborConfig } from '#bgp/config.ts';
import type { FamilyName } from '#bgp/net/family.ts';
import type { Speaker } from '#bgp/speaker.ts';
import { FakeClock } from '#support/fake-clock.ts';
import { locRib, neighborConfig, neighborView, prefixesOf, showRoutes, speakerConfig } from '#support/speaker-lab.ts';
import { type ModelAttributes, noAttributes } from '../rib/model-route.ts';
import { FarEnd } from './far-end.ts';
import { announcement, endOfRib, type FarOpen, type FarRestart, keepalive, open, refresh } from './octets-out.ts';
import { RealSpeaker } from './real-speaker.ts';

const LOCAL_ASN = 65_000;
const V4 = 'ipv4-unicast';
const PREFIX = '10.1.0.0/16';
const route: ModelAttributes = { ...noAttributes, asPath: [64_500], nextHop: '10.9.0.1', localPref: 100 };

const restart: FarRestart = {
  isRestarting: false,
  hasNotification: true,
  timeSec: 30,
  families: new Map([[V4, true]]),
};
const plainOpen: FarOpen = {
  asn: 64_500,
  routerId: 1,
  families: [V4],
  hasFourOctetAsn: true,
  sendsPaths: [],
  takesPaths: [],
  role: undefined,
  restart,
  longLived: undefined,
};
const internalOpen: FarOpen = { ...plainOpen, asn: LOCAL_ASN };

const helping: Partial<NeighborConfig> = {
  gracefulRestart: { mode: 'helper', restartTimeSec: 60, stalePathSec: 60, hasNotification: true },
  longLivedStaleSec: 100,
};

class Scene {
  readonly clock = new FakeClock();
  readonly metrics = new Map<string, number>();
  private readonly real = new RealSpeaker(this.clock, { unreachable: new Set(), metrics: this.metrics });

  get speaker(): Speaker {
    return this.real.speaker;
  }

  /** External and internal neighbors by address. */
  configure(neighbors: Readonly<Record<string, Partial<NeighborConfig>>>): void {
    this.speaker.configure(
      speakerConfig({
        asn: LOCAL_ASN,
        routerId: '10.9.0.254',
        neighbors: Object.entries(neighbors).map(([address, options]) =>
          neighborConfig({ address, isPassive: true, remoteAsn: 'any', ...helping, ...options }),
        ),
      }),
    );
    this.real.settle();
  }

  connect(address: string, said: FarOpen): FarEnd {
    const far = new FarEnd(this.real.nextConnection(), said);
    this.real.accept(far, address);
    this.say(far, open(said), keepalive());
    return far;
  }

  say(far: FarEnd, ...messages: readonly Uint8Array[]): void {
    for (const bytes of messages) this.real.receive(far, bytes);
    this.real.settle();
  }

  announce(far: FarEnd, attributes: ModelAttributes = route, family: FamilyName = V4): void {
    const encoding = { hasFourOctetAsn: true, hasPathIds: false };
    this.say(far, announcement(family, { prefix: PREFIX, pathId: 0 }, attributes, encoding));
  }

  lose({ connection }: FarEnd): void {
    this.speaker.connectionClosed(connection);
    this.real.settle();
  }

  pass(sec: number): void {
    this.clock.advance(sec * 1000);
    this.real.settle();
  }

  known(): string[] {
    return prefixesOf(showRoutes(this.speaker, locRib(V4)));
  }
}

/** Attributes that a far end has for the prefix. */
function heard(far: FarEnd): Partial<ModelAttributes> {
  return JSON.parse(far.tables[V4].routes.get(PREFIX) ?? '{}');
}

test('a family that only the long-lived capability lists has a restart time of zero, and is kept (RFC 9494 §4.2)', (t) => {
  const scene = new Scene();
  scene.configure({ '10.9.2.1': {} });
  const longLived = new Map([[V4, { isForwardingPreserved: true, staleSec: 20 }]] as const);
  const far = scene.connect('10.9.2.1', { ...plainOpen, restart: { ...restart, families: new Map() }, longLived });
  scene.announce(far);
  scene.lose(far);
  t.deepEqual(scene.known(), [PREFIX]);
  t.like(neighborView(scene.speaker, '10.9.2.1').families[0], { isLongLived: true, staleRemainingSec: 20 });
  scene.pass(20);
  t.deepEqual(scene.known(), []);
});

test('with graceful restart BoRR is ignored before End-of-RIB, and heeded behind it (RFC 7313 §4)', (t) => {
  const scene = new Scene();
  scene.configure({ '10.9.2.1': {} });
  const far = scene.connect('10.9.2.1', plainOpen);
  scene.announce(far);
  scene.say(far, refresh(V4, 1), refresh(V4, 2));
  t.deepEqual(scene.known(), [PREFIX]);
  scene.say(far, endOfRib(V4), refresh(V4, 1), refresh(V4, 2));
  t.deepEqual(scene.known(), []);
});

test('a family that waited for the refresh of one behind it is sent whole, and not left after its BoRR (RFC 7313 §4)', (t) => {
  const scene = new Scene();
  scene.configure({ '10.9.2.1': {}, '10.9.2.2': {} });
  const families: FarOpen['families'] = [V4, 'ipv6-unicast'];
  const far = scene.connect('10.9.2.1', { ...plainOpen, families });
  const other = scene.connect('10.9.2.2', { ...plainOpen, asn: 64_501, families });
  scene.announce(other, { ...route, asPath: [64_501] });
  const encoding = { hasFourOctetAsn: true, hasPathIds: false };
  const ipv6Route = { ...route, asPath: [64_501], nextHop: '2001:db8:9:0:0:0:0:1' };
  scene.say(other, announcement('ipv6-unicast', { prefix: '2001:db8:1:0:0:0:0:0/48', pathId: 0 }, ipv6Route, encoding));
  t.deepEqual(
    families.map((family) => far.tables[family].routes.size),
    [1, 1],
  );
  scene.say(far, refresh('ipv6-unicast', 0), refresh(V4, 0));
  for (const family of families) t.like(far.tables[family], { begun: 1, ended: 1, isRefreshing: false }, family);
});

test('another import policy is applied to what is kept of a neighbor that is away', (t) => {
  const scene = new Scene();
  scene.configure({ '10.9.2.1': {} });
  const far = scene.connect('10.9.2.1', plainOpen);
  scene.announce(far);
  scene.lose(far);
  t.deepEqual(scene.known(), [PREFIX]);
  scene.configure({ '10.9.2.1': { importPolicy: 'reject' } });
  t.deepEqual(scene.known(), []);
  scene.configure({ '10.9.2.1': {} });
  t.deepEqual(scene.known(), [PREFIX]);
});

test('what is kept of a peer that comes back with another router ID is reflected with that one (RFC 4456 §8)', (t) => {
  const scene = new Scene();
  scene.configure({ '10.9.2.1': {}, '10.9.2.2': { isRouteReflectorClient: true } });
  const watching = scene.connect('10.9.2.2', { ...internalOpen, routerId: 9 });
  const far = scene.connect('10.9.2.1', internalOpen);
  scene.announce(far);
  t.is(heard(watching).originatorId, 1);
  scene.lose(far);
  t.is(heard(watching).originatorId, 1);
  scene.connect('10.9.2.1', { ...internalOpen, routerId: 2 });
  t.is(heard(watching).originatorId, 2);
});

test('the path of an internal route is not empty towards the client of a route server (RFC 4271 §5.1.2)', (t) => {
  const scene = new Scene();
  scene.configure({ '10.9.2.1': {}, '10.9.2.2': { isRouteServerClient: true } });
  const client = scene.connect('10.9.2.2', { ...plainOpen, asn: 64_501, routerId: 9 });
  const far = scene.connect('10.9.2.1', internalOpen);
  scene.announce(far, { ...route, asPath: [] });
  t.deepEqual(heard(client).asPath, [LOCAL_ASN]);
  scene.announce(far);
  t.deepEqual(heard(client).asPath, [64_500], 'others stay as they are');
});

test('AIGP goes out anew when the distance to the next hop that we replace changes (RFC 7311 §3.4.1)', (t) => {
  const scene = new Scene();
  scene.configure({
    '10.9.2.1': { isRouteReflectorClient: true },
    '10.9.2.2': { familyOptions: { [V4]: { nextHop: 'self-all' } } },
  });
  const watching = scene.connect('10.9.2.2', { ...internalOpen, routerId: 9 });
  scene.announce(scene.connect('10.9.2.1', internalOpen), { ...route, aigp: 10 });
  t.is(heard(watching).aigp, 10);
  scene.metrics.set('10.9.0.1', 25);
  scene.speaker.nextHopsChanged();
  scene.pass(0);
  t.is(heard(watching).aigp, 35);
});

test('a neighbor that the configuration shuts down while it is away is not waited for', (t) => {
  const scene = new Scene();
  scene.configure({ '10.9.2.1': {} });
  const far = scene.connect('10.9.2.1', plainOpen);
  scene.announce(far);
  scene.lose(far);
  t.deepEqual(scene.known(), [PREFIX]);
  scene.configure({ '10.9.2.1': { isShutdown: true } });
  t.deepEqual(scene.known(), []);
});

test('after a restart routes are selected when the configuration shuts down the last peer that is awaited (RFC 4724 §4.1)', (t) => {
  const scene = new Scene();
  const full = {
    gracefulRestart: { mode: 'full', restartTimeSec: 60, stalePathSec: 60, hasNotification: true },
  } as const;
  scene.speaker.begin({ isRestarting: true, preservedFamilies: [V4] });
  scene.configure({ '10.9.2.1': full, '10.9.2.2': {} });
  t.true(scene.speaker.view().restart.isDeferring);
  scene.configure({ '10.9.2.1': { ...full, isShutdown: true }, '10.9.2.2': {} });
  t.false(scene.speaker.view().restart.isDeferring);
});
