// Families and roles are said in OPENs: another configuration of them waits for the next one, `show` says so, `clear` brings it
// about; what stands goes on by what its own OPENs agreed upon.

import test from 'ava';
import type { NeighborConfig } from '#bgp/config.ts';
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

const gracefulRestart = { mode: 'full', restartTimeSec: 60, stalePathSec: 60, hasNotification: true } as const;

interface Pair {
  readonly lab: SpeakerLab;
  readonly us: Speaker;
  readonly peer: Speaker;
  /** Our side of the neighbor; answers who was reset. */
  readonly change: (ours: Partial<NeighborConfig>, ...prefixes: readonly string[]) => readonly string[];
  /** What the peer announces from now on. */
  readonly announce: (...prefixes: readonly string[]) => void;
  readonly clear: () => void;
  readonly pending: () => readonly string[];
}

/** US (65001, 10.1/16) and PEER (65002, 10.2/16), which offers both families and no role. */
function pair(ours: Partial<NeighborConfig>, both: Partial<NeighborConfig> = {}): Pair {
  const lab = new SpeakerLab();
  const { speaker: us } = lab.add('us', [US]);
  const { speaker: peer } = lab.add('peer', [PEER]);
  const announce: Pair['announce'] = (...prefixes) => {
    const neighbors = [neighborConfig({ address: US, isPassive: true, ...both })];
    peer.configure(speakerConfig({ asn: 65002, routerId: PEER, neighbors, networks: networks(...prefixes) }));
    lab.settle();
  };
  const change: Pair['change'] = (changed, ...prefixes) => {
    const neighbors = [neighborConfig({ address: PEER, ...both, ...changed })];
    const wanted = networks('10.1.0.0/16', ...prefixes);
    const outcome = us.configure(speakerConfig({ asn: 65001, routerId: US, neighbors, networks: wanted }));
    lab.settle();
    return outcome.neighborsReset;
  };
  announce('10.2.0.0/16');
  change(ours);
  lab.pass(1);
  return {
    lab,
    us,
    peer,
    change,
    announce,
    clear: () => {
      us.clear(PEER, 'hard');
      lab.pass(30);
    },
    pending: () =>
      neighborView(us, PEER).session.pending.map(
        ({ field, running, configured }) => `${field}: ${running} -> ${configured}`,
      ),
  };
}

const seen = (speaker: Speaker): string[] => prefixesOf(showRoutes(speaker, locRib('ipv4-unicast')));
const ipv4 = (speaker: Speaker): { readonly isShown: boolean; readonly isNegotiated: boolean } => {
  const { isShown, isNegotiated } = neighborView(speaker, PEER).families[0];
  return { isShown, isNegotiated };
};

for (const [what, both] of [
  ['without', {}],
  ['with', { gracefulRestart }],
] as const) {
  test(`a family that is struck off goes on until the session is cleared (${what} graceful restart)`, (t) => {
    const { us, peer, change, announce, clear, pending } = pair({}, both);
    t.deepEqual(change({ families: ['ipv6-unicast'] }, '10.3.0.0/16'), []);
    announce('10.2.0.0/16', '10.4.0.0/16');
    t.deepEqual(seen(us), ['10.1.0.0/16', '10.2.0.0/16', '10.3.0.0/16', '10.4.0.0/16']);
    t.deepEqual(seen(peer), ['10.1.0.0/16', '10.2.0.0/16', '10.3.0.0/16', '10.4.0.0/16']);
    t.deepEqual(ipv4(us), { isShown: true, isNegotiated: true });
    t.true(pending().includes('families: ipv4-unicast, ipv6-unicast -> ipv6-unicast'));
    t.is(neighborView(us, PEER).connectionsEstablished, 1);

    clear();
    t.is(neighborView(us, PEER).state, 'Established');
    t.is(neighborView(us, PEER).connectionsEstablished, 2);
    t.deepEqual(pending(), []);
    t.deepEqual(seen(us), ['10.1.0.0/16', '10.3.0.0/16']);
    t.deepEqual(seen(peer), ['10.2.0.0/16', '10.4.0.0/16']);
    t.deepEqual(ipv4(us), { isShown: false, isNegotiated: false });
  });

  test(`a family that is added comes with the next session (${what} graceful restart)`, (t) => {
    const { us, peer, change, clear, pending } = pair({ families: ['ipv6-unicast'] }, both);
    t.deepEqual(seen(us), ['10.1.0.0/16']);
    t.deepEqual(change({}), []);
    t.deepEqual([seen(us), seen(peer)], [['10.1.0.0/16'], ['10.2.0.0/16']]);
    t.deepEqual(ipv4(us), { isShown: true, isNegotiated: false });
    t.true(pending().includes('families: ipv6-unicast -> ipv4-unicast, ipv6-unicast'));

    clear();
    t.is(neighborView(us, PEER).connectionsEstablished, 2);
    t.deepEqual(pending(), []);
    t.deepEqual(seen(us), ['10.1.0.0/16', '10.2.0.0/16']);
    t.deepEqual(seen(peer), ['10.1.0.0/16', '10.2.0.0/16']);
  });
}

test('a role is acted upon by the session that offered it, not by the one before, however often that is judged anew', (t) => {
  const { us, lab, change, clear, pending } = pair({});
  const mark = (): unknown =>
    showRoutes(us, locRib('ipv4-unicast')).find(({ prefix }) => prefix === '10.2.0.0/16')?.attributes.otc;
  t.deepEqual(change({ role: 'customer' }), []);
  t.deepEqual(pending(), ['role: off -> customer']);
  us.clear(PEER, 'soft');
  lab.settle();
  t.is(mark(), undefined);
  t.is(neighborView(us, PEER).session.localRole, undefined);

  clear();
  t.is(mark(), 65002);
  t.is(neighborView(us, PEER).session.localRole, 'customer');
  t.deepEqual(pending(), []);

  // And the other way round.
  t.deepEqual(change({}), []);
  us.clear(PEER, 'soft');
  lab.settle();
  t.is(mark(), 65002);
  t.deepEqual(pending(), ['role: customer -> off']);
  clear();
  t.is(mark(), undefined);
});

test('where no OPEN was sent nothing is pending, and the first one has it', (t) => {
  const { us, lab, peer, change, pending } = pair({});
  peer.configure(speakerConfig({ asn: 65002, routerId: PEER, neighbors: [] }));
  lab.settle();
  t.deepEqual(change({ families: ['ipv4-unicast'], role: 'peer' }), []);
  t.deepEqual(pending(), []);
  peer.configure(
    speakerConfig({ asn: 65002, routerId: PEER, neighbors: [neighborConfig({ address: US, isPassive: true })] }),
  );
  lab.pass(30);
  const { state, families, session } = neighborView(us, PEER);
  t.deepEqual([state, families.map(({ isNegotiated }) => isNegotiated)], ['Established', [true, false]]);
  t.is(session.localRole, 'peer');
});
