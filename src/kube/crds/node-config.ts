// CiliumNodeConfig: settings of agents that differ on some nodes. Which settings there are is not said here: values are texts, as in
// the agents' ConfigMap.

import { type CustomResourceDefinition, defineKind, kindSchema, storedAs } from './custom-resource.ts';
import { object, tags } from './field.ts';
import { looseLabelSelector } from './label-selector.ts';

const spec = object(
  'What differs, and where.',
  { defaults: tags('Settings and their values.'), nodeSelector: looseLabelSelector('Nodes that they are for.') },
  ['defaults', 'nodeSelector'],
);

export const nodeConfig: CustomResourceDefinition = defineKind(
  { kind: 'CiliumNodeConfig', plural: 'ciliumnodeconfigs', categories: ['cilium'] },
  'Namespaced',
  [storedAs('v2', kindSchema('Settings of agents on some nodes.', { spec }, ['spec']))],
);
