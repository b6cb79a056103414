// Captures of GoBGP 3.10, ExaBGP 4.2 and OpenBGPD 7.7.

import { attribute, fromHex } from '../../bgp/wire/bytes.ts';
import {
  aigp,
  internal,
  ipv6Communities,
  opaqueCommunities,
  path,
  unknownAttribute,
  withdrawal,
} from './received-routes.ts';
import { type Scenario, offers, refreshRequest, usual } from './scenario.ts';

const ebgp = { kind: 'ebgp', remoteAsn: 65010, asnOctets: 4 } as const;
const ibgp = { kind: 'ibgp', remoteAsn: 65010, asnOctets: 4 } as const;

const gobgp = (...words: readonly string[]): { readonly run: readonly string[] } => ({ run: ['gobgp', ...words] });
const add = (...words: readonly string[]): { readonly run: readonly string[] } =>
  gobgp('global', 'rib', 'add', ...words);

const gobgpAttributes: Scenario = {
  name: 'gobgp-attributes',
  daemon: 'GoBGP',
  what: 'routes added on the command line, with add-path to one neighbor, two-octet AS numbers to another; graceful restart with N, long-lived',
  config: `
[global.config]
  as = 65010
  router-id = "10.0.0.10"
[[neighbors]]
  [neighbors.config]
    neighbor-address = "10.91.0.1"
    peer-as = 65010
  [neighbors.timers.config]
    connect-retry = 5
    idle-hold-time-after-reset = 1
    hold-time = 30
  [neighbors.graceful-restart.config]
    enabled = true
    notification-enabled = true
    long-lived-enabled = true
    restart-time = 200
  [neighbors.route-reflector.config]
    route-reflector-client = true
    route-reflector-cluster-id = "10.0.0.99"
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "ipv4-unicast"
    [neighbors.afi-safis.mp-graceful-restart.config]
      enabled = true
    [neighbors.afi-safis.long-lived-graceful-restart.config]
      enabled = true
      restart-time = 100000
    [neighbors.afi-safis.add-paths.config]
      receive = true
      send-max = 8
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "ipv6-unicast"
    [neighbors.afi-safis.add-paths.config]
      receive = true
      send-max = 8
[[neighbors]]
  [neighbors.config]
    neighbor-address = "10.91.0.3"
    peer-as = 65003
  [neighbors.timers.config]
    connect-retry = 5
    hold-time = 30
[[neighbors]]
  [neighbors.config]
    neighbor-address = "10.91.0.4"
    peer-as = 65010
  [neighbors.timers.config]
    connect-retry = 5
    hold-time = 30
  [neighbors.route-reflector.config]
    route-reflector-client = true
    route-reflector-cluster-id = "10.0.0.99"
`,
  peers: [
    {
      address: '10.91.0.1',
      asn: 65010,
      capabilities: usual(65010) + offers.addPath + offers.gracefulRestart + offers.longLived,
      reading: { ...ibgp, addPath: true },
    },
    {
      address: '10.91.0.3',
      asn: 65003,
      capabilities: offers.ipv4 + offers.refresh,
      reading: { ...ebgp, asnOctets: 2 },
    },
    {
      address: '10.91.0.4',
      asn: 65010,
      capabilities: usual(65010),
      reading: ibgp,
      sends: [
        internal(4, '18cb0071', path(65020), unknownAttribute),
        internal(4, '18cb0072', path(65020), ipv6Communities),
      ],
    },
  ],
  steps: [
    { waitMs: 1500 },
    add('198.51.100.0/24', 'rt', '65001:100', 'rt', '4200000001:7', 'color', '7'),
    add('198.51.101.0/24', 'aigp', 'metric', '1000'),
    add('198.51.102.0/24', 'aggregator', '4200000001:10.0.0.1', 'med', '10'),
    add('198.51.103.0/24', 'large-community', '65001:1:2,65001:3:4', 'community', 'blackhole,65001:100'),
    add('198.51.104.0/24', 'aspath', '4200000001,65002', 'origin', 'egp'),
    add('2001:db8:1::/48', '-a', 'ipv6', 'nexthop', '2001:db8:91::2', 'community', 'no-export'),
    { waitMs: 2000 },
    gobgp('global', 'rib', 'del', '198.51.104.0/24'),
    gobgp('global', 'rib', 'del', '2001:db8:1::/48', '-a', 'ipv6'),
    { send: withdrawal('18cb0071'), from: '10.91.0.4' },
    { waitMs: 1500 },
    gobgp('neighbor', '10.91.0.3', 'disable'),
    gobgp('neighbor', '10.91.0.1', 'disable'),
    { waitMs: 1500 },
  ],
};

const exabgpAttributes: Scenario = {
  name: 'exabgp-attributes',
  daemon: 'ExaBGP',
  what: 'every attribute of its language, and others as octets; add-path; capabilities that nobody else sends (68, 185)',
  config: `
neighbor 10.91.0.1 {
  router-id 10.0.0.10;
  local-address 10.91.0.2;
  local-as 65010;
  peer-as 65010;
  hold-time 30;
  group-updates false;
  family { ipv4 unicast; ipv6 unicast; }
  capability { aigp enable; add-path send/receive; graceful-restart 120; operational enable; extended-message enable; route-refresh enable; }
  add-path { ipv4 unicast; ipv6 unicast; }
  static {
    route 198.51.100.0/24 next-hop 10.91.0.2 path-information 1 extended-community [ target:65001:100 origin:65001:101 target4:4200000001:7 0x030b0a0b0c0d0e0f ];
    route 198.51.100.0/24 next-hop 10.91.0.2 path-information 2 extended-community [ bandwidth:65001:125000000 ];
    route 198.51.101.0/24 next-hop 10.91.0.2 aigp 1000;
    route 198.51.102.0/24 next-hop 10.91.0.2 originator-id 10.91.0.9 cluster-list [ 10.0.0.99 10.0.0.98 ];
    route 198.51.103.0/24 next-hop 10.91.0.2 atomic-aggregate aggregator ( 65001:10.0.0.1 );
    route 198.51.104.0/24 next-hop 10.91.0.2 as-path [ 4200000001 65002 ] med 10 local-preference 200 origin incomplete;
    route 198.51.105.0/24 next-hop 10.91.0.2 large-community [ 65001:1:2 ] community [ 65001:100 blackhole no-export no-advertise nopeer ];
    route 198.51.106.0/24 next-hop 10.91.0.2 attribute [ 0xd5 0xe0 0x0102030405 ];
    route 198.51.107.0/24 next-hop 10.91.0.2 attribute [ 0x19 0xc0 0x000220010db80000000000000000000000010064 ];
    route 198.51.108.0/24 next-hop 10.91.0.2 attribute [ 0x23 0xc0 0x0000fdfc ];
    route 198.51.109.0/24 next-hop 10.91.0.2 as-path [ 65002 ( 65003 65004 ) ];
    route 2001:db8:1::/48 next-hop 2001:db8:91::2 path-information 7 community [ 65001:100 ];
  }
}
neighbor 10.91.0.3 {
  router-id 10.0.0.10;
  local-address 10.91.0.2;
  local-as 65010;
  peer-as 65003;
  hold-time 30;
  family { ipv4 unicast; }
  capability { asn4 disable; }
  static {
    route 198.51.103.0/24 next-hop 10.91.0.2 atomic-aggregate aggregator ( 65001:10.0.0.1 ) as-path [ 65010 4200000001 65002 ];
  }
}
neighbor 10.91.0.5 {
  router-id 10.0.0.10;
  local-address 10.91.0.2;
  local-as 65010;
  peer-as 65005;
  hold-time 30;
  family { ipv4 unicast; }
  capability { multi-session enable; }
}
neighbor 2001:db8:91::4 {
  router-id 10.0.0.10;
  local-address 2001:db8:91::2;
  local-as 65010;
  peer-as 65010;
  hold-time 30;
  family { ipv4 unicast; ipv6 unicast; }
  capability { nexthop enable; }
  nexthop { ipv4 unicast ipv6; }
  static {
    route 198.51.100.0/24 next-hop 2001:db8:91::2;
    route 2001:db8:1::/48 next-hop 2001:db8:91::2;
  }
}
`,
  peers: [
    {
      address: '10.91.0.1',
      asn: 65010,
      capabilities: usual(65010) + offers.addPath,
      reading: { ...ibgp, addPath: true },
    },
    { address: '10.91.0.3', asn: 65003, capabilities: offers.ipv4, reading: { ...ebgp, asnOctets: 2 } },
    { address: '10.91.0.5', asn: 65005, capabilities: usual(65005), reading: ebgp },
    {
      address: '2001:db8:91::4',
      asn: 65010,
      capabilities: usual(65010) + offers.extendedNextHop,
      reading: { ...ibgp, hasExtendedNextHop: true },
    },
  ],
  startMs: 6000,
  steps: [{ waitMs: 2000 }],
};

const bgpctl = (...words: readonly string[]): { readonly run: readonly string[] } => ({ run: ['bgpctl', ...words] });

const openbgpdAttributes: Scenario = {
  name: 'openbgpd-attributes',
  daemon: 'OpenBGPD',
  what: 'networks with what its filters set, add-path and enhanced refresh, a role, reflection of what the client 10.91.0.4 sent, texts',
  config: `
AS 65010
router-id 10.0.0.10
fib-update no
connect-retry 1
holdtime 30
network 198.51.100.0/24 set { ext-community rt 65001:100 ext-community soo 4200000001:7 ext-community ort 0x0a0b0c0d0e0f }
network 198.51.101.0/24 set { community BLACKHOLE community GRACEFUL_SHUTDOWN community 65001:100 }
network 198.51.102.0/24 set { large-community 65001:1:2 med 10 origin incomplete }
network 198.51.103.0/24 set { community NO_EXPORT }
network 2001:db8:1::/48 set { community 65001:100 }
neighbor 10.91.0.1 {
  remote-as 65010
  local-address 10.91.0.2
  route-reflector 10.0.0.99
  announce add-path recv yes
  announce add-path send all
  announce enhanced refresh yes
}
neighbor 10.91.0.3 {
  remote-as 65003
  local-address 10.91.0.2
  announce policy provider
  announce as-4byte no
}
neighbor 10.91.0.4 {
  remote-as 65010
  local-address 10.91.0.2
  route-reflector 10.0.0.99
}
neighbor 10.91.0.5 {
  remote-as 65005
  local-address 10.91.0.2
  announce policy provider
  announce restart no
}
neighbor 10.91.0.6 {
  remote-as 65006
  local-address 10.91.0.2
  max-prefix 1
}
neighbor 2001:db8:91::7 {
  remote-as 65010
  local-address 2001:db8:91::2
}
allow from any
allow to any
`,
  peers: [
    {
      address: '10.91.0.1',
      asn: 65010,
      capabilities: usual(65010) + offers.addPath + offers.enhancedRefresh,
      reading: { ...ibgp, addPath: true },
    },
    {
      address: '10.91.0.3',
      asn: 65003,
      capabilities: offers.ipv4 + offers.refresh + offers.role(3),
      reading: { ...ebgp, asnOctets: 2 },
    },
    {
      address: '10.91.0.4',
      asn: 65010,
      capabilities: usual(65010),
      reading: ibgp,
      sends: [
        internal(4, '18cb0071', path(65020), unknownAttribute),
        internal(4, '18cb0072', path(65020), opaqueCommunities),
        internal(4, '18cb0073', path(65020), ipv6Communities),
        internal(4, '18cb0074', path(65020), aigp(1000)),
        internal(
          4,
          '18cb0075',
          path(4_200_000_001),
          attribute(0xc0, 7, fromHex('fa56ea01 0a000001')),
          attribute(0x40, 6, []),
        ),
      ],
    },
    { address: '10.91.0.5', asn: 65005, capabilities: usual(65005) + offers.role(0), reading: ebgp },
    { address: '2001:db8:91::7', asn: 65010, capabilities: usual(65010), reading: ibgp },
    {
      address: '10.91.0.6',
      asn: 65006,
      capabilities: usual(65006),
      reading: ebgp,
      sends: ['18cb0081', '18cb0082', '18cb0083'].map((prefix) => internal(6, prefix, path(65006))),
    },
  ],
  startMs: 8000,
  steps: [
    { waitMs: 4000 },
    { send: refreshRequest, from: '10.91.0.1' },
    { send: withdrawal('18cb0071'), from: '10.91.0.4' },
    { waitMs: 2000 },
    bgpctl('network', 'delete', '2001:db8:1::/48'),
    bgpctl('neighbor', '10.91.0.1', 'refresh'),
    { waitMs: 1500 },
    bgpctl('neighbor', '10.91.0.3', 'down', 'maintenance until 06:00 UTC'),
    { waitMs: 1000 },
  ],
};

export const otherScenarios: readonly Scenario[] = [gobgpAttributes, exabgpAttributes, openbgpdAttributes];
