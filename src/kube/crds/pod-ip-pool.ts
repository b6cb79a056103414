// CiliumPodIPPool: prefixes that nodes get parts of for their pods. v2alpha1 is the version to use; v2 is defined and not served, as
// upstream has it.

import type { OpenApiSchema } from '../api/openapi-schema.ts';
import { cidr } from './address-patterns.ts';
import { type CustomResourceDefinition, defineKind, kindSchema, storedAs } from './custom-resource.ts';
import { type Fields, flag, immutable, integer, type Limits, list, listBy, object, rule, text } from './field.ts';
import { labelSelector } from './label-selector.ts';

type Version = 'v2' | 'v2alpha1';

const reserved = object(
  'Addresses from a first to a last.',
  { end: text('The last address.'), start: text('The first address.') },
  ['end', 'start'],
);

const prefixSettings = listBy(
  'cidr',
  'Settings of single prefixes of the pool.',
  object(
    'Settings of one prefix.',
    { cidr: cidr('One of cidrs.'), reservedRanges: list('Addresses that are not given out.', reserved) },
    ['cidr'],
  ),
  { maxItems: 32 },
);

const settingsHavePrefix: Limits = {
  'x-kubernetes-validations': [
    rule(
      '!has(self.pool) || self.pool.all(p, p.cidr in self.cidrs)',
      'If pool is set, each pool entry must reference a CIDR from cidrs',
    ),
  ],
};

function writeFamily(name: string, version: Version, longestMask: number): OpenApiSchema {
  const isV2 = version === 'v2';
  const pool: Fields = isV2 ? { pool: prefixSettings } : {};
  const cidrs = list('Prefixes of the pool.', cidr('A prefix.'), { minItems: 1, ...(isV2 ? { maxItems: 32 } : {}) });
  const maskSize = integer('Length of the prefixes that nodes get.', {
    minimum: 1,
    maximum: longestMask,
    ...immutable('maskSize'),
  });
  return object(
    `${name} prefixes, and how long the parts of nodes are.`,
    { cidrs, maskSize, ...pool },
    ['cidrs', 'maskSize'],
    isV2 ? settingsHavePrefix : {},
  );
}

function writeSchema(version: Version): OpenApiSchema {
  const spec = object('What the pool holds and for whom.', {
    allowFirstIP: flag("Whether the first address of a node's prefix is given out.", {
      default: false,
      ...immutable('allowFirstIP'),
    }),
    allowLastIP: flag("Whether the last address of a node's prefix is given out.", {
      default: false,
      ...immutable('allowLastIP'),
    }),
    ipv4: writeFamily('IPv4', version, 32),
    ipv6: writeFamily('IPv6', version, 128),
    namespaceSelector: labelSelector('Namespaces whose pods may have addresses of the pool.'),
    podSelector: labelSelector('Pods that may have addresses of the pool.'),
  });
  return kindSchema('Prefixes for pods.', { spec }, ['spec']);
}

export const podIpPool: CustomResourceDefinition = defineKind(
  {
    kind: 'CiliumPodIPPool',
    plural: 'ciliumpodippools',
    shortNames: ['cpip'],
    categories: ['cilium'],
  },
  'Cluster',
  [
    { name: 'v2', served: false, storage: false, schema: { openAPIV3Schema: writeSchema('v2') } },
    storedAs('v2alpha1', writeSchema('v2alpha1')),
  ],
);
