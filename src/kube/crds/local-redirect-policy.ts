// CiliumLocalRedirectPolicy: traffic to an address or a Service goes to pods of the same node instead. It has a status and no status
// subresource, as upstream has it.

import { address } from './address-patterns.ts';
import { ageColumn, type CustomResourceDefinition, defineKind, kindSchema, storedAs } from './custom-resource.ts';
import { choice, flag, immutable, list, object, present, text } from './field.ts';
import { labelSelector } from './label-selector.ts';

const port = object(
  'A port.',
  {
    name: text('Name, which tells several ports apart.', {
      pattern: '^([0-9]{1,4})|([a-zA-Z0-9]-?)*[a-zA-Z](-?[a-zA-Z0-9])*$',
    }),
    port: text('Number.', {
      pattern: '^()([1-9]|[1-5]?[0-9]{2,4}|6[1-4][0-9]{3}|65[1-4][0-9]{2}|655[1-2][0-9]|6553[1-5])$',
    }),
    protocol: choice('Protocol.', ['TCP', 'UDP']),
  },
  ['port', 'protocol'],
);

const redirectBackend = object(
  'Where the traffic goes.',
  {
    localEndpointSelector: labelSelector('Pods of the same node.'),
    toPorts: list('Their ports.', port),
  },
  ['localEndpointSelector', 'toPorts'],
  immutable('redirectBackend'),
);

const redirectFrontend = object(
  'Whose traffic it is: of an address or of a Service.',
  {
    addressMatcher: object('An address.', { ip: address('The address.'), toPorts: list('Its ports.', port) }, [
      'ip',
      'toPorts',
    ]),
    serviceMatcher: object(
      'A Service of the same namespace.',
      {
        namespace: text('Namespace of the Service.'),
        serviceName: text('Name of the Service.'),
        toPorts: list('Its ports; absent, all.', port),
      },
      ['namespace', 'serviceName'],
    ),
  },
  [],
  { oneOf: present(['addressMatcher', 'serviceMatcher']), ...immutable('redirectFrontend') },
);

const spec = object(
  'Which traffic goes where.',
  {
    description: text('Whatever its author says of it.'),
    redirectBackend,
    redirectFrontend,
    skipRedirectFromBackend: flag('Whether traffic of the pods themselves is left alone.', {
      default: false,
      ...immutable('skipRedirectFromBackend'),
    }),
  },
  ['redirectBackend', 'redirectFrontend'],
);

const status = object('What became of it.', { ok: flag('Whether it is in force.') });

export const localRedirectPolicy: CustomResourceDefinition = defineKind(
  {
    kind: 'CiliumLocalRedirectPolicy',
    plural: 'ciliumlocalredirectpolicies',
    shortNames: ['clrp'],
    categories: ['cilium', 'ciliumpolicy'],
  },
  'Namespaced',
  [
    {
      ...storedAs('v2', kindSchema('Traffic that stays on its node.', { spec, status }, ['metadata'])),
      additionalPrinterColumns: [ageColumn],
    },
  ],
);
