// Who the other side of a network policy's rule may be: endpoints, nodes, prefixes, entities, cloud groups, Services.
// Ports and what is said on them are policy-ports.ts.

import type { OpenApiSchema } from '../api/openapi-schema.ts';
import { cidr, cidrs } from './address-patterns.ts';
import { choice, type Fields, list, object, present, strings, tags, text } from './field.ts';
import { labelSelector } from './label-selector.ts';

const prefixes = object(
  'A prefix, by itself or by a group.',
  {
    cidr: cidr('The prefix.'),
    cidrGroupRef: text('Name of a CiliumCIDRGroup.', {
      maxLength: 253,
      pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
    }),
    cidrGroupSelector: labelSelector('CiliumCIDRGroups by labels.'),
    except: cidrs('Parts of it that are left out.'),
  },
  [],
  { oneOf: present(['cidr', 'cidrGroupRef', 'cidrGroupSelector']) },
);

const entity = choice('A sort of peer without labels of its own.', [
  'all',
  'world',
  'cluster',
  'host',
  'init',
  'ingress',
  'unmanaged',
  'remote-node',
  'health',
  'none',
  'kube-apiserver',
]);

const cloudGroup = object('Addresses that a cloud knows.', {
  aws: object('Interfaces of AWS.', {
    labels: tags('Interfaces by labels.'),
    region: text('Deprecated and not used.'),
    securityGroupsIds: strings('Security groups by identifier.'),
    securityGroupsNames: strings('Security groups by name.'),
  }),
});

const service = object('A Service, or many by labels.', {
  k8sService: object('One Service.', {
    namespace: text('Namespace of the Service.'),
    serviceName: text('Name of the Service.'),
  }),
  k8sServiceSelector: object(
    'Services by labels.',
    { namespace: text('Namespace of the Services.'), selector: labelSelector('Their labels.') },
    ['selector'],
  ),
});

/** The same for both directions but for the first word of the names. */
export function writePeers(direction: 'from' | 'to'): Fields {
  const sorts: Readonly<Record<string, OpenApiSchema>> = {
    CIDR: cidrs('Prefixes.'),
    CIDRSet: list('Prefixes, groups of them, and parts that are left out.', prefixes),
    Endpoints: list('Endpoints.', labelSelector('Endpoints by labels.')),
    Entities: list('Peers without labels of their own.', entity),
    Groups: list('Addresses that a cloud knows.', cloudGroup),
    Nodes: list('Nodes.', labelSelector('Nodes by labels.')),
    // Gone from upstream, and refused there by allowing no entry.
    Requires: list('Deprecated; must be empty.', text('None.'), { maxItems: 0 }),
  };
  return Object.fromEntries(Object.entries(sorts).map(([name, schema]) => [`${direction}${name}`, schema]));
}

export const services: OpenApiSchema = list('Services.', service);
