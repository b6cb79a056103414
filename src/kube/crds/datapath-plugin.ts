// CiliumDatapathPlugin: a plugin of the datapath, registered. Deprecated in its only version, as upstream has it.

import { type CustomResourceDefinition, defineKind, kindSchema, storedAs } from './custom-resource.ts';
import { choice, object, text } from './field.ts';

const spec = object(
  'The plugin.',
  {
    attachmentPolicy: choice('Whether endpoints may start without it.', ['Always', 'BestEffort']),
    version: text('Version of the plugin; nobody but its author reads it.'),
  },
  ['attachmentPolicy', 'version'],
);

export const datapathPlugin: CustomResourceDefinition = defineKind(
  {
    kind: 'CiliumDatapathPlugin',
    plural: 'ciliumdatapathplugins',
    shortNames: ['cddp'],
    categories: ['cilium'],
  },
  'Cluster',
  [{ ...storedAs('v2alpha1', kindSchema('A plugin of the datapath.', { spec }, ['spec'])), deprecated: true }],
);
