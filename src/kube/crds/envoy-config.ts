// CiliumEnvoyConfig and CiliumClusterwideEnvoyConfig: resources for Envoy and the Services whose traffic it gets. The resources are
// Envoy's own and kept as they are.

import { ageColumn, type CustomResourceDefinition, defineKind, kindSchema, storedAs } from './custom-resource.ts';
import { integer, list, object, strings, text } from './field.ts';
import { labelSelector } from './label-selector.ts';

const serviceName = text('Name of the Service.');
const serviceNamespace = text('Namespace of the Service.');

const backendService = object(
  'A Service whose backends Envoy is told.',
  { name: serviceName, namespace: serviceNamespace, number: strings('Ports; absent, all.') },
  ['name'],
);

const service = object(
  'A Service whose traffic goes to Envoy.',
  {
    listener: text('Name of the listener; absent, the first of the resources.'),
    name: serviceName,
    namespace: serviceNamespace,
    ports: list('Ports; absent, all.', integer('A port.')),
  },
  ['name'],
);

const spec = object(
  'What Envoy is told.',
  {
    backendServices: list('Services whose backends Envoy is told.', backendService),
    nodeSelector: labelSelector('Nodes whose Envoy is told; absent, all.'),
    resources: list('Resources of Envoy (xDS).', {
      type: 'object',
      description: 'A resource.',
      'x-kubernetes-preserve-unknown-fields': true,
    }),
    services: list('Services whose traffic goes to Envoy.', service),
  },
  ['resources'],
);

const version = {
  ...storedAs('v2', kindSchema('Resources for Envoy.', { spec }, ['metadata'])),
  additionalPrinterColumns: [{ ...ageColumn, description: 'Time since the object was made' }],
};

export const envoyConfig: CustomResourceDefinition = defineKind(
  { kind: 'CiliumEnvoyConfig', plural: 'ciliumenvoyconfigs', shortNames: ['cec'], categories: ['cilium'] },
  'Namespaced',
  [version],
);

export const clusterwideEnvoyConfig: CustomResourceDefinition = defineKind(
  {
    kind: 'CiliumClusterwideEnvoyConfig',
    plural: 'ciliumclusterwideenvoyconfigs',
    shortNames: ['ccec'],
    categories: ['cilium'],
  },
  'Cluster',
  [version],
);
