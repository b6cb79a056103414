// CiliumGatewayClassConfig: parameters of a GatewayClass, mostly of the Services that its Gateways get.

import type { OpenApiSchema } from '../api/openapi-schema.ts';
import { conditionedStatus } from './conditions.ts';
import {
  ageColumn,
  type CustomResourceDefinition,
  defineKind,
  kindSchema,
  statusSubresource,
  storedAs,
} from './custom-resource.ts';
import { choice, flag, list, object, text } from './field.ts';

const atomic = { 'x-kubernetes-list-type': 'atomic' } as const;

const service: OpenApiSchema = object('Fields of the Services, as in the spec of a Service.', {
  allocateLoadBalancerNodePorts: flag('Whether they get node ports.'),
  externalTrafficPolicy: text('Where traffic from outside may go.', { default: 'Cluster' }),
  ipFamilies: list('Address families.', text('A family.'), atomic),
  ipFamilyPolicy: text('How many families they get.'),
  loadBalancerClass: text('Class of the load balancer.'),
  loadBalancerSourceRanges: list('Prefixes of clients.', text('A prefix.'), atomic),
  loadBalancerSourceRangesPolicy: choice('Whether those clients are let in or kept out.', ['Allow', 'Deny'], {
    default: 'Allow',
  }),
  trafficDistribution: text('Which endpoints are preferred.'),
  type: choice('Type of the Services.', ['LoadBalancer', 'NodePort'], { default: 'LoadBalancer' }),
});

const spec = object('Parameters.', {
  description: text('Whatever its author says of it.', { maxLength: 64 }),
  httpOptions: object('How HTTP is handled.', {
    grpcWebTranslation: object('gRPC-web.', {
      enabled: flag('Whether gRPC-web is made gRPC.', { default: true }),
    }),
  }),
  service,
});

export const gatewayClassConfig: CustomResourceDefinition = defineKind(
  {
    kind: 'CiliumGatewayClassConfig',
    plural: 'ciliumgatewayclassconfigs',
    shortNames: ['cgcc'],
    categories: ['cilium'],
  },
  'Namespaced',
  [
    {
      ...storedAs(
        'v2alpha1',
        kindSchema('Parameters of a GatewayClass.', { spec, status: conditionedStatus }, ['metadata']),
      ),
      subresources: statusSubresource,
      additionalPrinterColumns: [
        { name: 'Accepted', type: 'string', jsonPath: '.status.conditions[?(@.type=="Accepted")].status' },
        ageColumn,
        { name: 'Description', type: 'string', priority: 1, jsonPath: '.spec.description' },
      ],
    },
  ],
);
