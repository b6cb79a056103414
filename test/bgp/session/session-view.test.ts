// What a neighbor shows of its session: both OPENs in full, before, during and after.

import test from 'ava';
import { concat, KEEPALIVE, open } from './bytes.ts';
import { createPair, establishedPair } from './pair.ts';
import { rawPair } from './raw-peer.ts';

test('a session with everything that both sides know shows it', (t) => {
  const families = ['ipv4-unicast', 'ipv6-unicast'] as const;
  const gracefulRestart = { mode: 'full', restartTimeSec: 100, stalePathSec: 200, hasNotification: true } as const;
  const addPath = { receivesAddPath: true, addPathSend: 2 };
  const shared = { families, gracefulRestart, longLivedStaleSec: 300, offersExtendedNextHop: true } as const;
  const { a } = establishedPair({
    a: {
      ...shared,
      role: 'customer',
      isRoleStrict: true,
      peerGroup: 'uplinks',
      shutdownMessage: 'bye',
      familyOptions: { 'ipv4-unicast': addPath },
      timers: { connectRetrySec: 120, holdTimeSec: 90, keepaliveSec: 30, delayOpenSec: 2 },
    },
    b: { ...shared, longLivedStaleSec: 7200, role: 'provider', familyOptions: { 'ipv4-unicast': { addPathSend: 0 } } },
    right: { identity: { hostname: 'up1\u001b[2J', domainName: 'lab', softwareVersion: 'waggle/2 "x"' } },
  });
  t.deepEqual(a.neighbor.view().session, {
    kind: 'ebgp',
    peerGroup: 'uplinks',
    heldDownReason: undefined,
    shutdownMessage: 'bye',
    isAuthenticated: false,
    gtsmHops: undefined,
    sourceAddress: undefined,
    boundInterface: undefined,
    localRole: 'customer',
    remoteRole: 'provider',
    isRoleStrict: true,
    peerHostname: 'up1',
    peerDomainName: 'lab',
    peerSoftwareVersion: "waggle/2 'x'",
    agreed: {
      localAsn: 65001,
      hasFourOctetAsn: true,
      hasRouteRefresh: true,
      hasEnhancedRefresh: true,
      hasExtendedMessages: true,
      hasExtendedNextHop: true,
      addPathReceive: ['ipv4-unicast'],
      addPathSend: [],
      isOpenExtended: false,
    },
    restart: {
      localMode: 'full',
      remoteMode: 'full',
      isRestartingHere: false,
      isRestartingThere: false,
      hasNotificationHere: true,
      hasNotificationThere: true,
      configuredRestartSec: 100,
      receivedRestartSec: 100,
      configuredStalePathSec: 200,
      configuredLongLivedSec: 300,
      families: families.map((family) => ({
        family,
        isPreservedHere: false,
        isPreservedThere: false,
        longLivedSec: 7200,
      })),
    },
    pending: [],
    damping: { isEnabled: true, falls: 0, idleHoldSec: undefined, remainingMs: undefined },
    delayOpenSec: 2,
    sendHoldSec: 480,
    connectRetryRemainingMs: undefined,
  });
});

test('a peer that tells nothing of itself shows nothing', (t) => {
  const { us } = rawPair('Established');
  const { session } = us.neighbor.view();
  t.deepEqual(
    [session.peerHostname, session.peerSoftwareVersion, session.remoteRole],
    [undefined, undefined, undefined],
  );
  t.deepEqual([session.restart.localMode, session.restart.remoteMode], ['off', 'off']);
  t.is(session.agreed?.hasEnhancedRefresh, false);
});

test('before the first session the kind is what the configuration says, and the next attempt is in sight', (t) => {
  const kinds = (['any', 'external', 'internal', 65001, 65002] as const).map((remoteAsn) => {
    const { a } = createPair({ a: { remoteAsn } });
    return a.neighbor.view().session.kind;
  });
  t.deepEqual(kinds, [undefined, 'ebgp', 'ibgp', 'ibgp', 'ebgp']);
  const { a, b, pass } = createPair();
  b.endpoint.isListening = false;
  a.neighbor.start();
  pass(1);
  const { session } = a.neighbor.view();
  t.is(session.agreed, undefined);
  t.true((session.connectRetryRemainingMs ?? 0) > 80_000);
});

test('capabilities that nobody here knows are shown with their octets, the session stands', (t) => {
  const { us, peer, network } = rawPair('OpenSent');
  const capabilities = [1, 4, 0, 1, 0, 1, 65, 4, 0, 0, 0xfd, 0xea, 76, 5, 0, 1, 1, 0, 4, 131, 1, 9, 73, 1, 9];
  peer.send(concat(open({ capabilities }), KEEPALIVE));
  network.run();
  t.true(us.neighbor.isEstablished);
  t.deepEqual(
    us.neighbor.view().capabilitiesReceived.map(({ code, value }) => [code, ...value]),
    [
      [1, 0, 1, 0, 1],
      [65, 0, 0, 0xfd, 0xea],
      [76, 0, 1, 1, 0, 4],
      [131, 9],
      [73, 9],
    ],
  );
});
