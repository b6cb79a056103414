// Parts that the BGP kinds share: address families, communities, graceful restart, references to peers' settings.
// What speakers make of them is not here.

import type { OpenApiSchema } from '../api/openapi-schema.ts';
import { choice, type Fields, flag, int32, list, object, text } from './field.ts';

const uint32 = `([0-9]|[1-9][0-9]{1,8}|[1-3][0-9]{9}|4[01][0-9]{8}|42[0-8][0-9]{7}|429[0-3][0-9]{6}|4294[0-8][0-9]{5}|42949[0-5][0-9]{4}|429496[0-6][0-9]{3}|4294967[01][0-9]{2}|42949672[0-8][0-9]|429496729[0-5])`;
const uint16 = `([0-9]|[1-9][0-9]{1,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])`;

const wellKnown = [
  'internet',
  'planned-shut',
  'accept-own',
  'route-filter-translated-v4',
  'route-filter-v4',
  'route-filter-translated-v6',
  'route-filter-v6',
  'llgr-stale',
  'no-llgr',
  'blackhole',
  'no-export',
  'no-advertise',
  'no-export-subconfed',
  'no-peer',
];

export const communities: OpenApiSchema = object('Communities that routes are sent with.', {
  large: list(
    'Large communities (RFC 8092).',
    text('Three numbers with colons between them.', { pattern: `^${uint32}:${uint32}:${uint32}$` }),
  ),
  standard: list(
    'Standard communities (RFC 1997).',
    text('One number of 32 bits, or two of 16 with a colon between them.', {
      pattern: `^${uint32}$|^${uint16}:${uint16}$`,
    }),
  ),
  wellKnown: list('Standard communities by their registered names.', choice('A registered name.', wellKnown)),
});

export const family: Fields = {
  afi: choice('Address family.', ['ipv4', 'ipv6', 'l2vpn', 'ls', 'opaque']),
  safi: choice('Subsequent address family.', [
    'unicast',
    'multicast',
    'mpls_label',
    'encapsulation',
    'vpls',
    'evpn',
    'ls',
    'sr_policy',
    'mup',
    'mpls_vpn',
    'mpls_vpn_multicast',
    'route_target_constraints',
    'flowspec_unicast',
    'flowspec_vpn',
    'key_value',
  ]),
};

export const gracefulRestart: OpenApiSchema = object(
  'Graceful restart (RFC 4724) with this peer; absent, it is not offered.',
  {
    enabled: flag('Whether graceful restart is offered.'),
    restartTimeSeconds: int32('How long the peer is asked to wait for our return.', 1, 4095, 120),
  },
  ['enabled'],
);

export const timers: Fields = {
  connectRetryTimeSeconds: int32('ConnectRetryTime (RFC 4271 §8).', 1, 2_147_483_647, 120),
  holdTimeSeconds: int32('Hold time that is offered (RFC 4271 §4.2).', 3, 65_535, 90),
  keepAliveTimeSeconds: int32('KeepaliveTime (RFC 4271 §8); no longer than the hold time.', 1, 65_535, 30),
};

export const serviceAddress: OpenApiSchema = choice('A sort of address.', [
  'LoadBalancerIP',
  'ClusterIP',
  'ExternalIP',
]);

export const instanceName: OpenApiSchema = text('Name of the instance.', { minLength: 1, maxLength: 255 });
export const peerName: OpenApiSchema = text('Name of the peer.', { minLength: 1, maxLength: 255 });

const autoDiscovery = object(
  'Find the address of the peer instead of being told it.',
  {
    defaultGateway: object(
      'The gateway of the default route is the peer.',
      { addressFamily: choice('Of which family the default route is.', ['ipv4', 'ipv6']) },
      ['addressFamily'],
    ),
    mode: choice('How the address is found.', ['DefaultGateway']),
  },
  ['mode'],
);

const configName = text('Name of the CiliumBGPPeerConfig.');

/** How a peer is found and set up; the two versions differ here and nowhere else. */
export const peerSetup: Readonly<Record<'v2' | 'v2alpha1', Fields>> = {
  v2: {
    autoDiscovery,
    peerConfigRef: object('The settings of the peer; absent, the defaults.', { name: configName }, ['name']),
  },
  v2alpha1: {
    peerConfigRef: object(
      'The settings of the peer; absent, the defaults.',
      {
        group: text('Group of the settings.', { default: 'cilium.io' }),
        kind: text('Kind of the settings.', { default: 'CiliumBGPPeerConfig' }),
        name: configName,
      },
      ['name'],
    ),
  },
};
