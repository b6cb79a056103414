// CiliumBGPAdvertisement: which routes are told, and with which attributes. Peers choose advertisements by their labels
// (bgp-peer-config.ts).

import type { OpenApiSchema, ValidationRule } from '../api/openapi-schema.ts';
import { communities, serviceAddress } from './bgp-fields.ts';
import {
  ageColumn,
  type CustomResourceDefinition,
  defineKind,
  deprecatedAs,
  kindSchema,
  storedAs,
} from './custom-resource.ts';
import { choice, type Fields, int64, integer, list, object, rule, text } from './field.ts';
import { labelSelector } from './label-selector.ts';

const shared: Fields = {
  attributes: object('Attributes that the routes are sent with.', {
    communities,
    localPreference: int64('LOCAL_PREF of the routes; only IBGP peers see it.'),
  }),
  selector: labelSelector('Which objects of the type are told; absent, none.'),
  service: object(
    'Which addresses of a Service are told.',
    {
      addresses: list('Sorts of addresses.', serviceAddress, { minItems: 1 }),
      aggregationLengthIPv4: integer('Length of the prefix that IPv4 addresses are told by.', {
        minimum: 0,
        maximum: 31,
      }),
      aggregationLengthIPv6: integer('Length of the prefix that IPv6 addresses are told by.', {
        minimum: 0,
        maximum: 127,
      }),
    },
    ['addresses'],
  ),
};

const needsService = rule(
  "self.advertisementType != 'Service' || has(self.service)",
  "service field is required for the 'Service' advertisementType",
);
const hasNoSelector = rule(
  "self.advertisementType != 'PodCIDR' || !has(self.selector)",
  "selector field is not allowed for the 'PodCIDR' advertisementType",
);

const advertised = 'What is told.';

const v2Fields: Fields = {
  advertisementType: choice(advertised, ['PodCIDR', 'CiliumPodIPPool', 'Service', 'Interface']),
  interface: object(
    'Which interface has its addresses told.',
    { name: text('Name of a local interface; its addresses are told as host routes.') },
    ['name'],
  ),
  ...shared,
};

const v2Rules = [
  needsService,
  rule(
    "self.advertisementType == 'Service' || !has(self.service)",
    "service field is not allowed for non-'Service' advertisementType",
  ),
  rule(
    "self.advertisementType != 'Interface' || has(self.interface)",
    "interface field is required for the 'Interface' advertisementType",
  ),
  rule(
    "self.advertisementType == 'Interface' || !has(self.interface)",
    "interface field is not allowed for non-'Interface' advertisementType",
  ),
  hasNoSelector,
];

const v2alpha1Fields: Fields = {
  advertisementType: choice(advertised, ['PodCIDR', 'CiliumPodIPPool', 'Service']),
  ...shared,
};

function writeSchema(fields: Fields, rules: readonly ValidationRule[]): OpenApiSchema {
  const advertisement = object('One sort of route.', fields, ['advertisementType'], {
    'x-kubernetes-validations': rules,
  });
  const spec = object('What is told.', { advertisements: list('Sorts of routes.', advertisement) }, ['advertisements']);
  return kindSchema('Which routes are told to BGP peers.', { spec });
}

const columns = { additionalPrinterColumns: [ageColumn] };

export const bgpAdvertisement: CustomResourceDefinition = defineKind(
  {
    kind: 'CiliumBGPAdvertisement',
    plural: 'ciliumbgpadvertisements',
    shortNames: ['cbgpadvert'],
    categories: ['cilium', 'ciliumbgp'],
  },
  'Cluster',
  [
    { ...storedAs('v2', writeSchema(v2Fields, v2Rules)), ...columns },
    { ...deprecatedAs('v2alpha1', writeSchema(v2alpha1Fields, [needsService, hasNoSelector])), ...columns },
  ],
);
