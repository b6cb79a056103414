// CiliumBGPClusterConfig: the BGP instances that nodes run, and their peers. From it come the CiliumBGPNodeConfigs
// (bgp-node-config.ts).

import type { OpenApiSchema } from '../api/openapi-schema.ts';
import { address } from './address-patterns.ts';
import { instanceName, peerName, peerSetup } from './bgp-fields.ts';
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
import { asn, type Fields, int32, listBy, object } from './field.ts';
import { labelSelector } from './label-selector.ts';

function writeSchema(setup: Fields): OpenApiSchema {
  const peer = object(
    'A peer.',
    {
      name: peerName,
      peerASN: asn('AS number of the peer; 0 takes the one of its OPEN.', 0, 0),
      peerAddress: address('Address of the peer.'),
      ...setup,
    },
    ['name'],
  );
  const instance = object(
    'A BGP instance, as every chosen node runs it.',
    {
      localASN: asn('AS number of the instance.', 1),
      localPort: int32('Port that the instance listens on; absent, it does not listen.', 1, 65_535),
      name: instanceName,
      peers: listBy('name', 'Peers of the instance.', peer),
    },
    ['name'],
  );
  const spec = object(
    'What nodes should run.',
    {
      bgpInstances: listBy('name', 'BGP instances.', instance, { minItems: 1, maxItems: 16 }),
      nodeSelector: labelSelector('Nodes that run them; absent, all.'),
    },
    ['bgpInstances'],
  );
  return kindSchema('BGP instances and peers of the nodes of a cluster.', { spec, status: conditionedStatus });
}

const extras = { subresources: statusSubresource, additionalPrinterColumns: [ageColumn] };

export const bgpClusterConfig: CustomResourceDefinition = defineKind(
  {
    kind: 'CiliumBGPClusterConfig',
    plural: 'ciliumbgpclusterconfigs',
    shortNames: ['cbgpcluster'],
    categories: ['cilium', 'ciliumbgp'],
  },
  'Cluster',
  [
    { ...storedAs('v2', writeSchema(peerSetup.v2)), ...extras },
    { ...deprecatedAs('v2alpha1', writeSchema(peerSetup.v2alpha1)), ...extras },
  ],
);
