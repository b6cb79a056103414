// CiliumIdentity: the labels behind the number of a security identity. Its name is the number.

import {
  ageColumn,
  type CustomResourceDefinition,
  defineKind,
  kindSchema,
  statusSubresource,
  storedAs,
} from './custom-resource.ts';
import { tags } from './field.ts';

const schema = kindSchema('A security identity.', { 'security-labels': tags('Labels of all who have it.') }, [
  'metadata',
  'security-labels',
]);

export const identity: CustomResourceDefinition = defineKind(
  {
    kind: 'CiliumIdentity',
    plural: 'ciliumidentities',
    shortNames: ['ciliumid'],
    categories: ['cilium'],
  },
  'Cluster',
  [
    {
      ...storedAs('v2', schema),
      subresources: statusSubresource,
      additionalPrinterColumns: [
        {
          name: 'Namespace',
          type: 'string',
          jsonPath: '.metadata.labels.io\\.kubernetes\\.pod\\.namespace',
          description: 'Namespace of the pods that have it',
        },
        { ...ageColumn, description: 'Time since the object was made' },
      ],
    },
  ],
);
