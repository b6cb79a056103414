// What a session with FRR agrees upon and how it ends: every capability that both know as FRR shows it, roles, graceful restart with
// notifications (RFC 4724, 8538) in both directions, shutdown texts (RFC 9003), extended optional parameters (RFC 9072).

import test from 'ava';
import type { NeighborConfig } from '#bgp/config.ts';
import { FrrBgpd } from '#support/frr-bgpd.ts';
import { command, findUnmet, needs, root } from '#support/skip.ts';
import { addresses, SocketWorld } from '../io/socket-world.ts';
import { SpeakerProcess } from './speaker-process.ts';

const requirements = [root, command('ip', 'iproute2'), command('bgpd', 'frr')];
const world = new SocketWorld('ses');
const frr = addresses.router.ipv4;
const us = addresses.near.ipv4;
let bgpd: FrrBgpd;
let speaker: SpeakerProcess;

const frrConfig = `
hostname upstream
router bgp 65002
 bgp router-id 10.66.1.2
 no bgp ebgp-requires-policy
 bgp graceful-restart
 bgp graceful-restart notification
 bgp long-lived-graceful-restart stale-time 60
 neighbor ${us} remote-as 65001
 neighbor ${us} timers 3 30
 neighbor ${us} timers connect 1
 neighbor ${us} local-role provider
 address-family ipv4 unicast
  neighbor ${us} addpath-tx-all-paths
 exit-address-family
`;

test.before(async () => {
  if (findUnmet(requirements) !== undefined) return;
  await world.make();
  bgpd = await FrrBgpd.start(world.names.router, frrConfig);
});

test.beforeEach(() => {
  if (findUnmet(requirements) === undefined) speaker = new SpeakerProcess(world.names.near);
});

test.afterEach.always(async () => {
  await speaker?.stop();
});

test.after.always(async () => {
  if (findUnmet(requirements) !== undefined) return;
  bgpd?.stop();
  await world.remove();
});

async function until(isTrue: () => boolean | Promise<boolean>, limitMs = 60_000): Promise<boolean> {
  const endMs = Date.now() + limitMs;
  for (;;) {
    if (await isTrue()) return true;
    if (Date.now() > endMs) return false;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const full: NeighborConfig = {
  address: frr,
  port: 179,
  remoteAsn: 65002,
  description: undefined,
  isPassive: false,
  families: ['ipv4-unicast'],
  importPolicy: 'accept',
  exportPolicy: 'accept',
  isNextHopSelf: false,
  ttl: undefined,
  sourceAddress: undefined,
  timers: { connectRetrySec: 1, holdTimeSec: 30, keepaliveSec: 3 },
  isShutdown: false,
  role: 'customer',
  isRoleStrict: true,
  gracefulRestart: { mode: 'full', restartTimeSec: 33, stalePathSec: 60, hasNotification: true },
  longLivedStaleSec: 44,
  familyOptions: { 'ipv4-unicast': { receivesAddPath: true } },
};

async function begin(neighbors: readonly NeighborConfig[], hostname = 'leaf1'): Promise<boolean> {
  await configure(neighbors, hostname);
  if (neighbors.length === 0) return true;
  // Either side may be the last to hear that it is.
  return until(
    async () => (await speaker.neighbor(frr))?.state === 'Established' && seenByFrr()['bgpState'] === 'Established',
  );
}

async function configure(neighbors: readonly NeighborConfig[], hostname = 'leaf1'): Promise<void> {
  const problems = await speaker.configure({
    listen: [{ address: '0.0.0.0', port: 179 }],
    instances: [
      {
        instance: 'main',
        asn: 65001,
        routerId: '10.66.1.1',
        neighbors,
        networks: [{ prefix: '203.0.113.0/24', origin: 'igp' }],
        policies: [],
        hostname,
        domainName: hostname === 'leaf1' ? 'lab' : 'd'.repeat(64),
        softwareVersion: hostname === 'leaf1' ? 'waggle/2' : 'v'.repeat(64),
      },
    ],
  });
  if (problems.length > 0) throw new TypeError(problems.join('; '));
}

const inFrr = (...commands: readonly string[]): string =>
  bgpd.vtysh('configure terminal', 'router bgp 65002', ...commands);

function seenByFrr(): Record<string, unknown> {
  return JSON.parse(bgpd.vtysh(`show bgp neighbors ${us} json`))[us];
}

const hasRoute = (): boolean => bgpd.vtysh('show bgp ipv4 unicast 203.0.113.0/24').includes('65001');

test.serial(
  'FRR and we agree on every capability that both know',
  needs(requirements, async (t) => {
    t.true(await begin([full]));
    const seen = seenByFrr();
    t.is(seen['bgpState'], 'Established');
    t.deepEqual([seen['localRole'], seen['remoteRole']], ['provider', 'customer']);
    const both = 'advertisedAndReceived';
    const capabilities = Object(seen['neighborCapabilities']);
    t.is(capabilities['4byteAs'], both);
    t.is(capabilities['extendedMessage'], both);
    t.is(capabilities['role'], both);
    t.is(capabilities['longLivedGracefulRestart'], both);
    t.is(capabilities['enhancedRouteRefresh'], both);
    t.is(capabilities['gracefulRestart'], both);
    t.is(capabilities['gracefulRestartRemoteTimerMsecs'], 33_000);
    t.regex(capabilities['routeRefresh'], /^advertisedAndReceived/);
    // In FRR's words: both said that they receive, and FRR that it sends.
    const addPath = JSON.stringify(capabilities['addPath']);
    t.true(addPath.includes('txAdvertised') && addPath.includes('rxAdvertisedAndReceived'), addPath);
    t.is(capabilities['hostName'].rcvHostName, 'leaf1');
    t.is(capabilities['hostName'].rcvDomainName, 'lab');
    t.is(Object(seen['gracefulRestartInfo'])['nBit'], true);

    const view = await speaker.neighbor(frr);
    t.is(view?.session.peerHostname, 'upstream');
    t.is(view?.session.remoteRole, 'provider');
    t.deepEqual(view?.session.agreed?.addPathReceive, ['ipv4-unicast']);
    t.true(view?.session.agreed?.hasExtendedMessages);
    t.true(view?.session.agreed?.hasEnhancedRefresh);
    t.true(view?.session.restart.hasNotificationThere);
    t.is(view?.session.restart.families[0].longLivedSec, 60);
  }),
);

test.serial(
  'an OPEN whose parameters need the extended form is read by FRR (RFC 9072)',
  needs(requirements, async (t) => {
    t.true(
      await begin(
        [{ ...full, families: ['ipv4-unicast', 'ipv6-unicast'], offersExtendedNextHop: true }],
        'h'.repeat(64),
      ),
    );
    t.true((await speaker.neighbor(frr))?.session.agreed?.isOpenExtended);
    t.is(Object(seenByFrr()['neighborCapabilities'])['gracefulRestartRemoteTimerMsecs'], 33_000);
  }),
);

test.serial(
  'a role that does not fit is refused by both sides with 2/11 (RFC 9234)',
  needs(requirements, async (t) => {
    await configure([{ ...full, role: 'peer' }]);
    // More than once, and never anything else.
    for (let seen = 0; seen < 3; seen++) {
      t.true(await until(async () => (await speaker.neighbor(frr))?.lastReset !== undefined));
      const view = await speaker.neighbor(frr);
      t.deepEqual([view?.lastReset?.code, view?.lastReset?.subcode], [2, 11]);
      t.not(view?.state, 'Established');
      t.is(view?.connectionsEstablished, 0);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }),
);

test.serial(
  'stopped for a restart, FRR keeps our route; removed, FRR drops it at once (RFC 4724, 8538)',
  needs(requirements, async (t) => {
    t.true(await begin([full]));
    t.true(await until(hasRoute));
    await speaker.stop('restart');
    t.true(await until(() => seenByFrr()['bgpState'] !== 'Established'));
    await new Promise((resolve) => setTimeout(resolve, 2000));
    t.true(hasRoute());

    speaker = new SpeakerProcess(world.names.near);
    t.true(await begin([full]));
    t.true(await until(hasRoute));
    t.true(await begin([]));
    t.true(await until(() => !hasRoute()));
    t.is(seenByFrr()['lastNotificationHardReset'], true);
  }),
);

test.serial(
  'FRR’s shutdown text arrives, within a Hard Reset, and ours reaches FRR (RFC 9003, 8538)',
  needs(requirements, async (t) => {
    t.true(await begin([full]));
    inFrr(`neighbor ${us} shutdown message new disks, back at nine`);
    t.true(await until(async () => (await speaker.neighbor(frr))?.state !== 'Established'));
    const view = await speaker.neighbor(frr);
    t.is(view?.lastReset?.reason, 'Cease/Hard Reset (Cease/Administrative Shutdown): new disks, back at nine');
    inFrr(`no neighbor ${us} shutdown`);
    t.true(await until(async () => (await speaker.neighbor(frr))?.state === 'Established'));
    await configure([{ ...full, isShutdown: true, shutdownMessage: 'our turn' }]);
    t.true(await until(() => JSON.stringify(seenByFrr()).includes('our turn')));
  }),
);
