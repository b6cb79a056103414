// CiliumEndpointSlice: many endpoints of one namespace, short, in one object of the cluster, written by the operator.
// What an agent says of one endpoint is endpoint.ts.

import { type CustomResourceDefinition, defineKind, kindSchema, storedAs } from './custom-resource.ts';
import { encryption, namedPorts, networking, serviceAccount } from './endpoint-fields.ts';
import { int64, list, object, text } from './field.ts';

const coreEndpoint = object('An endpoint.', {
  encryption,
  id: int64('Number of its identity.'),
  name: text('Name of its CiliumEndpoint.'),
  'named-ports': namedPorts,
  networking,
  'pod-uid': text('UID of its pod.'),
  'service-account': serviceAccount,
});

const schema = kindSchema(
  'Endpoints of a namespace.',
  { endpoints: list('Endpoints.', coreEndpoint), namespace: text('Namespace of all of them.') },
  ['endpoints', 'metadata'],
);

export const endpointSlice: CustomResourceDefinition = defineKind(
  {
    kind: 'CiliumEndpointSlice',
    plural: 'ciliumendpointslices',
    shortNames: ['ces'],
    categories: ['cilium'],
  },
  'Cluster',
  [storedAs('v2alpha1', schema)],
);
