// CiliumNode: a node's addresses, prefixes and pools, written by its agent and the operator. Its name is the node's. The parts of
// clouds are node-clouds.ts.

import { cidrs } from './address-patterns.ts';
import {
  ageColumn,
  type CustomResourceDefinition,
  defineKind,
  kindSchema,
  statusSubresource,
  storedAs,
} from './custom-resource.ts';
import { addressPair, encryption } from './endpoint-fields.ts';
import { choice, flag, integer, list, map, object, tags, text } from './field.ts';
import { cloudSpecs, cloudStatuses } from './node-clouds.ts';

const allocations = object('An address.', {
  owner: text('Who has it; absent, nobody.'),
  resource: text('What it belongs to, such as an interface.'),
});

const poolName = text('Name of the pool.', { minLength: 1 });

const pools = object('Prefixes from pools.', {
  allocated: list(
    'What the operator has given.',
    object(
      'Prefixes of a pool.',
      {
        allowFirstIP: flag('Whether the first address of a prefix is used.'),
        allowLastIP: flag('Whether the last address of a prefix is used.'),
        cidrs: cidrs('Prefixes.'),
        pool: poolName,
      },
      ['pool'],
    ),
  ),
  requested: list(
    'What the node asks for.',
    object(
      'Addresses of a pool.',
      {
        needed: object('How many.', {
          'ipv4-addrs': integer('IPv4 addresses.'),
          'ipv6-addrs': integer('IPv6 addresses.'),
        }),
        pool: poolName,
      },
      ['pool'],
    ),
  ),
});

const ipamSpec = object('Addresses for the pods of the node.', {
  'ipv6-pool': map('IPv6 addresses that may be given.', allocations),
  'max-above-watermark': integer('Most addresses to take beyond what is asked.', { minimum: 0 }),
  'max-allocate': integer('Most addresses to take.', { minimum: 0 }),
  'min-allocate': integer('Fewest addresses to take.', { minimum: 0 }),
  podCIDRs: cidrs('Prefixes of the node.'),
  pool: map('IPv4 addresses that may be given.', allocations),
  pools,
  'pre-allocate': integer('Addresses to have in reserve.', { minimum: 0 }),
  'static-ip-tags': tags('Which static addresses the node may take, by tags.'),
});

const spec = object('What is known of the node.', {
  addresses: list(
    'Addresses of the node.',
    object('An address.', { ip: text('The address.'), type: text('Its type, such as InternalIP.') }),
  ),
  bootid: text('Identifier of the last boot.'),
  encryption,
  health: addressPair('Addresses that probes of the node use.'),
  ingress: addressPair('Addresses of the ingress listener.'),
  'instance-id': text('Name of the machine in its cloud.'),
  ipam: ipamSpec,
  ...cloudSpecs,
});

const releases = map(
  'How far the release of an address is.',
  choice('How far it is.', ['marked-for-release', 'ready-for-release', 'do-not-release', 'released']),
);

const status = object('What became of it.', {
  ipam: object('Addresses of the node.', {
    'assigned-static-ip': text('The static address.'),
    'ipv6-used': map('IPv6 addresses in use.', allocations),
    'operator-status': object('What the operator says.', { error: text('What went wrong.') }),
    'pod-cidrs': map(
      'States of the prefixes.',
      object('State of a prefix.', { status: choice('The state.', ['released', 'depleted', 'in-use']) }),
    ),
    'release-ips': releases,
    'release-ipv6s': releases,
    used: map('IPv4 addresses in use.', allocations),
  }),
  ...cloudStatuses,
});

export const node: CustomResourceDefinition = defineKind(
  {
    kind: 'CiliumNode',
    plural: 'ciliumnodes',
    shortNames: ['cn', 'ciliumn'],
    categories: ['cilium'],
  },
  'Cluster',
  [
    {
      ...storedAs('v2', kindSchema('Addresses and prefixes of a node.', { spec, status })),
      subresources: statusSubresource,
      additionalPrinterColumns: [
        {
          name: 'CiliumInternalIP',
          type: 'string',
          jsonPath: '.spec.addresses[?(@.type=="CiliumInternalIP")].ip',
          description: "Address of the node's own endpoint",
        },
        {
          name: 'InternalIP',
          type: 'string',
          jsonPath: '.spec.addresses[?(@.type=="InternalIP")].ip',
          description: 'Address of the node',
        },
        { ...ageColumn, description: 'Time since the object was made' },
      ],
    },
  ],
);
