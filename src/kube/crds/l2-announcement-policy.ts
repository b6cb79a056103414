// CiliumL2AnnouncementPolicy: which nodes answer ARP and neighbour solicitations for the addresses of which Services.

import { conditionedStatus } from './conditions.ts';
import {
  ageColumn,
  type CustomResourceDefinition,
  defineKind,
  kindSchema,
  statusSubresource,
  storedAs,
} from './custom-resource.ts';
import { flag, object, strings } from './field.ts';
import { labelSelector } from './label-selector.ts';

const spec = object('Who answers for what.', {
  externalIPs: flag('Whether external addresses are answered for.'),
  interfaces: strings('Interfaces, as regular expressions; absent, all.'),
  loadBalancerIPs: flag('Whether load balancer addresses are answered for.'),
  nodeSelector: labelSelector('Nodes that may answer; absent, all.'),
  serviceSelector: labelSelector('Services; absent, all.'),
});

export const l2AnnouncementPolicy: CustomResourceDefinition = defineKind(
  {
    kind: 'CiliumL2AnnouncementPolicy',
    plural: 'ciliuml2announcementpolicies',
    shortNames: ['l2announcement'],
    categories: ['cilium'],
  },
  'Cluster',
  [
    {
      ...storedAs(
        'v2alpha1',
        kindSchema('Who answers for addresses of Services.', { spec, status: conditionedStatus }, ['metadata']),
      ),
      subresources: statusSubresource,
      additionalPrinterColumns: [ageColumn],
    },
  ],
);
