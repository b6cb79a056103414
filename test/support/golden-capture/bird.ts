// Captures of BIRD 2.0.12: attributes set by filters and passed on, reflection, confederation, add-path, restarts, NOTIFICATIONs.

import { attribute, fromHex, message } from '../../bgp/wire/bytes.ts';
import {
  aigp,
  internal,
  ipv6Communities,
  opaqueCommunities,
  path,
  unknownAttribute,
  withdrawal,
} from './received-routes.ts';
import { type Scenario, daemonAddress, offers, refreshRequest, types, usual } from './scenario.ts';

const ebgp = { kind: 'ebgp', remoteAsn: 65010, asnOctets: 4 } as const;
const ibgp = { kind: 'ibgp', remoteAsn: 65010, asnOctets: 4 } as const;

const head = `
router id 10.0.0.10;
protocol device { }
template bgp golden {
  local 10.91.0.2 as 65010;
  connect delay time 1;
  connect retry time 1;
  hold time 30;
  ipv4 { import all; export all; };
}
`;

const bird = (...words: readonly string[]): { readonly run: readonly string[] } => ({ run: ['birdc', ...words] });

const attributes: Scenario = {
  name: 'bird-attributes',
  daemon: 'BIRD',
  what: 'what filters set, to an external neighbor, one of two-octet AS numbers, and an internal one; what the client 10.91.0.5 sent is reflected',
  config: `${head}
protocol static {
  ipv4;
  route 198.51.100.0/24 blackhole { bgp_ext_community.add((rt, 65001, 100)); bgp_ext_community.add((ro, 4200000001, 7)); bgp_ext_community.add((generic, 0x030b0a0b, 0x0c0d0e0f)); };
  route 198.51.101.0/24 blackhole { bgp_community.add((65535, 666)); bgp_community.add((65535, 0)); bgp_community.add((65535, 6)); bgp_community.add((65001, 100)); };
  route 198.51.102.0/24 blackhole { bgp_large_community.add((65001, 1, 2)); bgp_large_community.add((4294967295, 0, 1)); };
  route 198.51.103.0/24 blackhole { bgp_path.prepend(4200000001); bgp_path.prepend(65002); bgp_med = 4294967294; bgp_origin = ORIGIN_EGP; };
}
protocol static {
  ipv6;
  route 2001:db8:1::/48 blackhole;
}
protocol bgp to_external from golden {
  neighbor 10.91.0.1 as 65001;
  ipv6 { import all; export all; };
}
protocol bgp to_short from golden { neighbor 10.91.0.3 as 65003; }
protocol bgp to_internal from golden {
  neighbor 10.91.0.4 as 65010;
  rr client; rr cluster id 10.0.0.99;
  ipv4 { import all; export all; aigp originate; };
}
protocol bgp to_client from golden {
  neighbor 10.91.0.5 as 65010;
  rr client; rr cluster id 10.0.0.99;
}
`,
  peers: [
    { address: '10.91.0.1', asn: 65001, capabilities: usual(65001), reading: ebgp },
    {
      address: '10.91.0.3',
      asn: 65003,
      capabilities: offers.ipv4 + offers.refresh,
      reading: { ...ebgp, asnOctets: 2 },
    },
    { address: '10.91.0.4', asn: 65010, capabilities: usual(65010), reading: ibgp },
    {
      address: '10.91.0.5',
      asn: 65010,
      capabilities: usual(65010),
      reading: ibgp,
      sends: [
        internal(5, '18cb0071', path(65020), unknownAttribute),
        internal(5, '18cb0072', path(65020), opaqueCommunities),
        internal(5, '18cb0073', path(65020), ipv6Communities),
        internal(5, '18cb0074', path(65020), aigp(1000)),
        internal(5, '18cb0075', path(65020), attribute(0xc0, 7, fromHex('fa56ea01 0a000001'))),
        internal(5, '18cb0076', path(65020), attribute(0xc0, 35, fromHex('0000fdfc'))),
      ],
    },
  ],
  steps: [{ waitMs: 3000 }, { send: withdrawal('18cb0071'), from: '10.91.0.5' }, { waitMs: 1500 }],
};

const confederation: Scenario = {
  name: 'bird-confederation',
  daemon: 'BIRD',
  what: 'member AS 65010 of confederation 65000, to member AS 65020 and to an internal neighbor; AS_CONFED_SET passed on',
  config: `${head}
protocol static {
  ipv4;
  route 198.51.100.0/24 blackhole { bgp_path.prepend(65100); };
}
protocol bgp to_member from golden {
  neighbor 10.91.0.1 as 65020;
  confederation 65000;
  confederation member yes;
}
protocol bgp to_internal from golden {
  neighbor 10.91.0.3 as 65010;
  confederation 65000;
  confederation member yes;
}
`,
  peers: [
    {
      address: '10.91.0.1',
      asn: 65020,
      capabilities: usual(65020),
      reading: { ...ebgp, kind: 'confederation' },
      sends: [
        internal(1, '18cb0071', path('03010000fdfc', 65100)),
        internal(1, '18cb0072', path('03010000fdfc', '04020000fdfd0000fdfe', 65100)),
      ],
    },
    { address: '10.91.0.3', asn: 65010, capabilities: usual(65010), reading: { ...ibgp, isInConfederation: true } },
  ],
};

const encodings: Scenario = {
  name: 'bird-encodings',
  daemon: 'BIRD',
  what: 'add-path, extended messages and IPv6 next hops of IPv4 routes (over IPv6), enhanced refresh, a role',
  config: `${head}
protocol static {
  ipv4;
  route 198.51.100.0/24 blackhole;
  route 198.51.101.0/24 blackhole { bgp_community.add((65535, 65281)); };
}
protocol static {
  ipv6;
  route 2001:db8:1::/48 blackhole;
}
protocol bgp to_paths from golden {
  neighbor 10.91.0.1 as 65010;
  enable extended messages;
  ipv4 { import all; export all; add paths on; };
  ipv6 { import all; export all; add paths on; };
}
protocol bgp to_hops {
  local 2001:db8:91::2 as 65010;
  neighbor 2001:db8:91::3 as 65003;
  connect delay time 1;
  ipv4 { import all; export all; extended next hop; };
  ipv6 { import all; export all; };
  local role provider;
}
`,
  peers: [
    {
      address: '10.91.0.1',
      asn: 65010,
      capabilities: usual(65010) + offers.addPath + offers.enhancedRefresh,
      reading: { ...ibgp, addPath: true },
    },
    {
      address: '2001:db8:91::3',
      asn: 65003,
      capabilities: usual(65003) + offers.extendedNextHop + offers.role(3),
      reading: { ...ebgp, hasExtendedNextHop: true },
    },
  ],
  steps: [
    { waitMs: 3000 },
    { send: refreshRequest, from: '10.91.0.1' },
    { waitMs: 1000 },
    bird('disable', 'static1'),
    bird('disable', 'static2'),
    { waitMs: 1500 },
  ],
};

const restart: Scenario = {
  name: 'bird-restart',
  daemon: 'BIRD',
  what: 'started with -R: graceful restart with R and F, long-lived; then disabled with a text; refreshes asked for',
  config: `${head}
protocol static { ipv6; route 2001:db8:1::/48 blackhole; }
protocol bgp to_all from golden {
  neighbor 10.91.0.1 as 65001;
  graceful restart on;
  graceful restart time 200;
  long lived graceful restart on;
  long lived stale time 100000;
  ipv6 { import all; export all; };
}
`,
  words: '-R',
  peers: [
    {
      address: '10.91.0.1',
      asn: 65001,
      capabilities: usual(65001) + offers.gracefulRestart + offers.longLived,
      reading: ebgp,
    },
  ],
  steps: [
    { waitMs: 1000 },
    bird('reload', 'in', 'to_all'),
    { waitMs: 1000 },
    bird('disable', 'to_all', '"maintenance until 06:00 UTC"'),
    { waitMs: 1000 },
  ],
  keeps: [types.open, types.notification, types.refresh],
};

const complaints: Scenario = {
  name: 'bird-notifications',
  daemon: 'BIRD',
  what: 'too many prefixes, another AS, a lost collision, a broken marker, no KEEPALIVE, a role that does not fit, a BoRR that is too long',
  config: `${head}
protocol bgp to_many from golden { neighbor 10.91.0.1 as 65001; ipv4 { import all; export none; receive limit 1 action disable; }; }
protocol bgp to_other from golden { neighbor 10.91.0.3 as 65003; }
protocol bgp to_twice from golden { neighbor 10.91.0.4 as 65004; }
protocol bgp to_marker from golden { neighbor 10.91.0.5 as 65005; }
protocol bgp to_silent from golden { neighbor 10.91.0.6 as 65006; }
protocol bgp to_role from golden { neighbor 10.91.0.7 as 65007; local role provider; }
protocol bgp to_long from golden { neighbor 10.91.0.8 as 65008; }
`,
  peers: [
    {
      address: '10.91.0.1',
      asn: 65001,
      capabilities: usual(65001),
      reading: ebgp,
      sends: ['18cb0071', '18cb0072', '18cb0073', '18cb0074'].map((prefix) => internal(1, prefix, path(65001))),
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
    { address: '10.91.0.7', asn: 65007, capabilities: usual(65007) + offers.role(0), reading: ebgp },
    {
      address: '10.91.0.8',
      asn: 65008,
      capabilities: usual(65008) + offers.enhancedRefresh,
      reading: ebgp,
      sends: [message(5, fromHex('0001 01 01 00'))],
    },
  ],
  startMs: 9000,
  steps: [{ waitMs: 1000 }],
  keeps: [types.notification],
};

export const birdScenarios: readonly Scenario[] = [attributes, confederation, encodings, restart, complaints];
