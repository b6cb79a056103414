// CiliumCIDRGroup: prefixes outside the cluster under one name, for network policies to refer to. Both versions are the same.

import { cidr } from './address-patterns.ts';
import { type CustomResourceDefinition, defineKind, deprecatedAs, kindSchema, storedAs } from './custom-resource.ts';
import { list, object } from './field.ts';

const spec = object(
  'The prefixes.',
  { externalCIDRs: list('Prefixes outside the cluster.', cidr('A prefix.'), { minItems: 0 }) },
  ['externalCIDRs'],
);

const schema = kindSchema('Prefixes under one name.', { spec }, ['spec']);

export const cidrGroup: CustomResourceDefinition = defineKind(
  { kind: 'CiliumCIDRGroup', plural: 'ciliumcidrgroups', shortNames: ['ccg'], categories: ['cilium'] },
  'Cluster',
  [storedAs('v2', schema), deprecatedAs('v2alpha1', schema)],
);
