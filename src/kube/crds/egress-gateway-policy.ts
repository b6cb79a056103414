// CiliumEgressGatewayPolicy: traffic of some pods to some prefixes leaves through a gateway node, from one address.

import { prefix } from './address-patterns.ts';
import { ageColumn, type CustomResourceDefinition, defineKind, kindSchema, storedAs } from './custom-resource.ts';
import { list, object, rule, text } from './field.ts';
import { labelSelector } from './label-selector.ts';

const egressGateway = object(
  'A gateway node, and the address that traffic leaves it from.',
  {
    egressIP: text('Address that traffic leaves from.', {
      maxLength: 39,
      'x-kubernetes-validations': [rule("self == '' || isIP(self)", 'egressIP must be a valid IP address')],
    }),
    interface: text('Interface whose first address traffic leaves from.'),
    nodeSelector: labelSelector('Nodes of which one is the gateway.'),
  },
  ['nodeSelector'],
);

const source = object('Pods, by what must all hold of them.', {
  namespaceSelector: labelSelector('Their namespaces.'),
  nodeSelector: labelSelector('Their nodes.'),
  podSelector: labelSelector('The pods.'),
});

const spec = object(
  'Whose traffic, where to, and which way.',
  {
    destinationCIDRs: list('Where the traffic goes.', prefix('A prefix.')),
    egressGateway,
    egressGateways: list('Several gateways; where there are any, egressGateway is not used.', egressGateway, {
      default: [],
      maxItems: 64,
    }),
    excludedCIDRs: list('Parts of the destinations that are left alone.', prefix('A prefix.')),
    selectors: list('Whose traffic it is.', source),
  },
  ['destinationCIDRs', 'egressGateway', 'selectors'],
);

export const egressGatewayPolicy: CustomResourceDefinition = defineKind(
  {
    kind: 'CiliumEgressGatewayPolicy',
    plural: 'ciliumegressgatewaypolicies',
    shortNames: ['cegp'],
    categories: ['cilium', 'ciliumpolicy'],
  },
  'Cluster',
  [
    {
      ...storedAs('v2', kindSchema('Traffic that leaves through gateway nodes.', { spec }, ['metadata'])),
      additionalPrinterColumns: [ageColumn],
    },
  ],
);
