// CiliumLoadBalancerIPPool: addresses for Services of type LoadBalancer. Both versions are the same.
// Whether pools overlap is no matter of the schema but of who gives the addresses out.

import { cidr } from './address-patterns.ts';
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
import { choice, flag, list, object, text } from './field.ts';
import { labelSelector } from './label-selector.ts';

const block = object('Some addresses: a prefix, or all from a first to a last.', {
  cidr: cidr('A prefix.'),
  start: text('The first address.'),
  stop: text('The last address; absent, the first is the only one.'),
});

const spec = object('What the pool holds and for whom.', {
  allowFirstLastIPs: choice('Whether the first and last address of a prefix are given out; absent, they are.', [
    'Yes',
    'No',
  ]),
  blocks: list('Addresses of the pool.', block),
  disabled: flag('Whether nothing more is given out; what is given stays.', { default: false }),
  serviceSelector: labelSelector('Services that may have addresses of the pool; absent, all.'),
});

const schema = kindSchema('Addresses for Services of type LoadBalancer.', { spec, status: conditionedStatus });

const extras = {
  subresources: statusSubresource,
  additionalPrinterColumns: [
    { name: 'Disabled', type: 'boolean', jsonPath: '.spec.disabled' },
    {
      name: 'Conflicting',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="cilium.io/PoolConflict")].status',
    },
    {
      name: 'IPs Available',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="cilium.io/IPsAvailable")].message',
    },
    ageColumn,
  ],
} as const;

export const loadBalancerIpPool: CustomResourceDefinition = defineKind(
  {
    kind: 'CiliumLoadBalancerIPPool',
    plural: 'ciliumloadbalancerippools',
    shortNames: ['ippools', 'ippool', 'lbippool', 'lbippools'],
    categories: ['cilium'],
  },
  'Cluster',
  [
    { ...storedAs('v2', schema), ...extras },
    { ...deprecatedAs('v2alpha1', schema), ...extras },
  ],
);
