// A live FRR 8.4 and a live `waggle router`, peers of each other over IPv4 and IPv6: what FRR prints as JSON of its side, waggle prints
// of the other side with the same keys and types. What we lack, and why, is the table in test/support/frr-keys.ts; the list is logged.

import test from 'ava';
import { isJson, type Json, toJson } from '#support/frr-fixtures.ts';
import { compareJson } from '#support/frr-keys.ts';
import { FrrPair, pairAddresses } from '#support/frr-pair.ts';
import { command, needs, root } from '#support/skip.ts';

const own = pairAddresses.waggle;
const theirs = pairAddresses.frr;

const frrConfig = `frr defaults traditional
hostname tor1
router bgp 65001
 bgp router-id 192.0.2.2
 no bgp ebgp-requires-policy
 no bgp network import-check
 timers bgp 3 9
 neighbor ${own.ipv4} remote-as 65000
 neighbor ${own.ipv4} description waggle
 neighbor ${own.ipv4} timers connect 1
 neighbor ${own.ipv6} remote-as 65000
 neighbor ${own.ipv6} timers connect 1
 address-family ipv4 unicast
  network 198.51.100.0/24 route-map mark
  network 198.51.101.0/24
  neighbor ${own.ipv4} soft-reconfiguration inbound
  no neighbor ${own.ipv6} activate
 address-family ipv6 unicast
  network 2001:db8:f::/48 route-map mark
  neighbor ${own.ipv6} activate
  neighbor ${own.ipv6} soft-reconfiguration inbound
route-map mark permit 10
 set community 65001:100 65001:200
 set large-community 65001:1:2
`;

const waggleConfig = `router:
  asn: 65000
  routerId: 192.0.2.1
  fib: none
  neighbors:
    - { address: "${theirs.ipv4}", remoteAsn: 65001, description: tor1, families: [ipv4-unicast], import: accept, export: accept }
    - { address: "${theirs.ipv6}", remoteAsn: 65001, families: [ipv6-unicast], import: accept, export: accept }
  networks: ["203.0.113.0/24", "2001:db8:a::/48"]
`;

/** What is called so on FRR's side is called so on ours: each sees the other, and the other's routes. */
const mirror: Readonly<Record<string, string>> = {
  [own.ipv4]: theirs.ipv4,
  [own.ipv6]: theirs.ipv6,
  '203.0.113.0/24': '198.51.100.0/24',
  '198.51.100.0/24': '203.0.113.0/24',
  '2001:db8:a::/48': '2001:db8:f::/48',
  '2001:db8:f::/48': '2001:db8:a::/48',
};

function mirrorKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(mirrorKeys);
  if (!isJson(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [mirror[key] ?? key, mirrorKeys(field)]));
}

/** The command, and the fewest keys that must have been compared. */
const commands: readonly (readonly [theirs: string, ours: string, keys: number])[] = [
  ['bgp summary', 'bgp summary', 60],
  ['bgp summary failed', 'bgp summary failed', 6],
  ['bgp neighbors', 'bgp neighbors', 140],
  ['bgp ipv4 unicast', 'bgp ipv4 unicast', 35],
  ['bgp ipv6 unicast', 'bgp ipv6 unicast', 35],
  ['bgp ipv4 unicast 203.0.113.0/24', 'bgp ipv4 unicast 198.51.100.0/24', 20],
  ['bgp ipv6 unicast 2001:db8:a::/48', 'bgp ipv6 unicast 2001:db8:f::/48', 20],
  // Each side's own route.
  ['bgp ipv4 unicast 198.51.101.0/24', 'bgp ipv4 unicast 203.0.113.0/24', 20],
  [
    `bgp ipv4 unicast neighbors ${own.ipv4} advertised-routes`,
    `bgp ipv4 unicast neighbors ${theirs.ipv4} advertised-routes`,
    20,
  ],
  [
    `bgp ipv4 unicast neighbors ${own.ipv4} received-routes`,
    `bgp ipv4 unicast neighbors ${theirs.ipv4} received-routes`,
    20,
  ],
  [
    `bgp ipv6 unicast neighbors ${own.ipv6} received-routes`,
    `bgp ipv6 unicast neighbors ${theirs.ipv6} received-routes`,
    20,
  ],
  [`bgp ipv4 unicast neighbors ${own.ipv4} routes`, `bgp ipv4 unicast neighbors ${theirs.ipv4} routes`, 15],
];

async function readFrr(pair: FrrPair, words: string): Promise<Json> {
  return toJson(JSON.parse(await pair.frr(`show ${words} json`)));
}

async function readOurs(pair: FrrPair, words: string): Promise<Json> {
  return toJson(JSON.parse(await pair.waggle('show', ...words.split(' '), '--json')));
}

function findPeer(summary: Json, family: string, address: string): Json {
  const view = summary[family];
  const peers = isJson(view) ? view['peers'] : undefined;
  const peer = isJson(peers) ? peers[address] : undefined;
  return isJson(peer) ? peer : {};
}

/** Both sessions Established, each side has the other's routes, and all that were sent. */
async function isSettled(pair: FrrPair): Promise<boolean> {
  const [frr, ours] = await Promise.all([readFrr(pair, 'bgp summary'), readOurs(pair, 'bgp summary')]);
  const sides = [
    findPeer(frr, 'ipv4Unicast', own.ipv4),
    findPeer(frr, 'ipv6Unicast', own.ipv6),
    findPeer(ours, 'ipv4Unicast', theirs.ipv4),
    findPeer(ours, 'ipv6Unicast', theirs.ipv6),
  ];
  const [frr4, frr6, ours4, ours6] = sides;
  const hasAll = (there: Json, here: Json): boolean =>
    there['pfxRcd'] === here['pfxSnt'] && there['pfxSnt'] === here['pfxRcdPrePolicy'];
  return (
    sides.every(
      (peer) => peer['state'] === 'Established' && Number(peer['pfxRcd']) > 0 && Number(peer['pfxSnt']) > 0,
    ) &&
    hasAll(frr4, ours4) &&
    hasAll(frr6, ours6)
  );
}

test(
  'what a live FRR prints, waggle prints of its side with the same keys, types and counts',
  needs([root, command('bgpd', 'frr'), command('vtysh', 'frr'), command('ip', 'iproute2')], async (t) => {
    t.timeout(180_000);
    const pair = await FrrPair.start({ frr: frrConfig, waggle: waggleConfig });
    t.teardown(() => pair.stop());
    const end = performance.now() + 90_000;
    let isReady = false;
    while (!isReady && performance.now() < end) {
      isReady = await isSettled(pair).catch(() => false);
      if (!isReady) await new Promise((resolve) => setTimeout(resolve, 300));
    }
    t.true(isReady, `sessions and routes within 90 s; the router said:\n${pair.log}`);

    for (const [theirWords, ourWords, keys] of commands) {
      const [frr, ours] = await Promise.all([readFrr(pair, theirWords), readOurs(pair, ourWords)]);
      const result = compareJson(toJson(mirrorKeys(frr)), ours);
      t.deepEqual(result.unexplained, [], `show ${ourWords}`);
      t.true(result.compared >= keys, `show ${ourWords}: ${result.compared} keys were compared, ${keys} expected`);
      t.log(`show ${ourWords}: ${result.compared} keys equal`);
      for (const line of result.explained) t.log(`  FRR has, we lack: ${line}`);
      if (result.ours.length > 0) t.log(`  ours alone: ${result.ours.join(', ')}`);
    }

    const detail = await readOurs(pair, 'bgp ipv4 unicast 203.0.113.0/24');
    t.deepEqual(Object.keys(toJson(detail['advertisedTo'])), [theirs.ipv4]);

    const [frr, ours] = await Promise.all([readFrr(pair, 'bgp summary'), readOurs(pair, 'bgp summary')]);
    for (const [family, version] of [
      ['ipv4Unicast', 'ipv4'],
      ['ipv6Unicast', 'ipv6'],
    ] as const) {
      const atFrr = findPeer(frr, family, own[version]);
      const here = findPeer(ours, family, theirs[version]);
      t.is(atFrr['pfxRcd'], here['pfxSnt'], `${family}: what FRR received is what we sent`);
      t.is(atFrr['pfxSnt'], here['pfxRcdPrePolicy'], `${family}: what FRR sent is what we received`);
      t.is(atFrr['remoteAs'], here['localAs']);
      t.is(atFrr['localAs'], here['remoteAs']);
    }
  }),
);
