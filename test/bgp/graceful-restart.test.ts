// Graceful restart from both sides, whole speakers: who keeps what while a neighbor is away, for how long, and what a third
// router hears of it; and what a speaker that comes back says, waits for and keeps to itself.

import test from 'ava';
import type { GracefulRestartConfig, NeighborConfig, SpeakerConfig } from '#bgp/config.ts';
import { defaultGracefulRestart } from '#support/session-defaults.ts';
import type { SpeakerEvent } from '#bgp/events.ts';
import type { Fib } from '#bgp/ports.ts';
import type { Speaker } from '#bgp/speaker.ts';
import type { NeighborFamilyView } from '#bgp/views.ts';
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

/** The one that restarts, the one that helps, the one that looks on. */
const R = '192.0.2.1';
const H = '192.0.2.2';
const W = '192.0.2.3';

const full: GracefulRestartConfig = { ...defaultGracefulRestart, mode: 'full', restartTimeSec: 120, stalePathSec: 60 };
const LLGR_STALE = 0xffff0006;
const NO_LLGR = 0xffff0007;

interface Scene {
  readonly lab: SpeakerLab;
  restarting: Speaker;
  readonly helper: Speaker;
  readonly witness: Speaker;
  readonly events: SpeakerEvent[];
}

interface SceneOptions {
  readonly restarting?: Partial<NeighborConfig>;
  readonly helper?: Partial<NeighborConfig>;
  /** What the helper says to the witness, and the other way round. */
  readonly onward?: Partial<NeighborConfig>;
  readonly config?: Partial<SpeakerConfig>;
  /** Without graceful restart. */
  readonly isRestartingPlain?: boolean;
  readonly isHelperPlain?: boolean;
}

const restartOf = (isPlain = false): Partial<NeighborConfig> => (isPlain ? {} : { gracefulRestart: full });

const ownNetworks = networks('10.1.0.0/16', '10.2.0.0/16', '2001:db8:1::/48');

function configRestarting(speaker: Speaker, { restarting, config, isRestartingPlain }: SceneOptions): void {
  speaker.configure(
    speakerConfig({
      asn: 65001,
      routerId: R,
      neighbors: [neighborConfig({ address: H, ...restartOf(isRestartingPlain), ...restarting })],
      networks: ownNetworks,
      ...config,
    }),
  );
}

/** R (65001, restarts) – H (65002, helps) – W (65003, looks on), settled. */
function scene(options: SceneOptions = {}): Scene {
  const lab = new SpeakerLab();
  const { speaker: restarting } = lab.add('r', [R, '2001:db8::1']);
  const { speaker: helper, events } = lab.add('h', [H, '2001:db8::2']);
  const { speaker: witness } = lab.add('w', [W, '2001:db8::3']);
  helper.configure(
    speakerConfig({
      asn: 65002,
      routerId: H,
      neighbors: [
        neighborConfig({ address: R, isPassive: true, ...restartOf(options.isHelperPlain), ...options.helper }),
        neighborConfig({ address: W, isPassive: true, ...options.onward }),
      ],
    }),
  );
  witness.configure(
    speakerConfig({ asn: 65003, routerId: W, neighbors: [neighborConfig({ address: H, ...options.onward })] }),
  );
  configRestarting(restarting, options);
  lab.pass(1);
  return { lab, restarting, helper, witness, events };
}

/** The restarting speaker dies and comes back after `awaySec`. */
function restart(
  { lab, restarting }: Scene,
  awaySec: number,
  options: SceneOptions = {},
  preservedFamilies: readonly ('ipv4-unicast' | 'ipv6-unicast')[] = ['ipv4-unicast', 'ipv6-unicast'],
): Speaker {
  lab.kill(restarting);
  lab.pass(awaySec);
  const { speaker } = lab.add('r', [R, '2001:db8::1']);
  speaker.begin({ isRestarting: true, preservedFamilies });
  configRestarting(speaker, options);
  // The helper has nothing to send: that is believed after three seconds.
  lab.pass(1);
  lab.pass(3);
  return speaker;
}

const familyOf = (speaker: Speaker, address: string, index = 0): NeighborFamilyView =>
  neighborView(speaker, address).families[index];
const known = (speaker: Speaker): string[] => prefixesOf(showRoutes(speaker, locRib('ipv4-unicast')));
const heard = ({ witness }: Scene): number => neighborView(witness, H).received.update;

test('a peer that dies keeps its routes at its neighbors, and nobody behind them hears of it (RFC 4724 §4.2)', (t) => {
  const stage = scene();
  const before = heard(stage);
  stage.lab.kill(stage.restarting);
  stage.lab.pass(30);
  t.not(neighborView(stage.helper, R).state, 'Established');
  t.deepEqual(known(stage.helper), ['10.1.0.0/16', '10.2.0.0/16']);
  t.deepEqual(known(stage.witness), ['10.1.0.0/16', '10.2.0.0/16']);
  t.is(familyOf(stage.helper, R).stale, 2);
  t.is(familyOf(stage.helper, R, 1).stale, 1);
  t.is(neighborView(stage.helper, R).gracefulRestart.restartRemainingSec, 90);
  t.is(heard(stage), before);
  const kept = stage.events.filter((event) => event.type === 'stale-routes');
  t.deepEqual(
    kept.map(({ family, change, routes }) => [family, change, routes]),
    [
      ['ipv4-unicast', 'kept', 2],
      ['ipv6-unicast', 'kept', 1],
    ],
  );
});

test('when it comes back and sends the same routes, nothing was ever withdrawn', (t) => {
  const stage = scene();
  const before = heard(stage);
  const speaker = restart(stage, 30);
  t.is(neighborView(stage.helper, R).state, 'Established');
  t.true(neighborView(stage.helper, R).gracefulRestart.isPeerRestarting);
  t.true(familyOf(stage.helper, R).isForwardingPreservedByPeer);
  t.is(familyOf(stage.helper, R).stale, 0);
  t.false(familyOf(stage.helper, R).hasEndOfRibReceived, 'it waits for its own sources');
  t.is(familyOf(stage.helper, R).staleRemainingSec, 57);
  speaker.sourcesSynchronised();
  stage.lab.settle();
  t.true(familyOf(stage.helper, R).hasEndOfRibReceived);
  t.is(familyOf(stage.helper, R).stale, 0);
  t.is(familyOf(stage.helper, R).staleRemainingSec, undefined);
  t.is(heard(stage), before);
  t.deepEqual(known(stage.witness), ['10.1.0.0/16', '10.2.0.0/16']);
});

test('what it does not send again goes at End-of-RIB, and not before (RFC 4724 §4.2)', (t) => {
  const stage = scene();
  const speaker = restart(stage, 5, { config: { networks: networks('10.2.0.0/16') } });
  t.deepEqual(known(stage.witness), ['10.1.0.0/16', '10.2.0.0/16']);
  speaker.sourcesSynchronised();
  stage.lab.settle();
  t.deepEqual(known(stage.witness), ['10.2.0.0/16']);
  t.deepEqual(showRoutes(stage.witness, locRib('ipv6-unicast')), []);
});

test('a peer that stays away longer than its restart time loses its routes (RFC 4724 §4.2)', (t) => {
  const stage = scene();
  stage.lab.kill(stage.restarting);
  stage.lab.pass(118);
  t.is(known(stage.witness).length, 2);
  stage.lab.pass(3);
  t.deepEqual(known(stage.helper), []);
  t.deepEqual(known(stage.witness), []);
});

test('a family that comes back without the F-bit is dropped at once (RFC 4724 §4.2)', (t) => {
  const stage = scene();
  const speaker = restart(stage, 5, { config: { networks: [] } }, ['ipv6-unicast']);
  t.deepEqual(known(stage.witness), []);
  t.is(familyOf(stage.helper, R, 1).stale, 1);
  t.deepEqual(prefixesOf(showRoutes(stage.witness, locRib('ipv6-unicast'))), ['2001:db8:1::/48']);
  speaker.sourcesSynchronised();
  stage.lab.settle();
  t.deepEqual(showRoutes(stage.witness, locRib('ipv6-unicast')), []);
});

test('a family that the new session lacks is dropped at once (RFC 4724 §4.2)', (t) => {
  const stage = scene();
  restart(stage, 5, { restarting: { families: ['ipv4-unicast'] }, config: { networks: [] } });
  t.is(neighborView(stage.helper, R).state, 'Established');
  t.deepEqual(showRoutes(stage.witness, locRib('ipv6-unicast')), []);
  t.is(familyOf(stage.helper, R).stale, 2);
});

test('a session that comes back without graceful restart has nothing kept for it (RFC 4724 §4.2)', (t) => {
  const stage = scene();
  restart(stage, 5, { isRestartingPlain: true, config: { networks: [] } });
  t.deepEqual(known(stage.witness), []);
  t.is(familyOf(stage.helper, R).stale, 0);
});

test('stale routes wait for End-of-RIB no longer than configured', (t) => {
  const stage = scene();
  restart(stage, 5, { config: { networks: networks('10.2.0.0/16') } });
  stage.lab.pass(54);
  t.is(known(stage.witness).length, 2);
  stage.lab.pass(3);
  t.deepEqual(known(stage.witness), ['10.2.0.0/16']);
});

test('a second restart before End-of-RIB deletes what was stale already (RFC 4724 §4.2)', (t) => {
  const stage = scene();
  stage.restarting = restart(stage, 5, { config: { networks: networks('10.2.0.0/16') } });
  t.is(known(stage.witness).length, 2);
  stage.lab.kill(stage.restarting);
  stage.lab.pass(1);
  t.deepEqual(known(stage.witness), ['10.2.0.0/16'], 'announced in the last session');
  t.is(familyOf(stage.helper, R).stale, 1);
});

test('a neighbor without graceful restart loses its routes with its session', (t) => {
  const stage = scene({ isHelperPlain: true });
  stage.lab.kill(stage.restarting);
  stage.lab.pass(1);
  t.deepEqual(known(stage.witness), []);
});

test('after a hard clear, and where the neighbor was removed, nothing is kept (RFC 8538 §4)', (t) => {
  const cleared = scene();
  const before = heard(cleared);
  cleared.restarting.clear(H, 'hard');
  cleared.lab.pass(30);
  const { lastReset, connectionsEstablished } = neighborView(cleared.helper, R);
  t.deepEqual([lastReset?.direction, lastReset?.code, lastReset?.subcode], ['received', 6, 9]);
  t.is(connectionsEstablished, 2);
  t.true(heard(cleared) > before, 'withdrawn and announced again');
  const removed = scene();
  removed.restarting.configure(speakerConfig({ asn: 65001, routerId: R }));
  removed.lab.settle();
  t.deepEqual(known(removed.witness), []);
  t.is(familyOf(removed.helper, R).stale, 0);
});

test('a graceful stop closes without a word and keeps the routes, a final one takes them away', (t) => {
  const graceful = scene();
  graceful.restarting.stop('restart');
  graceful.lab.pass(1);
  t.is(neighborView(graceful.helper, R).received.notification, 0);
  t.is(known(graceful.witness).length, 2);
  const final = scene();
  final.restarting.stop('final');
  final.lab.pass(1);
  t.is(neighborView(final.helper, R).received.notification, 1);
  t.deepEqual(known(final.witness), []);
});

test('a graceful stop tells a neighbor without graceful restart so with Cease 6/2 (RFC 4486)', (t) => {
  const stage = scene({ isHelperPlain: true });
  stage.restarting.stop('restart');
  stage.lab.settle();
  const { lastReset } = neighborView(stage.helper, R);
  t.deepEqual([lastReset?.direction, lastReset?.code, lastReset?.subcode], ['received', 6, 2]);
});

test('after the restart time long-lived routes stay as the last resort, marked LLGR_STALE (RFC 9494 §4.2, §4.3)', (t) => {
  const longLived = { longLivedStaleSec: 3600 };
  const stage = scene({
    restarting: longLived,
    helper: longLived,
    onward: { ...longLived, gracefulRestart: full },
  });
  stage.lab.kill(stage.restarting);
  stage.lab.pass(121);
  const [route] = showRoutes(stage.witness, locRib('ipv4-unicast'));
  t.deepEqual(route.attributes.communities, [LLGR_STALE]);
  t.true(familyOf(stage.helper, R).isLongLived);
  t.is(familyOf(stage.helper, R).stale, 2);
  stage.lab.pass(3590);
  t.is(known(stage.witness).length, 2);
  stage.lab.pass(30);
  t.deepEqual(known(stage.witness), []);
});

test('a long-lived stale route is withdrawn from external peers that know nothing of it (RFC 9494 §4.3)', (t) => {
  const longLived = { longLivedStaleSec: 3600 };
  const stage = scene({ restarting: longLived, helper: longLived });
  stage.lab.kill(stage.restarting);
  stage.lab.pass(121);
  t.is(known(stage.helper).length, 2);
  t.deepEqual(known(stage.witness), []);
});

test('a route with NO_LLGR does not survive the restart time (RFC 9494 §4.2)', (t) => {
  const longLived = { longLivedStaleSec: 3600 };
  const policies: SpeakerConfig['policies'] = [
    {
      name: 'mark',
      otherwise: 'accept',
      statements: [
        {
          name: 'one',
          match: { prefixes: [{ prefix: '10.1.0.0/16', minLength: 16, maxLength: 16 }] },
          set: { addCommunities: [NO_LLGR] },
          action: 'accept',
        },
      ],
    },
  ];
  const stage = scene({
    restarting: { ...longLived, exportPolicy: { policy: 'mark' } },
    helper: longLived,
    config: { policies },
  });
  stage.lab.kill(stage.restarting);
  stage.lab.pass(121);
  t.deepEqual(known(stage.helper), ['10.2.0.0/16']);
});

test('when the peer is back, its long-lived routes are as good as any again (RFC 9494 §4.3)', (t) => {
  const longLived = { longLivedStaleSec: 3600 };
  const onward = { ...longLived, gracefulRestart: full };
  const stage = scene({ restarting: longLived, helper: longLived, onward });
  const speaker = restart(stage, 200, { restarting: longLived });
  speaker.sourcesSynchronised();
  stage.lab.settle();
  t.false(familyOf(stage.helper, R).isLongLived);
  const [route] = showRoutes(stage.witness, locRib('ipv4-unicast'));
  t.deepEqual(route.attributes.communities, []);
});

test('a shut down neighbor is not waited for', (t) => {
  const stage = scene();
  stage.lab.kill(stage.restarting);
  stage.lab.pass(1);
  stage.helper.shutdown(R, true, undefined);
  stage.lab.settle();
  t.deepEqual(known(stage.witness), []);
});

// --- the restarting side ---------------------------------------------------------------------------

/** A restarted speaker between two peers that hold routes of their own. */
function comeBack(fib?: Fib): {
  readonly lab: SpeakerLab;
  readonly speaker: Speaker;
  readonly left: Speaker;
  readonly right: Speaker;
  readonly config: SpeakerConfig;
} {
  const lab = new SpeakerLab();
  const { speaker: left } = lab.add('left', [H]);
  const { speaker: right } = lab.add('right', [W]);
  const toUs = neighborConfig({ address: R, isPassive: true, gracefulRestart: full });
  left.configure(
    speakerConfig({ asn: 65002, routerId: H, neighbors: [toUs], networks: networks('10.2.0.0/16', '10.9.0.0/16') }),
  );
  right.configure(
    speakerConfig({ asn: 65003, routerId: W, neighbors: [toUs], networks: networks('10.3.0.0/16', '10.9.0.0/16') }),
  );
  const { speaker } = lab.add('us', [R], undefined, fib);
  const config = speakerConfig({
    asn: 65001,
    routerId: R,
    neighbors: [H, W].map((address) => neighborConfig({ address, families: ['ipv4-unicast'], gracefulRestart: full })),
    networks: networks('10.1.0.0/16'),
    selectionDeferralSec: 100,
    ...(fib === undefined ? {} : { fib: { table: 254, metric: 20, advertisesInstalledOnly: false } }),
  });
  return { lab, speaker, left, right, config };
}

test('a restarted speaker selects nothing before the last peer has sent End-of-RIB (RFC 4724 §4.1)', (t) => {
  const { lab, speaker, left, right, config } = comeBack();
  right.shutdown(R, true, undefined);
  speaker.begin({ isRestarting: true, preservedFamilies: ['ipv4-unicast'] });
  speaker.configure(config);
  speaker.sourcesSynchronised();
  lab.pass(10);
  t.is(neighborView(speaker, H).state, 'Established');
  t.true(familyOf(speaker, H).hasEndOfRibReceived);
  t.true(speaker.view().restart.isRestarting);
  t.deepEqual(speaker.view().restart.awaited, [`${W} ipv4-unicast`]);
  t.is(familyOf(left, R).receivedPrePolicy, 0, 'nothing is selected, so nothing is sent');
  t.false(familyOf(left, R).hasEndOfRibReceived);
  right.shutdown(R, false, undefined);
  lab.pass(30);
  t.is(neighborView(speaker, W).state, 'Established');
  t.false(speaker.view().restart.isRestarting);
  t.deepEqual(known(left), ['10.1.0.0/16', '10.2.0.0/16', '10.3.0.0/16', '10.9.0.0/16']);
  t.true(familyOf(left, R).hasEndOfRibReceived);
});

test('the deferral ends after its time whoever is missing (RFC 4724 §4.1)', (t) => {
  const { lab, speaker, left, right, config } = comeBack();
  lab.kill(right);
  speaker.begin({ isRestarting: true, preservedFamilies: ['ipv4-unicast'] });
  speaker.configure(config);
  speaker.sourcesSynchronised();
  lab.pass(98);
  t.is(familyOf(left, R).receivedPrePolicy, 0);
  t.is(speaker.view().restart.deferralRemainingSec, 2);
  lab.pass(3);
  t.true(familyOf(left, R).hasEndOfRibReceived);
  t.deepEqual(known(left), ['10.1.0.0/16', '10.2.0.0/16', '10.9.0.0/16']);
});

test('a peer that does not come back within the restart time that we offered is not awaited any more', (t) => {
  const { lab, speaker, left, right, config } = comeBack();
  right.shutdown(R, true, undefined);
  speaker.begin({ isRestarting: true, preservedFamilies: ['ipv4-unicast'] });
  const neighbors = config.neighbors.map((neighbor) => ({
    ...neighbor,
    gracefulRestart: { ...full, restartTimeSec: 20 },
  }));
  speaker.configure({ ...config, neighbors });
  speaker.sourcesSynchronised();
  lab.pass(15);
  t.true(speaker.view().restart.isDeferring);
  lab.pass(6);
  t.false(speaker.view().restart.isDeferring, 'long before the deferral time of 100 s');
  t.true(familyOf(left, R).hasEndOfRibReceived);
});

test('a stopped speaker leaves the kernel as it is', (t) => {
  const removed: number[] = [];
  const fib: Fib = {
    install: () => undefined,
    installBlackhole: () => undefined,
    remove: (_family, w0) => removed.push(w0),
    sweepStale: () => undefined,
  };
  const { lab, speaker, config } = comeBack(fib);
  speaker.configure(config);
  lab.pass(1);
  t.is(known(speaker).length, 5);
  speaker.stop('restart');
  lab.settle();
  t.deepEqual(removed, []);
});

test('R and F of our OPENs: while we restart, for what outlived us; later F alone (RFC 4724 §3)', (t) => {
  const { lab, speaker, left, config } = comeBack();
  speaker.begin({ isRestarting: true, preservedFamilies: ['ipv4-unicast'] });
  speaker.configure(config);
  lab.pass(1);
  t.true(neighborView(left, R).gracefulRestart.isPeerRestarting);
  t.true(familyOf(left, R).isForwardingPreservedByPeer);
  speaker.sourcesSynchronised();
  lab.pass(1);
  lab.breakConnections(left);
  lab.pass(30);
  t.is(neighborView(left, R).state, 'Established');
  t.false(neighborView(left, R).gracefulRestart.isPeerRestarting);
  t.true(familyOf(left, R).isForwardingPreservedByPeer, 'packets were forwarded all the time');
});

test('a speaker that comes up fresh says neither R nor F, and waits for nobody', (t) => {
  const { lab, speaker, left, right, config } = comeBack();
  lab.kill(right);
  speaker.begin({ isRestarting: false, preservedFamilies: [] });
  speaker.configure(config);
  speaker.sourcesSynchronised();
  lab.pass(1);
  t.false(neighborView(left, R).gracefulRestart.isPeerRestarting);
  t.false(familyOf(left, R).isForwardingPreservedByPeer);
  t.true(familyOf(left, R).hasEndOfRibReceived);
});

test('End-of-RIB waits until our own sources are known, routes do not (RFC 4724 §4.1)', (t) => {
  const { lab, speaker, left, config } = comeBack();
  speaker.begin({ isRestarting: false, preservedFamilies: [] });
  speaker.configure(config);
  lab.pass(1);
  t.is(familyOf(left, R).receivedPrePolicy, 2);
  t.false(familyOf(left, R).hasEndOfRibReceived);
  speaker.sourcesSynchronised();
  lab.settle();
  t.true(familyOf(left, R).hasEndOfRibReceived);
});

test('kernel routes of the last process are swept once everything is decided, not before', (t) => {
  const swept: string[] = [];
  const fib: Fib = {
    install: () => undefined,
    installBlackhole: () => undefined,
    remove: () => undefined,
    sweepStale: ({ name }) => swept.push(name),
  };
  const { lab, speaker, right, config } = comeBack(fib);
  right.shutdown(R, true, undefined);
  speaker.begin({ isRestarting: true, preservedFamilies: ['ipv4-unicast'] });
  speaker.configure(config);
  lab.pass(5);
  t.deepEqual(swept, []);
  speaker.sourcesSynchronised();
  lab.settle();
  t.deepEqual(swept, ['ipv6-unicast'], 'nobody is awaited in this family');
  right.shutdown(R, false, undefined);
  lab.pass(30);
  t.deepEqual(swept, ['ipv6-unicast', 'ipv4-unicast']);
});
