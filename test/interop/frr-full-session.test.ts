// `show bgp neighbors` of sessions with everything on, held against a live FRR 8.4 that has the same switched on: graceful restart and its
// long-lived kin, add-path, roles, MD5, TTL security, limits, private AS numbers, default route, policies, a route server's client, another
// local AS, a reflector's client. Only what test/support/frr-keys.ts gives a reason for may be missing; each reason must be needed.

import test, { type ExecutionContext } from 'ava';
import { isJson, type Json, toJson } from '#support/frr-fixtures.ts';
import { compareJson, lacking } from '#support/frr-keys.ts';
import { FrrPair, pairAddresses } from '#support/frr-pair.ts';
import { command, needs, root } from '#support/skip.ts';

const own = pairAddresses.waggle;
const theirs = pairAddresses.frr;

/** What FRR prints of such a session and we do not, beside `lacking`: it has no counterpart here. */
const foreign: readonly (readonly [key: string, why: string])[] = [
  ['incomingUpdatePrefixFilterList', 'prefix lists stand in policies, which have a name'],
  ['outgoingUpdateAsPathFilterList', 'lists of AS paths stand in policies, which have a name'],
];

const restart = ` bgp graceful-restart
 bgp graceful-restart restart-time 60
 bgp graceful-restart stalepath-time 70
 bgp graceful-restart notification
 bgp long-lived-graceful-restart stale-time 100
`;

const external = {
  frr: `frr defaults traditional
hostname tor1
domainname example.net
router bgp 65001
 bgp router-id 192.0.2.2
 no bgp ebgp-requires-policy
 no bgp network import-check
${restart} neighbor uplinks peer-group
 neighbor uplinks remote-as 65000
 neighbor uplinks timers 3 9
 neighbor uplinks timers connect 1
 neighbor ${own.ipv4} peer-group uplinks
 neighbor ${own.ipv4} description to waggle
 neighbor ${own.ipv4} password sesame
 neighbor ${own.ipv4} ttl-security hops 1
 neighbor ${own.ipv4} local-role provider
 neighbor ${own.ipv4} update-source ${theirs.ipv4}
 neighbor ${own.ipv6} remote-as 65100
 neighbor ${own.ipv6} timers 3 9
 neighbor ${own.ipv6} timers connect 1
 neighbor ${own.ipv6} local-as 65099 no-prepend replace-as
 neighbor ${own.ipv6} ebgp-multihop 5
 neighbor ${own.ipv6} capability extended-nexthop
 neighbor 10.77.0.9 remote-as 65000
 neighbor 10.77.0.9 shutdown message maintenance until noon
 address-family ipv4 unicast
  network 198.51.100.0/24
  neighbor ${own.ipv4} soft-reconfiguration inbound
  neighbor ${own.ipv4} addpath-tx-all-paths
  neighbor ${own.ipv4} maximum-prefix 100 80 restart 5
  neighbor ${own.ipv4} default-originate
  neighbor ${own.ipv4} next-hop-self
  neighbor ${own.ipv4} remove-private-AS all
  neighbor ${own.ipv4} allowas-in 2
  neighbor ${own.ipv4} route-map pass in
  neighbor ${own.ipv4} route-map pass out
  neighbor ${own.ipv4} prefix-list any in
  neighbor ${own.ipv4} filter-list any out
  neighbor ${own.ipv6} activate
  neighbor ${own.ipv6} soft-reconfiguration inbound
  neighbor ${own.ipv6} route-server-client
  neighbor ${own.ipv6} as-override
  neighbor ${own.ipv6} default-originate route-map none
 address-family ipv6 unicast
  network 2001:db8:f::/48
  neighbor ${own.ipv6} activate
  neighbor ${own.ipv6} soft-reconfiguration inbound
  neighbor ${own.ipv6} maximum-prefix 50 warning-only
  neighbor ${own.ipv6} remove-private-AS all replace-AS
  neighbor ${own.ipv6} attribute-unchanged next-hop
ip prefix-list any permit 0.0.0.0/0 le 32
bgp as-path access-list any permit .*
route-map pass permit 10
route-map none deny 10
`,
  waggle: `router:
  asn: 65000
  routerId: 192.0.2.1
  hostname: node1
  domainName: example.org
  gracefulRestart: { mode: full, restartTimeSec: 60, stalePathSec: 70, longLivedStaleSec: 100 }
  peerGroups:
    - { name: uplinks, remoteAsn: 65001, timers: { holdTimeSec: 9, keepaliveSec: 3, connectRetrySec: 1 }, import: pass, export: pass }
  neighbors:
    - address: "${theirs.ipv4}"
      peerGroup: uplinks
      description: to FRR
      password: sesame
      ttlSecurity: 1
      role: customer
      sourceAddress: ${own.ipv4}
      addPath: { receive: true, send: all }
      maxPrefixes: { limit: 100, warningPercent: 80, action: restart, restartSec: 300 }
      defaultOriginate: true
      nextHop: self
      removePrivateAsn: remove
      allowAsIn: 2
    - address: "${theirs.ipv6}"
      remoteAsn: 65099
      localAsn: { asn: 65100, noPrepend: true, replaceAsn: true }
      families: [ipv4-unicast, ipv6-unicast]
      timers: { holdTimeSec: 9, keepaliveSec: 3, connectRetrySec: 1 }
      import: accept
      export: accept
      multihop: 5
      extendedNextHop: true
      routeServerClient: true
      asOverride: true
      removePrivateAsn: replace
      addPath: { receive: true }
      familyOptions:
        ipv4-unicast: { defaultOriginate: { policy: none }, nextHop: unchanged }
        ipv6-unicast: { maxPrefixes: { limit: 50, action: warn }, nextHop: unchanged }
    - { address: 10.77.0.8, remoteAsn: 65001, shutdown: { message: maintenance until noon } }
  policies:
    - { name: pass, statements: [], otherwise: accept }
    - { name: none, statements: [] }
  networks: ["203.0.113.0/24", "2001:db8:a::/48"]
`,
};

const internal = {
  frr: `frr defaults traditional
hostname tor1
router bgp 65000
 bgp router-id 192.0.2.2
 no bgp network import-check
${restart} neighbor ${own.ipv4} remote-as internal
 neighbor ${own.ipv4} timers 3 9
 neighbor ${own.ipv4} timers connect 1
 address-family ipv4 unicast
  network 198.51.100.0/24
  neighbor ${own.ipv4} soft-reconfiguration inbound
  neighbor ${own.ipv4} route-reflector-client
  neighbor ${own.ipv4} next-hop-self force
`,
  waggle: `router:
  asn: 65000
  routerId: 192.0.2.1
  hostname: node1
  gracefulRestart: { mode: full, longLivedStaleSec: 100 }
  neighbors:
    - address: "${theirs.ipv4}"
      remoteAsn: internal
      timers: { holdTimeSec: 9, keepaliveSec: 3, connectRetrySec: 1 }
      routeReflectorClient: true
      nextHop: self-all
      addPath: { receive: true }
  networks: ["203.0.113.0/24"]
`,
};

interface Neighbors {
  readonly frr: Json;
  readonly ours: Json;
}

async function readNeighbors(pair: FrrPair): Promise<Neighbors> {
  const [frr, ours] = await Promise.all([
    pair.frr('show bgp neighbors json'),
    pair.waggle('show', 'bgp', 'neighbors', '--json'),
  ]);
  return { frr: toJson(JSON.parse(frr)), ours: toJson(JSON.parse(ours)) };
}

function neighborOf(side: Json, address: string): Json {
  const neighbor = side[address];
  return isJson(neighbor) ? neighbor : {};
}

/** Every key on the way to a value, or undefined where one is not there. */
function at(json: Json, ...keys: readonly string[]): unknown {
  let value: unknown = json;
  for (const key of keys) value = isJson(value) ? value[key] : undefined;
  return value;
}

/** End-of-RIB of every family, both ways, on both sides, since that many sessions: nothing is on its way any more. */
function isSettled({ frr, ours }: Neighbors, pairs: readonly (readonly [string, string])[], sessions: number): boolean {
  return pairs.every(([there, here]) =>
    [neighborOf(frr, there), neighborOf(ours, here)].every(
      (neighbor) =>
        Number(neighbor['connectionsEstablished']) >= sessions &&
        ['endOfRibSend', 'endOfRibRecv'].every((key) => {
          const families = at(neighbor, 'gracefulRestartInfo', key);
          const wanted = at(neighbor, 'neighborCapabilities', 'multiprotocolExtensions');
          return isJson(families) && isJson(wanted) && Object.keys(families).length === Object.keys(wanted).length;
        }),
    ),
  );
}

async function settle(
  t: ExecutionContext,
  pair: FrrPair,
  pairs: readonly (readonly [string, string])[],
  sessions = 1,
): Promise<Neighbors> {
  const end = performance.now() + 90_000;
  let seen = await readNeighbors(pair).catch(() => undefined);
  while ((seen === undefined || !isSettled(seen, pairs, sessions)) && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    seen = await readNeighbors(pair).catch(() => undefined);
  }
  if (seen === undefined || !isSettled(seen, pairs, sessions))
    throw new Error(`not settled in 90 s; the router said:\n${pair.log}`);
  t.true(isSettled(seen, pairs, sessions));
  return seen;
}

const used = new Set<string>();
const reasons = new Map([...lacking, ...foreign]);

function compare(t: ExecutionContext, theirNeighbor: Json, ourNeighbor: Json, title: string): number {
  const { unexplained, explained, ours, compared } = compareJson(theirNeighbor, ourNeighbor, reasons);
  t.deepEqual(unexplained, [], title);
  t.log(`${title}: ${compared} keys equal; ours alone: ${ours.join(', ')}`);
  for (const line of explained) {
    used.add(line.slice(0, line.indexOf(':')).split('.').at(-1) ?? '');
    t.log(`  FRR has, we lack: ${line}`);
  }
  return compared;
}

const tools = [root, command('bgpd', 'frr'), command('vtysh', 'frr'), command('ip', 'iproute2')];

test.serial(
  'external sessions with everything on print every key that FRR prints, but for those with a reason',
  needs(tools, async (t) => {
    t.timeout(240_000);
    const pair = await FrrPair.start(external);
    t.teardown(() => pair.stop());
    const seen = await settle(t, pair, [
      [own.ipv4, theirs.ipv4],
      [own.ipv6, theirs.ipv6],
    ]);
    t.true(compare(t, neighborOf(seen.frr, own.ipv4), neighborOf(seen.ours, theirs.ipv4), 'IPv4, peer group') >= 100);
    t.true(compare(t, neighborOf(seen.frr, own.ipv6), neighborOf(seen.ours, theirs.ipv6), 'IPv6, route server') >= 95);
    t.true(compare(t, neighborOf(seen.frr, '10.77.0.9'), neighborOf(seen.ours, '10.77.0.8'), 'shut down') >= 40);

    // The same configured on both sides: the same printed.
    for (const [there, here] of [
      [own.ipv4, theirs.ipv4],
      [own.ipv6, theirs.ipv6],
    ]) {
      const [frr, ours] = [neighborOf(seen.frr, there), neighborOf(seen.ours, here)];
      for (const key of [
        'addPath',
        'extendedNexthop',
        'extendedNexthopFamililesByPeer',
        'longLivedGracefulRestart',
        'role',
      ])
        t.deepEqual(at(ours, 'neighborCapabilities', key), at(frr, 'neighborCapabilities', key), `${here} ${key}`);
      for (const family of ['ipv4Unicast', 'ipv6Unicast']) {
        const theirFamily = at(frr, 'addressFamilyInfo', family);
        const ourFamily = at(ours, 'addressFamilyInfo', family);
        if (!isJson(theirFamily) || !isJson(ourFamily)) continue;
        for (const key of Object.keys(theirFamily)) {
          if (!/GroupId$|Counter$|FilterList$/.test(key))
            t.deepEqual(ourFamily[key], theirFamily[key], `${here} ${family} ${key}`);
        }
      }
      t.is(ours['localAsNoPrepend'], frr['localAsNoPrepend'], here);
      t.is(ours['localAsReplaceAs'], frr['localAsReplaceAs'], here);
      t.is(at(ours, 'gracefulRestartInfo', 'nBit'), at(frr, 'gracefulRestartInfo', 'nBit'), here);
      t.is(ours['authenticationEnabled'], frr['authenticationEnabled'], here);
      t.is(ours['externalBgpNbrMaxHopsAway'], frr['externalBgpNbrMaxHopsAway'], here);
    }

    // FRR resets both: what each side prints of the NOTIFICATION is the same, sent and received.
    await pair.frr(`clear bgp ${own.ipv4}`);
    const again = await settle(t, pair, [[own.ipv4, theirs.ipv4]], 2);
    const reset = neighborOf(again.ours, theirs.ipv4);
    t.is(reset['lastErrorCodeSubcode'], '0604', 'Administrative Reset, which a Hard Reset stood for');
    t.is(reset['lastNotificationReason'], 'Cease/Administrative Reset');
    t.is(reset['lastNotificationHardReset'], true);
    t.is(reset['lastResetDueTo'], 'Cease/Hard Reset (Cease/Administrative Reset)');
    t.is(typeof reset['lastResetTimerMsecs'], 'number');
    t.is(reset['connectionsDropped'], 1);
  }),
);

test.serial(
  'a reflector’s client prints every key that FRR prints, but for those with a reason',
  needs(tools, async (t) => {
    t.timeout(240_000);
    const pair = await FrrPair.start(internal);
    t.teardown(() => pair.stop());
    const seen = await settle(t, pair, [[own.ipv4, theirs.ipv4]]);
    const [frr, ours] = [neighborOf(seen.frr, own.ipv4), neighborOf(seen.ours, theirs.ipv4)];
    t.true(compare(t, frr, ours, 'internal') >= 85);
    for (const key of ['routeReflectorClient', 'routerAlwaysNextHop']) {
      t.is(at(ours, 'addressFamilyInfo', 'ipv4Unicast', key), true);
      t.is(at(frr, 'addressFamilyInfo', 'ipv4Unicast', key), true, 'FRR’s');
    }
    const prefix = '198.51.100.0/24';
    const detail = toJson(JSON.parse(await pair.waggle('show', 'bgp', 'ipv4', 'unicast', prefix, '--json')));
    const there = toJson(JSON.parse(await pair.frr('show bgp ipv4 unicast 203.0.113.0/24 json')));
    const [path] = Array.isArray(detail['paths']) ? detail['paths'] : [];
    const [theirPath] = Array.isArray(there['paths']) ? there['paths'] : [];
    t.is(toJson(path)['rxedFromRrClient'], true);
    t.is(toJson(theirPath)['rxedFromRrClient'], true, 'FRR’s');
  }),
);

test.serial(
  'each reason for a key that we lack was needed',
  needs(tools, (t) => {
    // Of tables (test/interop/frr-keys.test.ts), and what FRR prints once it has measured it.
    const elsewhere = ['advertisedTo', 'metric', 'estimatedRttInMsecs'];
    t.deepEqual(
      [...reasons.keys()].filter((key) => !used.has(key) && !elsewhere.includes(key)),
      [],
    );
  }),
);
