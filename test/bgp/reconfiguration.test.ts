// A changed option of one neighbor, while it runs: what is judged anew, what needs another session, and that nobody else notices.

import test from 'ava';
import type { NeighborConfig, SpeakerConfig } from '#bgp/config.ts';
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

const US = '192.0.2.1';
const PEER = '192.0.2.2';
const OTHER = '192.0.2.3';

interface Scene {
  readonly lab: SpeakerLab;
  readonly us: Speaker;
  readonly peer: Speaker;
  readonly change: (overrides: Partial<NeighborConfig>) => ReturnType<Speaker['configure']>;
}

/** US (65001), PEER (`peerAsn`), OTHER (65001 as seen by nobody else, announces 10.3/16). */
function scene(peerAsn = 65002): Scene {
  const lab = new SpeakerLab();
  const { speaker: us } = lab.add('us', [US]);
  const { speaker: peer } = lab.add('peer', [PEER]);
  const { speaker: other } = lab.add('other', [OTHER]);
  const toUs = neighborConfig({ address: US, isPassive: true, remoteAsn: 65001 });
  peer.configure(speakerConfig({ asn: peerAsn, routerId: PEER, neighbors: [toUs], networks: networks('10.2.0.0/16') }));
  other.configure(speakerConfig({ asn: 65003, routerId: OTHER, neighbors: [toUs], networks: networks('10.3.0.0/16') }));
  const change: Scene['change'] = (overrides) => {
    const outcome = us.configure(
      speakerConfig({
        asn: 65001,
        routerId: US,
        neighbors: [
          neighborConfig({ address: PEER, remoteAsn: peerAsn, ...overrides }),
          neighborConfig({ address: OTHER }),
        ],
        networks: networks('10.1.0.0/16'),
      }),
    );
    lab.settle();
    return outcome;
  };
  change({});
  lab.pass(1);
  return { lab, us, peer, change };
}

const seen = (speaker: Speaker): string[] => prefixesOf(showRoutes(speaker, locRib('ipv4-unicast')));

test('allowas-in on a running session has the peer send again and takes what it refused before', (t) => {
  const lab = new SpeakerLab();
  const { speaker: us } = lab.add('us', [US]);
  const { speaker: transit } = lab.add('transit', [PEER]);
  const { speaker: far } = lab.add('far', [OTHER]);
  transit.configure(
    speakerConfig({
      asn: 65002,
      routerId: PEER,
      neighbors: [
        neighborConfig({ address: US, isPassive: true }),
        neighborConfig({ address: OTHER, isPassive: true }),
      ],
    }),
  );
  far.configure(
    speakerConfig({
      asn: 65001,
      routerId: OTHER,
      neighbors: [neighborConfig({ address: PEER })],
      networks: networks('10.9.0.0/16'),
    }),
  );
  const configure = (allowAsIn: number): ReturnType<Speaker['configure']> =>
    us.configure(
      speakerConfig({ asn: 65001, routerId: US, neighbors: [neighborConfig({ address: PEER, allowAsIn })] }),
    );
  configure(0);
  lab.pass(1);
  t.deepEqual(
    showRoutes(us, locRib('ipv4-unicast')).filter(({ flags }) => (flags & 1) !== 0),
    [],
  );
  t.deepEqual(configure(1).neighborsUpdated, [PEER]);
  lab.settle();
  t.deepEqual(seen(us), ['10.9.0.0/16']);
  t.is(neighborView(us, PEER).connectionsEstablished, 1);
  configure(0);
  lab.settle();
  t.deepEqual(seen(us), []);
});

test('to become a client of the reflector is another session, and of nobody else', (t) => {
  const { lab, us, change } = scene(65001);
  const other = neighborView(us, OTHER).establishedWallMs;
  t.deepEqual(change({ isRouteReflectorClient: true }).neighborsReset, [PEER]);
  lab.pass(30);
  t.is(neighborView(us, PEER).connectionsEstablished, 2);
  t.is(neighborView(us, PEER).state, 'Established');
  t.is(neighborView(us, OTHER).establishedWallMs, other);
});

test('a next hop of another kind, private numbers and a default route change without a reset', (t) => {
  const { us, peer, change } = scene();
  const outcome = change({
    removePrivateAs: 'remove',
    familyOptions: { 'ipv4-unicast': { nextHop: 'unchanged', defaultOriginate: { policy: undefined } } },
  });
  t.deepEqual([outcome.neighborsUpdated, outcome.neighborsReset], [[PEER], []]);
  t.deepEqual(seen(peer), ['0.0.0.0/0', '10.1.0.0/16', '10.2.0.0/16', '10.3.0.0/16']);
  const [, , , through] = showRoutes(peer, locRib('ipv4-unicast'));
  t.is(String(through.attributes.nextHop), OTHER);
  t.is(neighborView(us, PEER).connectionsEstablished, 1);
});

test('the policy of one family is that family’s alone', (t) => {
  const { peer, change, us } = scene();
  change({ familyOptions: { 'ipv4-unicast': { exportPolicy: 'reject' } } });
  t.deepEqual(seen(peer), ['10.2.0.0/16']);
  t.false(neighborView(us, PEER).families[0].isExportPolicyMissing);
  change({ exportPolicy: 'unset', familyOptions: { 'ipv4-unicast': { exportPolicy: 'accept' } } });
  t.deepEqual(seen(peer), ['10.1.0.0/16', '10.2.0.0/16', '10.3.0.0/16']);
  t.false(neighborView(us, PEER).families[0].isExportPolicyMissing);
  t.true(neighborView(us, PEER).families[1].isExportPolicyMissing);
});

test('what waits for the next OPEN waits, and is said to', (t) => {
  const { us, change } = scene();
  const outcome = change({ timers: { connectRetrySec: 5, holdTimeSec: 30, keepaliveSec: 10 } });
  t.deepEqual([outcome.neighborsUpdated, outcome.neighborsReset], [[PEER], []]);
  t.is(neighborView(us, PEER).holdTimeSec, 90);
  t.is(neighborView(us, PEER).configuredHoldTimeSec, 30);
});

test('who changes its AS number says so by a hard reset, who changes its router ID by a soft one (RFC 8538 §3)', (t) => {
  const gracefulRestart = { mode: 'full', restartTimeSec: 60, stalePathSec: 60, hasNotification: true } as const;
  const changes: readonly (readonly [Partial<SpeakerConfig>, string])[] = [
    [{ asn: 65009 }, 'Cease/Hard Reset (Cease/Other Configuration Change)'],
    [
      { confederation: { identifier: 65001, members: [] }, asn: 64513 },
      'Cease/Hard Reset (Cease/Other Configuration Change)',
    ],
    [{ routerId: '192.0.2.99' }, 'Cease/Other Configuration Change'],
  ];
  for (const [change, said] of changes) {
    const lab = new SpeakerLab();
    const { speaker: us } = lab.add('us', [US]);
    const { speaker: peer } = lab.add('peer', [PEER]);
    const config = speakerConfig({
      asn: 65001,
      routerId: US,
      neighbors: [neighborConfig({ address: PEER, remoteAsn: 65002, gracefulRestart })],
    });
    const toUs = neighborConfig({ address: US, isPassive: true, remoteAsn: 'any', gracefulRestart });
    peer.configure(speakerConfig({ asn: 65002, routerId: PEER, neighbors: [toUs] }));
    us.configure(config);
    lab.pass(1);
    us.configure({ ...config, ...change });
    lab.settle();
    const reason = neighborView(peer, US).lastReset?.reason;
    t.is(reason, said, JSON.stringify(change));
  }
});
