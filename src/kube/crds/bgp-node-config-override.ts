// CiliumBGPNodeConfigOverride: what differs on one node from what its cluster config says. Its name is the node's, its instances and
// peers are those of the CiliumBGPNodeConfig.

import { address } from './address-patterns.ts';
import { instanceName, peerName } from './bgp-fields.ts';
import {
  ageColumn,
  type CustomResourceDefinition,
  defineKind,
  deprecatedAs,
  kindSchema,
  storedAs,
} from './custom-resource.ts';
import { asn, int32, listBy, object, text } from './field.ts';

const peer = object(
  'What differs for a peer.',
  {
    localAddress: address('Address to speak from.'),
    localPort: int32('Port to connect from.'),
    name: peerName,
  },
  ['name'],
);

const instance = object(
  'What differs for an instance.',
  {
    localASN: asn('AS number of the instance.', 1),
    localPort: int32('Port that the instance listens on.'),
    name: instanceName,
    peers: listBy('name', 'What differs for its peers.', peer),
    routerID: text('BGP identifier of the instance.', { format: 'ipv4' }),
  },
  ['name'],
);

const spec = object(
  'What differs.',
  { bgpInstances: listBy('name', 'What differs by instance.', instance, { minItems: 1 }) },
  ['bgpInstances'],
);

const schema = kindSchema('What differs for BGP on one node.', { spec });
const columns = { additionalPrinterColumns: [ageColumn] };

export const bgpNodeConfigOverride: CustomResourceDefinition = defineKind(
  {
    kind: 'CiliumBGPNodeConfigOverride',
    plural: 'ciliumbgpnodeconfigoverrides',
    shortNames: ['cbgpnodeoverride'],
    categories: ['cilium', 'ciliumbgp'],
  },
  'Cluster',
  [
    { ...storedAs('v2', schema), ...columns },
    { ...deprecatedAs('v2alpha1', schema), ...columns },
  ],
);
