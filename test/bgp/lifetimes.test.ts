// Things that outlive a session, a table or a configuration, and what else of the speaker changed in between: what policies remember,
// dynamic neighbors, limits beside kept routes.

import test from 'ava';
import type { NeighborConfig, PolicyConfig, SpeakerConfig } from '#bgp/config.ts';
import { defaultGracefulRestart } from '#support/session-defaults.ts';
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

const SOURCE = '192.0.2.1';
const MIDDLE = '192.0.2.2';
const SINK = '192.0.2.3';
const PREFIX = '10.1.0.0/16';

/** Rejects what has the community 65001:1, whatever else it has. */
const choosy: PolicyConfig = {
  name: 'choosy',
  statements: [{ name: 'marked', match: { communities: { any: ['65001:1'] } }, set: {}, action: 'reject' }],
  otherwise: 'accept',
};

function sourceConfig(community: number): SpeakerConfig {
  const mark: PolicyConfig = {
    name: 'mark',
    statements: [{ name: 'all', match: {}, set: { addCommunities: [65_001 * 65_536 + community] }, action: 'accept' }],
    otherwise: 'accept',
  };
  return speakerConfig({
    asn: 65001,
    routerId: SOURCE,
    neighbors: [neighborConfig({ address: MIDDLE, exportPolicy: { policy: 'mark' } })],
    networks: networks(PREFIX),
    policies: [mark],
  });
}

function middleConfig(overrides: Partial<SpeakerConfig> = {}): SpeakerConfig {
  return speakerConfig({
    asn: 65002,
    routerId: MIDDLE,
    neighbors: [
      neighborConfig({ address: SOURCE }),
      neighborConfig({ address: SINK, exportPolicy: { policy: 'choosy' } }),
    ],
    policies: [choosy],
    ...overrides,
  });
}

function chain(): {
  readonly lab: SpeakerLab;
  readonly source: Speaker;
  readonly middle: Speaker;
  readonly sink: Speaker;
} {
  const lab = new SpeakerLab();
  const { speaker: source } = lab.add('source', [SOURCE]);
  const { speaker: middle } = lab.add('middle', [MIDDLE]);
  const { speaker: sink } = lab.add('sink', [SINK]);
  source.configure(sourceConfig(1));
  middle.configure(middleConfig());
  sink.configure(speakerConfig({ asn: 65003, routerId: SINK, neighbors: [neighborConfig({ address: MIDDLE })] }));
  lab.pass(10);
  return { lab, source, middle, sink };
}

const at = (speaker: Speaker): string[] => prefixesOf(showRoutes(speaker, locRib('ipv4-unicast')));

test('what an export policy knew of attributes is not believed after nobody has used it for a while', (t) => {
  const { lab, source, middle, sink } = chain();
  t.deepEqual(at(sink), []);
  middle.shutdown(SINK, true, undefined);
  lab.pass(1);
  // The numbers of attribute sets that are gone are given to others.
  for (const community of [2, 3, 4]) {
    source.configure(sourceConfig(community));
    lab.pass(1);
  }
  middle.shutdown(SINK, false, undefined);
  lab.pass(10);
  t.is(neighborView(middle, SINK).state, 'Established');
  t.deepEqual(at(sink), [PREFIX]);
});

test('what a policy knew of attributes is not believed by a speaker that has become another one', (t) => {
  const { lab, source, middle, sink } = chain();
  t.deepEqual(at(sink), []);
  source.configure(sourceConfig(2));
  lab.pass(1);
  t.deepEqual(at(sink), [PREFIX]);
  middle.configure(middleConfig({ routerId: '192.0.2.22' }));
  lab.pass(10);
  t.deepEqual(at(sink), [PREFIX]);
  source.configure(sourceConfig(1));
  lab.pass(1);
  t.deepEqual(at(sink), []);
  middle.configure(middleConfig());
  source.configure(sourceConfig(2));
  lab.pass(10);
  t.deepEqual(at(sink), [PREFIX]);
});

const { address: _, ...template } = neighborConfig({ address: '' });

test('a dynamic neighbor that comes back without its forwarding state stays as long as its session', (t) => {
  const lab = new SpeakerLab();
  const { speaker: hub } = lab.add('hub', [MIDDLE]);
  const gracefulRestart = { ...defaultGracefulRestart, mode: 'full' as const };
  hub.configure(
    speakerConfig({
      asn: 65002,
      routerId: MIDDLE,
      dynamicNeighbors: [{ prefix: '192.0.2.0/24', limit: 5, neighbor: { ...template, gracefulRestart } }],
    }),
  );
  const callerConfig = speakerConfig({
    asn: 65001,
    routerId: SOURCE,
    neighbors: [neighborConfig({ address: MIDDLE, gracefulRestart })],
    networks: networks(PREFIX),
  });
  const first = lab.add('caller', [SOURCE]);
  first.speaker.configure(callerConfig);
  lab.pass(10);
  lab.kill(first.speaker);
  t.is(neighborView(hub, SOURCE).families[0].stale, 1);
  const second = lab.add('caller', [SOURCE]);
  second.speaker.begin({ isRestarting: true, preservedFamilies: [] });
  second.speaker.configure(callerConfig);
  second.speaker.sourcesSynchronised();
  lab.pass(10);
  t.is(neighborView(hub, SOURCE).state, 'Established');
  lab.pass(120);
  t.is(hub.view().neighbors.length, 1);
  t.is(neighborView(second.speaker, MIDDLE).lastReset, undefined);
});

function limited(action: 'discard' | 'restart'): { readonly lab: SpeakerLab; readonly middle: Speaker } {
  const lab = new SpeakerLab();
  const { speaker: middle } = lab.add('middle', [MIDDLE]);
  const gracefulRestart = { ...defaultGracefulRestart, mode: 'full' as const };
  const maxPrefixes = { limit: 2, warningPercent: 100, action, restartSec: 60 };
  middle.configure(
    speakerConfig({
      asn: 65002,
      routerId: MIDDLE,
      neighbors: [
        neighborConfig({ address: SOURCE, gracefulRestart, familyOptions: { 'ipv4-unicast': { maxPrefixes } } }),
      ],
    }),
  );
  return { lab, middle };
}

for (const action of ['discard', 'restart'] as const) {
  test(`routes that wait for their peer do not count against its limit: ${action}`, (t) => {
    const { lab, middle } = limited(action);
    const gracefulRestart = { ...defaultGracefulRestart, mode: 'full' as const };
    const config = (...prefixes: readonly string[]): SpeakerConfig =>
      speakerConfig({
        asn: 65001,
        routerId: SOURCE,
        neighbors: [neighborConfig({ address: MIDDLE, gracefulRestart })],
        networks: networks(...prefixes),
      });
    const first = lab.add('source', [SOURCE]);
    first.speaker.configure(config('10.1.0.0/16', '10.2.0.0/16'));
    lab.pass(10);
    t.is(neighborView(middle, SOURCE).families[0].receivedPrePolicy, 2);
    lab.kill(first.speaker);
    const second = lab.add('source', [SOURCE]);
    second.speaker.begin({ isRestarting: true, preservedFamilies: ['ipv4-unicast', 'ipv6-unicast'] });
    second.speaker.configure(config('10.2.0.0/16', '10.3.0.0/16'));
    second.speaker.sourcesSynchronised();
    lab.pass(10);
    const view = neighborView(middle, SOURCE);
    t.is(view.state, 'Established');
    t.is(view.families[0].refusedByLimit, 0);
    t.deepEqual(at(middle), ['10.2.0.0/16', '10.3.0.0/16']);
  });
}

test('routes that come and go beside a full limit ask for a refresh twice a minute at most', (t) => {
  const { lab, middle } = limited('discard');
  const { speaker: source, events } = lab.add('source', [SOURCE]);
  const configure = (...prefixes: readonly string[]): void => {
    const neighbors = [neighborConfig({ address: MIDDLE })];
    source.configure(speakerConfig({ asn: 65001, routerId: SOURCE, neighbors, networks: networks(...prefixes) }));
    lab.settle();
  };
  const refreshes = (): number => events.filter(({ type }) => type === 'route-refresh').length;
  const all = ['10.1.0.0/16', '10.2.0.0/16', '10.3.0.0/16'];
  configure(...all);
  lab.pass(10);
  for (let round = 0; round < 9; round++) {
    const [taken] = at(middle);
    configure(...all.filter((prefix) => prefix !== taken));
    configure(...all);
  }
  const [taken] = at(middle);
  configure(...all.filter((prefix) => prefix !== taken));
  t.is(refreshes(), 1);
  t.is(at(middle).length, 1);
  lab.pass(30);
  t.is(at(middle).length, 2, 'there is room, and it is used in the end');
  t.is(refreshes(), 2);
});

test('a neighbor that is to get several paths no longer gets one until the next OPEN', (t) => {
  const { lab, middle, sink } = chain();
  const OTHER = '192.0.2.4';
  const configure = (familyOptions: NeighborConfig['familyOptions']): void => {
    const neighbors = [
      neighborConfig({ address: SOURCE }),
      neighborConfig({ address: OTHER }),
      neighborConfig({ address: SINK, ...(familyOptions === undefined ? {} : { familyOptions }) }),
    ];
    middle.configure(middleConfig({ neighbors }));
    lab.pass(10);
  };
  const { speaker: other } = lab.add('other', [OTHER]);
  const toMiddle = neighborConfig({ address: MIDDLE });
  other.configure(speakerConfig({ asn: 65004, routerId: OTHER, neighbors: [toMiddle], networks: networks(PREFIX) }));
  const taking = neighborConfig({ address: MIDDLE, familyOptions: { 'ipv4-unicast': { receivesAddPath: true } } });
  sink.configure(speakerConfig({ asn: 65003, routerId: SINK, neighbors: [taking] }));
  configure({ 'ipv4-unicast': { addPathSend: 0 } });
  middle.clear(SINK, 'hard');
  lab.pass(10);
  t.is(neighborView(sink, MIDDLE).families[0].receivedPrePolicy, 2);
  configure(undefined);
  t.true(neighborView(middle, SINK).families[0].sendsAddPath);
  t.is(neighborView(sink, MIDDLE).families[0].receivedPrePolicy, 1);
});

test('an option that is written out as what it was anyway resets nobody', (t) => {
  const { lab, middle } = chain();
  const plain = { isRouteServerClient: false, isRouteReflectorClient: false, enforcesFirstAs: true, allowAsIn: 0 };
  const outcome = middle.configure(
    middleConfig({
      neighbors: [
        neighborConfig({ address: SOURCE, ...plain }),
        neighborConfig({ address: SINK, exportPolicy: { policy: 'choosy' }, ...plain }),
      ],
    }),
  );
  lab.settle();
  t.deepEqual(outcome.neighborsReset, []);
  t.is(neighborView(middle, SOURCE).sent.routeRefresh, 0);
});
