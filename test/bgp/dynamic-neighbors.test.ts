// Neighbors made when somebody within a prefix connects: how many, from what, for how long, and that they are neighbors like
// any other while they last.

import test from 'ava';
import type { DynamicNeighborConfig, SpeakerConfig } from '#bgp/config.ts';
import { defaultGracefulRestart } from '#support/session-defaults.ts';
import type { SpeakerEvent } from '#bgp/events.ts';
import type { Speaker } from '#bgp/speaker.ts';
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

const HUB = '192.0.2.1';
const callers = ['198.51.100.1', '198.51.100.2', '198.51.100.3'] as const;

const { address: _, ...template } = neighborConfig({ address: '' });

function range(overrides: Partial<DynamicNeighborConfig> = {}): DynamicNeighborConfig {
  return { prefix: '198.51.100.0/24', limit: 2, neighbor: { ...template, remoteAsn: 'external' }, ...overrides };
}

function hubConfig(overrides: Partial<SpeakerConfig> = {}): SpeakerConfig {
  return speakerConfig({
    asn: 65001,
    routerId: HUB,
    networks: networks('203.0.113.0/24'),
    dynamicNeighbors: [range()],
    ...overrides,
  });
}

function hub(config: SpeakerConfig = hubConfig()): {
  readonly lab: SpeakerLab;
  readonly speaker: Speaker;
  readonly events: SpeakerEvent[];
} {
  const lab = new SpeakerLab();
  const { speaker, events } = lab.add('hub', [HUB]);
  speaker.configure(config);
  return { lab, speaker, events };
}

function caller(lab: SpeakerLab, address: string, overrides: Partial<SpeakerConfig> = {}): Speaker {
  const { speaker } = lab.add(address, [address]);
  const id = Number(address.split('.')[3]);
  speaker.configure(
    speakerConfig({
      asn: 65100 + id,
      routerId: address,
      neighbors: [neighborConfig({ address: HUB })],
      networks: networks(`10.${id}.0.0/16`),
      ...overrides,
    }),
  );
  lab.pass(1);
  return speaker;
}

const addresses = (speaker: Speaker): string[] => speaker.view().neighbors.map(({ address }) => address);

test('whoever connects from within the prefix becomes a neighbor like any other', (t) => {
  const { lab, speaker, events } = hub();
  t.deepEqual(addresses(speaker), []);
  t.true(speaker.knows(callers[0]));
  t.false(speaker.knows('192.0.2.77'));
  t.is(speaker.neighborFor(callers[0])?.isPassive, true);
  const one = caller(lab, callers[0]);
  const view = neighborView(speaker, callers[0]);
  t.is(view.state, 'Established');
  t.is(view.dynamicPrefix, '198.51.100.0/24');
  t.true(view.isPassive);
  t.deepEqual(prefixesOf(showRoutes(one, locRib('ipv4-unicast'))), ['10.1.0.0/16', '203.0.113.0/24']);
  t.deepEqual(prefixesOf(showRoutes(speaker, locRib('ipv4-unicast'))), ['10.1.0.0/16', '203.0.113.0/24']);
  t.like(
    events.find(({ type }) => type === 'dynamic-neighbor'),
    { neighbor: callers[0], prefix: '198.51.100.0/24', change: 'added' },
  );
});

test('one more than the limit is refused with Cease 6/5, told once and counted (RFC 4486 §4)', (t) => {
  const { lab, speaker, events } = hub();
  for (const address of callers) caller(lab, address);
  const third = lab.add('late', ['198.51.100.4']).speaker;
  third.configure(
    speakerConfig({ asn: 65104, routerId: '198.51.100.4', neighbors: [neighborConfig({ address: HUB })] }),
  );
  lab.settle();
  t.deepEqual(addresses(speaker), [callers[0], callers[1]]);
  const { lastReset } = neighborView(third, HUB);
  t.deepEqual([lastReset?.direction, lastReset?.code, lastReset?.subcode], ['received', 6, 5]);
  const [view] = speaker.view().dynamicNeighbors;
  t.like(view, { prefix: '198.51.100.0/24', limit: 2, count: 2 });
  t.true(view.refused >= 2);
  const told = events.filter((event) => event.type === 'connection-refused');
  t.is(told.length, 1);
  t.regex(told[0].reason, /198\.51\.100\.0\/24 has its 2 dynamic neighbors already/);
  t.is(speaker.neighborFor('198.51.100.4'), undefined);
});

test('it is gone a minute after its session, and makes room for another one', (t) => {
  const { lab, speaker, events } = hub(hubConfig({ dynamicNeighbors: [range({ limit: 1 })] }));
  const one = caller(lab, callers[0]);
  lab.kill(one);
  lab.pass(1);
  t.not(neighborView(speaker, callers[0]).state, 'Established');
  t.deepEqual(prefixesOf(showRoutes(speaker, locRib('ipv4-unicast'))), ['203.0.113.0/24']);
  lab.pass(61);
  t.deepEqual(addresses(speaker), []);
  t.like(
    events.findLast(({ type }) => type === 'dynamic-neighbor'),
    { neighbor: callers[0], change: 'removed' },
  );
  caller(lab, callers[1]);
  t.deepEqual(addresses(speaker), [callers[1]]);
});

test('one that comes back in time is the same neighbor with the same history', (t) => {
  const { lab, speaker } = hub();
  const one = caller(lab, callers[0]);
  lab.kill(one);
  lab.pass(30);
  caller(lab, callers[0]);
  lab.pass(100);
  t.is(neighborView(speaker, callers[0]).state, 'Established');
  t.is(neighborView(speaker, callers[0]).connectionsEstablished, 2);
});

test('one that never gets as far as a session goes as well', (t) => {
  const { lab, speaker } = hub(
    hubConfig({ dynamicNeighbors: [range({ neighbor: { ...template, remoteAsn: 65999 } })] }),
  );
  const one = caller(lab, callers[0]);
  t.not(neighborView(one, HUB).state, 'Established');
  lab.kill(one);
  lab.pass(61);
  t.deepEqual(addresses(speaker), []);
});

test('as long as routes of it are kept by graceful restart it stays (RFC 4724 §4.2)', (t) => {
  const gracefulRestart = { ...defaultGracefulRestart, mode: 'full' as const, restartTimeSec: 120 };
  const { lab, speaker } = hub(
    hubConfig({ dynamicNeighbors: [range({ neighbor: { ...template, gracefulRestart } })] }),
  );
  const one = caller(lab, callers[0], { neighbors: [neighborConfig({ address: HUB, gracefulRestart })] });
  lab.kill(one);
  lab.pass(100);
  t.deepEqual(addresses(speaker), [callers[0]]);
  t.is(neighborView(speaker, callers[0]).families[0].stale, 1);
  lab.pass(21);
  t.deepEqual(addresses(speaker), [callers[0]]);
  t.deepEqual(prefixesOf(showRoutes(speaker, locRib('ipv4-unicast'))), ['203.0.113.0/24']);
  lab.pass(61);
  t.deepEqual(addresses(speaker), []);
});

test('a configured neighbor within the prefix is that neighbor, not a dynamic one', (t) => {
  const own = neighborConfig({ address: callers[0], isPassive: true, description: 'by name' });
  const { lab, speaker } = hub(hubConfig({ neighbors: [own], dynamicNeighbors: [range({ limit: 1 })] }));
  caller(lab, callers[0]);
  caller(lab, callers[1]);
  t.is(neighborView(speaker, callers[0]).dynamicPrefix, undefined);
  t.is(neighborView(speaker, callers[0]).description, 'by name');
  t.is(speaker.view().dynamicNeighbors[0].count, 1);
});

test('a dynamic neighbor that is configured while it is there begins anew as a configured one', (t) => {
  const { lab, speaker } = hub();
  caller(lab, callers[0]);
  const own = neighborConfig({ address: callers[0], isPassive: true });
  t.deepEqual(speaker.configure(hubConfig({ neighbors: [own] })).neighborsAdded, [callers[0]]);
  lab.pass(30);
  t.is(neighborView(speaker, callers[0]).state, 'Established');
  t.is(neighborView(speaker, callers[0]).dynamicPrefix, undefined);
  t.is(speaker.view().dynamicNeighbors[0].count, 0);
  lab.pass(300);
  t.deepEqual(addresses(speaker), [callers[0]]);
});

test('a change of the template reaches its neighbors without a reset, a prefix that goes takes them along', (t) => {
  const { lab, speaker } = hub();
  const one = caller(lab, callers[0]);
  const outcome = speaker.configure(
    hubConfig({ dynamicNeighbors: [range({ neighbor: { ...template, exportPolicy: 'reject' } })] }),
  );
  lab.settle();
  t.deepEqual(outcome.neighborsUpdated, [callers[0]]);
  t.is(neighborView(speaker, callers[0]).connectionsEstablished, 1);
  t.deepEqual(prefixesOf(showRoutes(one, locRib('ipv4-unicast'))), ['10.1.0.0/16']);
  speaker.configure(hubConfig({ dynamicNeighbors: [] }));
  lab.settle();
  t.deepEqual(addresses(speaker), []);
  const { lastReset } = neighborView(one, HUB);
  t.deepEqual([lastReset?.code, lastReset?.subcode], [6, 3]);
});

test('prefixes that overlap are refused', (t) => {
  const lab = new SpeakerLab();
  const { speaker } = lab.add('hub', [HUB]);
  t.throws(
    () => speaker.configure(hubConfig({ dynamicNeighbors: [range(), range({ prefix: '198.51.100.128/25' })] })),
    { name: 'ConfigError', message: /dynamicNeighbors\.prefix: "198\.51\.100\.128\/25": .* 198\.51\.100\.0\/24/ },
  );
});

test('two instances tell their strangers apart by prefix', (t) => {
  const { lab, speaker } = hub();
  const { speaker: other } = lab.add('other', ['192.0.2.2']);
  other.configure(hubConfig({ routerId: '192.0.2.2', dynamicNeighbors: [range({ prefix: '198.18.0.0/15' })] }));
  t.true(other.knows('198.19.1.1'));
  t.false(speaker.knows('198.19.1.1'));
  t.false(other.knows(callers[0]));
});
