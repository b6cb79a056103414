// What a neighbor's options say about attributes that are not taken from everybody: AS_SET in paths, AIGP.

import test from 'ava';
import type { NeighborConfig } from '#bgp/config.ts';
import type { Speaker } from '#bgp/speaker.ts';
import { aigpMetric } from '#bgp/wire/attributes.ts';
import {
  locRib,
  neighborConfig,
  networks,
  prefixesOf,
  showRoutes,
  speakerConfig,
  SpeakerLab,
} from '#support/speaker-lab.ts';
import { attribute, fromHex, nextHop, nlri, origin, update } from './wire/bytes.ts';

const A = '192.0.2.1';
const B = '192.0.2.2';
const C = '192.0.2.3';

interface Scene {
  readonly lab: SpeakerLab;
  readonly b: Speaker;
  readonly c: Speaker;
  /** Options of B for A and for C. */
  readonly configure: (fromA: Partial<NeighborConfig>, toC: Partial<NeighborConfig>) => void;
  /** Has B receive this, as if A had sent it. */
  readonly inject: (bytes: Uint8Array) => void;
}

/** A (65001) announces a network with AIGP 7 to B (65002), which passes it on to C (65003); all are external to each other. */
function scene(): Scene {
  const lab = new SpeakerLab();
  const { speaker: a } = lab.add('a', [A]);
  const { speaker: b } = lab.add('b', [B]);
  const { speaker: c } = lab.add('c', [C]);
  const configure: Scene['configure'] = (fromA, toC) => {
    b.configure(
      speakerConfig({
        asn: 65002,
        routerId: B,
        neighbors: [
          neighborConfig({ address: A, isPassive: true, families: ['ipv4-unicast'], ...fromA }),
          neighborConfig({ address: C, isPassive: true, families: ['ipv4-unicast'], ...toC }),
        ],
      }),
    );
    lab.settle();
  };
  configure({}, {});
  const toB = neighborConfig({ address: B, families: ['ipv4-unicast'], isAigpSession: true });
  c.configure(speakerConfig({ asn: 65003, routerId: C, neighbors: [toB] }));
  a.configure(
    speakerConfig({
      asn: 65001,
      routerId: A,
      neighbors: [{ ...toB, exportPolicy: { policy: 'metric' } }],
      networks: networks('10.1.0.0/16'),
      policies: [
        {
          name: 'metric',
          statements: [{ name: 'seven', match: {}, set: { aigp: 7 }, action: 'accept' }],
          otherwise: 'reject',
        },
      ],
    }),
  );
  const endpoint = lab.network.find(B);
  const handler = endpoint?.handler;
  if (endpoint === undefined || handler === undefined) throw new RangeError('no endpoint');
  let last = 0;
  endpoint.handler = {
    ...handler,
    received: (connection, bytes) => {
      if (bytes[18] === 2) last = connection;
      handler.received(connection, bytes);
    },
  };
  lab.pass(1);
  a.clear(B, 'soft-out');
  lab.settle();
  return {
    lab,
    b,
    c,
    configure,
    inject: (bytes) => {
      b.received(last, bytes);
      lab.settle();
    },
  };
}

const known = (speaker: Speaker): string[] => prefixesOf(showRoutes(speaker, locRib('ipv4-unicast')));

function metricAt(speaker: Speaker): bigint | undefined {
  const [route] = showRoutes(speaker, locRib('ipv4-unicast'));
  return route.attributes.aigp === undefined ? undefined : aigpMetric(route.attributes.aigp);
}

test('a route with an AS_SET is treated as withdrawn unless it is asked for, and then withdrawn again (RFC 9774 §3)', (t) => {
  const { b, configure, inject } = scene();
  const asPath = attribute(0x40, 2, fromHex('02010000fde9 010200000007 00000008'));
  const withSet = update({ attributes: [origin, asPath, nextHop], nlri });
  inject(withSet);
  t.deepEqual(known(b), ['10.1.0.0/16']);
  configure({ acceptsAsSets: true }, {});
  inject(withSet);
  t.deepEqual(known(b), ['10.1.0.0/16', '198.51.100.0/24']);
  configure({}, {});
  inject(withSet);
  t.deepEqual(known(b), ['10.1.0.0/16']);
});

test('an external neighbor’s AIGP is taken and sent where that is configured, each way and on a live session (RFC 7311 §3.3)', (t) => {
  const { b, c, configure } = scene();
  t.is(metricAt(b), undefined);
  configure({ isAigpSession: true }, {});
  t.is(metricAt(b), 7n);
  t.is(metricAt(c), undefined);
  configure({ isAigpSession: true }, { isAigpSession: true });
  t.is(metricAt(c), 7n);
  configure({}, { isAigpSession: true });
  t.is(metricAt(c), undefined);
  t.is(b.view().neighbors[0].connectionsEstablished, 1);
});
