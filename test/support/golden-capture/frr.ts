// Captures of FRR 8.4: attributes of its route maps and of what it passes on, reflection, confederation, capabilities, NOTIFICATIONs.

import { fromHex, message } from '../../bgp/wire/bytes.ts';
import { type Scenario, daemonAddress, offers, refreshRequest, types, usual } from './scenario.ts';
import {
  internal,
  ipv6Communities,
  opaqueCommunities,
  path,
  route,
  unknownAttribute,
  withdrawal,
} from './received-routes.ts';

const head = `
frr version 8.4.4
frr defaults traditional
hostname golden
domainname example.net
no service integrated-vtysh-config
`;

const router = (asn: number, lines: string): string => `${head}
router bgp ${asn}
 bgp router-id 10.0.0.10
 no bgp ebgp-requires-policy
 no bgp network import-check
 timers bgp 10 30
${lines}`;

const both = (...neighbors: readonly string[]): string =>
  ['ipv4', 'ipv6']
    .map((family) =>
      [
        ` address-family ${family} unicast`,
        ...neighbors.map((neighbor) => `  neighbor ${neighbor} activate`),
        ' exit-address-family',
      ].join('\n'),
    )
    .join('\n');

const vtysh = (...commands: readonly string[]): { readonly run: readonly string[] } => ({
  run: ['vtysh', ...commands.flatMap((command) => ['-c', command])],
});

const ebgp = { kind: 'ebgp', remoteAsn: 65010, asnOctets: 4 } as const;
const ibgp = { kind: 'ibgp', remoteAsn: 65010, asnOctets: 4 } as const;

const attributes: Scenario = {
  name: 'frr-attributes',
  daemon: 'FRR',
  what: 'route maps that set what FRR can set, and aggregates, to an external neighbor, one of two-octet AS numbers, and an internal one',
  config: router(
    65010,
    ` bgp bestpath as-path multipath-relax
 neighbor 10.91.0.1 remote-as 65001
 neighbor 10.91.0.3 remote-as 65003
 neighbor 10.91.0.4 remote-as 65010
 address-family ipv4 unicast
  network 198.51.100.0/24 route-map EXTENDED
  network 198.51.101.0/24 route-map COMMUNITIES
  network 198.51.102.0/24 route-map AGGREGATOR
  network 198.51.103.0/24 route-map LARGE
  network 198.51.104.0/24 route-map PATH
  network 198.51.105.0/24 route-map NONTRANSITIVE
  aggregate-address 203.0.112.0/22 as-set
  aggregate-address 203.0.116.0/22
 exit-address-family
 address-family ipv6 unicast
  network 2001:db8:1::/48 route-map EXTENDED
  neighbor 10.91.0.1 activate
  neighbor 10.91.0.3 activate
  neighbor 10.91.0.4 activate
 exit-address-family
!
route-map EXTENDED permit 10
 set extcommunity rt 65001:100 4200000001:7 192.0.2.1:5
 set extcommunity soo 65001:101
route-map NONTRANSITIVE permit 10
 set extcommunity bandwidth 1000 non-transitive
route-map COMMUNITIES permit 10
 set community 65001:100 blackhole graceful-shutdown llgr-stale no-llgr accept-own
route-map AGGREGATOR permit 10
 set aggregator as 420000001 10.0.0.1
 set atomic-aggregate
route-map LARGE permit 10
 set large-community 65001:1:2 4294967295:4294967295:0
route-map PATH permit 10
 set as-path prepend 4200000001 65002
 set metric 4294967294
 set origin incomplete
`,
  ),
  peers: [
    {
      address: '10.91.0.1',
      asn: 65001,
      capabilities: usual(65001),
      reading: ebgp,
      sends: [
        route(1, '18cb0071', path(65001, 65101)),
        route(1, '18cb0072', path(65001, 65102)),
        route(1, '18cb0075', path(65001, 4_200_000_003)),
        route(1, '18c63478', path(65001), unknownAttribute),
        route(1, '18c63479', path(65001), opaqueCommunities),
        route(1, '18c6347a', path(65001), ipv6Communities),
      ],
    },
    {
      address: '10.91.0.3',
      asn: 65003,
      capabilities: offers.ipv4 + offers.ipv6 + offers.refresh,
      reading: { ...ebgp, asnOctets: 2 },
    },
    { address: '10.91.0.4', asn: 65010, capabilities: usual(65010), reading: ibgp },
  ],
  steps: [{ waitMs: 5000 }],
};

const reflector: Scenario = {
  name: 'frr-reflector',
  daemon: 'FRR',
  what: 'a reflector between two clients, with add-path and enhanced refresh; routes of one client to the other, and a route withdrawn',
  config: router(
    65010,
    ` bgp cluster-id 10.0.0.99
 neighbor 10.91.0.1 remote-as 65010
 neighbor 10.91.0.3 remote-as 65010
 address-family ipv4 unicast
  neighbor 10.91.0.1 route-reflector-client
  neighbor 10.91.0.3 route-reflector-client
  neighbor 10.91.0.3 addpath-tx-all-paths
  network 198.51.100.0/24
 exit-address-family
 address-family ipv6 unicast
  network 2001:db8:1::/48
  neighbor 10.91.0.1 activate
  neighbor 10.91.0.3 activate
  neighbor 10.91.0.1 route-reflector-client
  neighbor 10.91.0.3 route-reflector-client
  neighbor 10.91.0.3 addpath-tx-all-paths
 exit-address-family
`,
  ),
  peers: [
    {
      address: '10.91.0.1',
      asn: 65010,
      capabilities: usual(65010),
      reading: ibgp,
      sends: [internal(1, '18cb0071', path(65020)), internal(1, '18cb0072', path(65020))],
    },
    {
      address: '10.91.0.3',
      asn: 65010,
      capabilities: usual(65010) + offers.addPath + offers.enhancedRefresh,
      reading: { ...ibgp, addPath: true },
    },
  ],
  steps: [
    { waitMs: 4000 },
    { send: refreshRequest, from: '10.91.0.3' },
    { waitMs: 1500 },
    vtysh('conf t', 'router bgp 65010', 'address-family ipv6 unicast', 'no network 2001:db8:1::/48'),
    { send: withdrawal('18cb0072'), from: '10.91.0.1' },
    { waitMs: 2500 },
  ],
};

const confederation: Scenario = {
  name: 'frr-confederation',
  daemon: 'FRR',
  what: 'member AS 65010 of confederation 65000: to member AS 65020, to an internal neighbor, and to one of two-octet AS numbers',
  config: router(
    65010,
    ` bgp confederation identifier 65000
 bgp confederation peers 65020 65030
 neighbor 10.91.0.1 remote-as 65020
 neighbor 10.91.0.3 remote-as 65010
 neighbor 10.91.0.4 remote-as 65030
 address-family ipv4 unicast
  network 198.51.100.0/24
  network 198.51.101.0/24 route-map PATH
 exit-address-family
!
route-map PATH permit 10
 set as-path prepend 4200000001 65002
`,
  ),
  peers: [
    {
      address: '10.91.0.1',
      asn: 65020,
      capabilities: usual(65020),
      reading: { ...ebgp, kind: 'confederation' },
      // AS_CONFED_SEQUENCE 65020, AS_CONFED_SET 65021 65022, and a sequence from outside.
      sends: [
        internal(1, '18cb0071', path('03010000fdfc', 65100)),
        internal(1, '18cb0072', path('03010000fdfc', '04020000fdfd0000fdfe', 65100)),
      ],
    },
    { address: '10.91.0.3', asn: 65010, capabilities: usual(65010), reading: { ...ibgp, isInConfederation: true } },
    {
      address: '10.91.0.4',
      asn: 65030,
      capabilities: offers.ipv4 + offers.refresh,
      reading: { ...ebgp, kind: 'confederation', asnOctets: 2 },
    },
  ],
};

const otc: Scenario = {
  name: 'frr-roles',
  daemon: 'FRR',
  what: 'provider of 10.91.0.1, whose routes get ONLY_TO_CUSTOMER; 10.91.0.3 says that it is a provider as well',
  config: router(
    65010,
    ` neighbor 10.91.0.1 remote-as 65001
 neighbor 10.91.0.1 local-role provider
 neighbor 10.91.0.3 remote-as 65003
 neighbor 10.91.0.3 local-role provider
 address-family ipv4 unicast
  network 198.51.100.0/24
 exit-address-family
`,
  ),
  peers: [
    { address: '10.91.0.1', asn: 65001, capabilities: usual(65001) + offers.role(3), reading: ebgp },
    { address: '10.91.0.3', asn: 65003, capabilities: usual(65003) + offers.role(0), reading: ebgp },
  ],
  startMs: 6000,
};

const restart: Scenario = {
  name: 'frr-restart',
  daemon: 'FRR',
  what: 'graceful restart with R, N and F, and long-lived; capabilities unknown to us, none at all, and in the form of RFC 9072; Hard Resets',
  config: router(
    65010,
    ` bgp graceful-restart
 bgp graceful-restart notification
 bgp graceful-restart preserve-fw-state
 bgp graceful-restart restart-time 200
 bgp long-lived-graceful-restart stale-time 100000
 neighbor 10.91.0.1 remote-as 65001
 neighbor 10.91.0.3 remote-as 65003
 neighbor 10.91.0.4 remote-as 65004
 neighbor 10.91.0.3 capability extended-nexthop
 neighbor 10.91.0.3 capability dynamic
 neighbor 10.91.0.3 dont-capability-negotiate
 neighbor 10.91.0.4 capability dynamic
 neighbor 10.91.0.4 capability extended-nexthop
 neighbor 10.91.0.4 capability orf prefix-list both
 neighbor 10.91.0.5 remote-as 65005
 neighbor 10.91.0.5 extended-optional-parameters
${both('10.91.0.1', '10.91.0.4')}
`,
  ),
  words: '',
  peers: [
    {
      address: '10.91.0.1',
      asn: 65001,
      capabilities: usual(65001) + offers.gracefulRestart + offers.longLived,
      reading: ebgp,
    },
    { address: '10.91.0.3', asn: 65003, capabilities: '', reading: { ...ebgp, asnOctets: 2 } },
    { address: '10.91.0.4', asn: 65004, capabilities: usual(65004) + offers.gracefulRestart, reading: ebgp },
    { address: '10.91.0.5', asn: 65005, capabilities: usual(65005), reading: ebgp },
  ],
  steps: [
    { waitMs: 3000 },
    { drop: '10.91.0.4' },
    { waitMs: 6000 },
    vtysh('conf t', 'router bgp 65010', 'neighbor 10.91.0.1 shutdown message maintenance until 06:00 UTC'),
    { waitMs: 1000 },
    vtysh('conf t', 'router bgp 65010', 'no neighbor 10.91.0.4'),
    { waitMs: 1000 },
  ],
  keeps: [types.open, types.notification],
};

const extendedNextHop: Scenario = {
  name: 'frr-extended-next-hop',
  daemon: 'FRR',
  what: 'IPv4 routes over an IPv6 session with the capability of RFC 8950, internal and external; IPv6 routes with both next hops',
  config: router(
    65010,
    ` neighbor 2001:db8:91::1 remote-as 65001
 neighbor 2001:db8:91::1 capability extended-nexthop
 neighbor 2001:db8:91::3 remote-as 65010
 neighbor 2001:db8:91::3 capability extended-nexthop
 address-family ipv4 unicast
  network 198.51.100.0/24
  neighbor 2001:db8:91::1 activate
  neighbor 2001:db8:91::3 activate
 exit-address-family
 address-family ipv6 unicast
  network 2001:db8:1::/48
  neighbor 2001:db8:91::1 activate
  neighbor 2001:db8:91::3 activate
 exit-address-family
`,
  ),
  peers: [
    {
      address: '2001:db8:91::1',
      asn: 65001,
      capabilities: usual(65001) + offers.extendedNextHop,
      reading: { ...ebgp, hasExtendedNextHop: true },
    },
    {
      address: '2001:db8:91::3',
      asn: 65010,
      capabilities: usual(65010) + offers.extendedNextHop,
      reading: { ...ibgp, hasExtendedNextHop: true },
    },
  ],
};

const complaints: Scenario = {
  name: 'frr-notifications',
  daemon: 'FRR',
  what: 'too many prefixes, another AS, a lost collision, a broken marker, no KEEPALIVE, an UPDATE cut short, a shutdown with a text',
  config: router(
    65010,
    ` neighbor 10.91.0.1 remote-as 65001
 neighbor 10.91.0.3 remote-as 65003
 neighbor 10.91.0.4 remote-as 65004
 neighbor 10.91.0.5 remote-as 65005
 neighbor 10.91.0.6 remote-as 65006
 neighbor 10.91.0.6 timers 1 3
 neighbor 10.91.0.7 remote-as 65007
 neighbor 10.91.0.8 remote-as 65008
 address-family ipv4 unicast
  neighbor 10.91.0.1 maximum-prefix 1
 exit-address-family
`,
  ),
  peers: [
    {
      address: '10.91.0.1',
      asn: 65001,
      capabilities: usual(65001),
      reading: ebgp,
      sends: ['18cb0071', '18cb0072', '18cb0073', '18cb0074'].map((prefix) => route(1, prefix, path(65001))),
    },
    { address: '10.91.0.3', asn: 65033, capabilities: usual(65033), reading: ebgp },
    { address: '10.91.0.4', asn: 65004, capabilities: usual(65004), reading: ebgp, collidesWith: daemonAddress },
    {
      address: '10.91.0.5',
      asn: 65005,
      capabilities: usual(65005),
      reading: ebgp,
      insteadOfKeepalive: new Uint8Array(19),
    },
    { address: '10.91.0.6', asn: 65006, capabilities: usual(65006), reading: ebgp, holdTimeSec: 3, isAlive: false },
    { address: '10.91.0.7', asn: 65007, capabilities: usual(65007), reading: ebgp },
    {
      address: '10.91.0.8',
      asn: 65008,
      capabilities: usual(65008),
      reading: ebgp,
      // Path attributes of 255 octets, of which there are none.
      sends: [message(2, fromHex('0000 00ff'))],
    },
  ],
  startMs: 8000,
  steps: [
    { waitMs: 2000 },
    vtysh('conf t', 'router bgp 65010', 'neighbor 10.91.0.7 shutdown message until 06:00 UTC'),
    { waitMs: 1000 },
  ],
  keeps: [types.notification],
};

export const frrScenarios: readonly Scenario[] = [
  attributes,
  reflector,
  confederation,
  otc,
  restart,
  extendedNextHop,
  complaints,
];
