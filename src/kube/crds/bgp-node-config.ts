// CiliumBGPNodeConfig: what one node runs, written by the operator from cluster configs and overrides, and what the node says of
// its sessions. Its name is the node's.

import type { OpenApiSchema } from '../api/openapi-schema.ts';
import { address } from './address-patterns.ts';
import { family, instanceName, peerSetup } from './bgp-fields.ts';
import { conditions } from './conditions.ts';
import {
  ageColumn,
  type CustomResourceDefinition,
  defineKind,
  deprecatedAs,
  kindSchema,
  statusSubresource,
  storedAs,
} from './custom-resource.ts';
import { asn, type Fields, int32, int64, list, listBy, object, text } from './field.ts';

const peerStatus = object(
  'State of a peer.',
  {
    establishedTime: text('When the session came up (RFC 3339).'),
    name: text('Name of the peer.'),
    peerASN: int64('AS number of the peer.'),
    peerAddress: text('Address of the peer.'),
    peeringState: text('State of the session, as last seen.'),
    routeCount: list(
      'Routes by address family.',
      object(
        'Routes of a family.',
        { advertised: int32('Routes told to the peer.'), received: int32('Routes heard from the peer.'), ...family },
        ['afi', 'safi'],
      ),
    ),
    timers: object('Timers that were agreed.', {
      appliedHoldTimeSeconds: int32('Hold time.'),
      appliedKeepaliveSeconds: int32('Keepalive time.'),
    }),
  },
  ['name', 'peerAddress'],
);

const instanceStatus = object(
  'State of an instance.',
  {
    localASN: int64('AS number of the instance.'),
    name: text('Name of the instance.'),
    peers: listBy('name', 'States of the peers.', peerStatus),
  },
  ['name'],
);

const status = object('What the node says.', {
  bgpInstances: listBy('name', 'States of the instances.', instanceStatus),
  conditions,
});

function writeSchema(setup: Fields): OpenApiSchema {
  const peer = object(
    'A peer.',
    {
      localAddress: address('Address to speak from; set by an override.'),
      name: text('Name of the peer.'),
      peerASN: asn('AS number of the peer.', 0),
      peerAddress: address('Address of the peer.'),
      ...setup,
    },
    ['name'],
  );
  const instance = object(
    'A BGP instance of the node.',
    {
      localASN: asn('AS number of the instance.', 1),
      localPort: int32('Port that the instance listens on; absent, it does not listen.', 1, 65_535),
      name: instanceName,
      peers: listBy('name', 'Peers of the instance.', peer),
      routerID: text('BGP identifier; set by an override.', { format: 'ipv4' }),
    },
    ['name'],
  );
  const bgpInstances = listBy('name', 'BGP instances.', instance, { minItems: 1, maxItems: 16 });
  const spec = object('What the node should run.', { bgpInstances }, ['bgpInstances']);
  return kindSchema('BGP instances and peers of one node.', { spec, status });
}

const extras = { subresources: statusSubresource, additionalPrinterColumns: [ageColumn] };

export const bgpNodeConfig: CustomResourceDefinition = defineKind(
  {
    kind: 'CiliumBGPNodeConfig',
    plural: 'ciliumbgpnodeconfigs',
    shortNames: ['cbgpnode'],
    categories: ['cilium', 'ciliumbgp'],
  },
  'Cluster',
  [
    { ...storedAs('v2', writeSchema(peerSetup.v2)), ...extras },
    { ...deprecatedAs('v2alpha1', writeSchema(peerSetup.v2alpha1)), ...extras },
  ],
);
