// CiliumBGPPeerConfig: settings that peers of a cluster config share: timers, families and what is told in them, transport,
// password.

import type { OpenApiSchema } from '../api/openapi-schema.ts';
import { family, gracefulRestart, timers } from './bgp-fields.ts';
import { conditionedStatus } from './conditions.ts';
import {
  ageColumn,
  type CustomResourceDefinition,
  defineKind,
  deprecatedAs,
  kindSchema,
  statusSubresource,
  storedAs,
} from './custom-resource.ts';
import { type Fields, int32, list, object, rule, text } from './field.ts';
import { labelSelector } from './label-selector.ts';

function writeSchema(transport: Fields): OpenApiSchema {
  const spec = object('Settings.', {
    authSecretRef: text('Secret with the TCP MD5 password, in the namespace that the agent is told.'),
    ebgpMultihop: int32('TTL of packets to an EBGP peer.', 1, 255, 1),
    families: list(
      'Families to negotiate, and what is told in them; absent, IPv4 and IPv6 unicast with nothing told.',
      object(
        'A family.',
        { advertisements: labelSelector('Advertisements of this family; absent, none.'), ...family },
        ['afi', 'safi'],
      ),
    ),
    gracefulRestart,
    timers: object('Timers; absent, their defaults.', timers, [], {
      'x-kubernetes-validations': [
        rule(
          'self.keepAliveTimeSeconds <= self.holdTimeSeconds',
          'keepAliveTimeSeconds can not be larger than holdTimeSeconds',
        ),
      ],
    }),
    transport: object('Transport; absent, its defaults.', {
      peerPort: int32('Port of the peer.', 1, 65_535, 179),
      ...transport,
    }),
  });
  return kindSchema('Settings that BGP peers share.', { spec, status: conditionedStatus });
}

const v2Transport = { sourceInterface: text('Local interface whose address is spoken from.') };
const v2alpha1Transport = { localPort: int32('Port to connect from; deprecated.', 1, 65_535) };

const extras = { subresources: statusSubresource, additionalPrinterColumns: [ageColumn] };

export const bgpPeerConfig: CustomResourceDefinition = defineKind(
  {
    kind: 'CiliumBGPPeerConfig',
    plural: 'ciliumbgppeerconfigs',
    shortNames: ['cbgppeer'],
    categories: ['cilium', 'ciliumbgp'],
  },
  'Cluster',
  [
    { ...storedAs('v2', writeSchema(v2Transport)), ...extras },
    { ...deprecatedAs('v2alpha1', writeSchema(v2alpha1Transport)), ...extras },
  ],
);
