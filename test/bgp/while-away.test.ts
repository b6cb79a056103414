// What happens to a peer whose routes are kept while it is away: it comes back as somebody else, or its configuration changes on
// either side. How a restart goes when nothing else happens: graceful-restart.test.ts.

import test from 'ava';
import type { GracefulRestartConfig, NeighborConfig, SpeakerConfig } from '#bgp/config.ts';
import { defaultGracefulRestart } from '#support/session-defaults.ts';
import type { Speaker } from '#bgp/speaker.ts';
import { type NeighborFamilyView, PathFlag } from '#bgp/views.ts';
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

/** The one that goes away, the one that keeps its routes, another neighbor of that one. */
const R = '192.0.2.1';
const H = '192.0.2.2';
const X = '192.0.2.5';

const gracefulRestart: GracefulRestartConfig = { ...defaultGracefulRestart, mode: 'full', restartTimeSec: 120 };
const toR = neighborConfig({ address: R, isPassive: true, gracefulRestart });
const toH = neighborConfig({ address: H, gracefulRestart });

interface Scene {
  readonly lab: SpeakerLab;
  readonly helper: Speaker;
  readonly config: SpeakerConfig;
  /** R dies and comes back later, with routes and options that may be others; it does not say that it has sent everything. */
  readonly goAndComeBack: (options: Partial<SpeakerConfig>, meanwhile?: () => void) => void;
}

function scene(helperSide: NeighborConfig = toR, side: NeighborConfig = toH): Scene {
  const lab = new SpeakerLab();
  const { speaker: helper } = lab.add('h', [H]);
  const config = speakerConfig({
    asn: 65002,
    routerId: H,
    neighbors: [helperSide, neighborConfig({ address: X, isPassive: true })],
  });
  helper.configure(config);
  const base = speakerConfig({
    asn: 65001,
    routerId: R,
    neighbors: [side],
    networks: networks('10.1.0.0/16', '10.2.0.0/16'),
  });
  const { speaker } = lab.add('r', [R]);
  speaker.configure(base);
  lab.pass(10);
  const goAndComeBack: Scene['goAndComeBack'] = (options, meanwhile = () => undefined) => {
    lab.kill(speaker);
    lab.pass(20);
    meanwhile();
    const { speaker: back } = lab.add('r', [R]);
    back.begin({ isRestarting: true, preservedFamilies: ['ipv4-unicast'] });
    back.configure({ ...base, ...options });
  };
  return { lab, helper, config, goAndComeBack };
}

const familyOf = (speaker: Speaker, address: string): NeighborFamilyView => neighborView(speaker, address).families[0];
const known = (speaker: Speaker): string[] => prefixesOf(showRoutes(speaker, locRib('ipv4-unicast')));

test('another AS at the address of one that is away takes over nothing of its routes', (t) => {
  const { lab, helper, goAndComeBack } = scene();
  goAndComeBack({ asn: 65009, networks: networks('10.9.0.0/16') });
  lab.pass(10);
  t.is(neighborView(helper, R).state, 'Established');
  t.false(familyOf(helper, R).hasEndOfRibReceived);
  t.deepEqual(known(helper), ['10.9.0.0/16']);
});

test('when the configuration means another AS, what is kept of the one before goes at once', (t) => {
  const { lab, helper, config, goAndComeBack } = scene();
  const means = (remoteAsn: NeighborConfig['remoteAsn']): string[] => {
    helper.configure({ ...config, neighbors: [{ ...toR, remoteAsn }] });
    lab.settle();
    return known(helper);
  };
  goAndComeBack({}, () => {
    t.is(means('any').length, 2);
    t.is(means(65001).length, 2);
    t.is(means(65009).length, 0);
  });
});

test('what is kept of a peer that comes back with another router ID is decided again (RFC 4271 §9.1.2.2 f)', (t) => {
  const { lab, helper, goAndComeBack } = scene();
  lab.add('x', [X]).speaker.configure(
    speakerConfig({
      asn: 65005,
      routerId: X,
      neighbors: [neighborConfig({ address: H })],
      networks: networks('10.1.0.0/16'),
    }),
  );
  lab.pass(10);
  const best = (): number | undefined =>
    showRoutes(helper, locRib('ipv4-unicast')).find(
      ({ prefix, flags }) => prefix === '10.1.0.0/16' && (flags & PathFlag.Best) !== 0,
    )?.attributes.asPath[0].asns[0];
  t.is(best(), 65001);
  goAndComeBack({ routerId: '192.0.2.9', networks: [] });
  lab.pass(10);
  t.is(familyOf(helper, R).stale, 2);
  t.is(best(), 65005);
});

test('a new ConnectRetryTime makes nobody wait longer for a peer whose routes are kept', (t) => {
  const retrying = (connectRetrySec: number): NeighborConfig => ({
    ...toR,
    isPassive: false,
    timers: { ...toR.timers, connectRetrySec },
  });
  const passive = { ...toH, isPassive: true };
  const { lab, helper, config, goAndComeBack } = scene(retrying(100), passive);
  lab.pass(120);
  goAndComeBack({}, () => helper.configure({ ...config, neighbors: [retrying(90)] }));
  lab.pass(6);
  t.is(neighborView(helper, R).state, 'Established');
});

test('who is shut down by configuration, and a prefix that goes, is not awaited after a restart any more', (t) => {
  const lab = new SpeakerLab();
  const { speaker: peer } = lab.add('peer', [H]);
  peer.configure(speakerConfig({ asn: 65002, routerId: H, neighbors: [toR], networks: networks('10.2.0.0/16') }));
  const { speaker } = lab.add('us', [R]);
  const away = { ...toH, address: X };
  const config = speakerConfig({
    asn: 65001,
    routerId: R,
    neighbors: [toH, away],
    dynamicNeighbors: [{ prefix: '198.51.100.0/24', limit: 2, neighbor: toH }],
  });
  speaker.begin({ isRestarting: true, preservedFamilies: ['ipv4-unicast'] });
  speaker.configure(config);
  speaker.sourcesSynchronised();
  lab.pass(10);
  const awaited = (): readonly string[] =>
    speaker.view().restart.awaited.filter((text) => text.endsWith('ipv4-unicast'));
  t.deepEqual(awaited(), [`${X} ipv4-unicast`, '198.51.100.0/24 ipv4-unicast']);
  const neighbors = [toH, { ...away, isShutdown: true }];
  speaker.configure({ ...config, neighbors });
  t.deepEqual(awaited(), ['198.51.100.0/24 ipv4-unicast']);
  speaker.configure({ ...config, neighbors, dynamicNeighbors: [] });
  lab.settle();
  t.false(speaker.view().restart.isDeferring);
  t.true(familyOf(peer, R).hasEndOfRibReceived);
});
