// CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy: who may talk to whom. Both take the same; the first is for one namespace.
// Peers and ports of the rules are policy-peers.ts and policy-ports.ts.

import type { OpenApiSchema } from '../api/openapi-schema.ts';
import {
  ageColumn,
  type Column,
  type CustomResourceDefinition,
  defineKind,
  kindSchema,
  type KindVersion,
  statusSubresource,
  storedAs,
} from './custom-resource.ts';
import { choice, flag, int64, list, listBy, map, object, present, rule, tags, text } from './field.ts';
import { labelSelector } from './label-selector.ts';
import { services, writePeers } from './policy-peers.ts';
import { allowPorts, denyPorts, dnsNames, icmps } from './policy-ports.ts';

const authentication = object(
  'How peers must prove who they are.',
  { mode: choice('The way.', ['disabled', 'required', 'test-always-fail']) },
  ['mode'],
);

const from = writePeers('from');
const to = { ...writePeers('to'), toServices: services };

const rules = {
  ingress: list(
    'Who may talk to the endpoints; absent, it is not restricted.',
    object('Some peers, and what they may.', { authentication, ...from, icmps, toPorts: allowPorts }),
  ),
  ingressDeny: list(
    'Who may not, whatever else says so.',
    object('Some peers, and what they may not.', { ...from, icmps, toPorts: denyPorts }),
  ),
  egress: list(
    'Whom the endpoints may talk to; absent, it is not restricted.',
    object('Some peers, and what is allowed.', {
      authentication,
      ...to,
      toFQDNs: list('Peers by names of DNS.', dnsNames),
      icmps,
      toPorts: allowPorts,
    }),
  ),
  egressDeny: list(
    'Whom they may not, whatever else says so.',
    object('Some peers, and what is not allowed.', { ...to, icmps, toPorts: denyPorts }),
  ),
};

const label = object(
  'A label.',
  { key: text('Key of the label.'), source: text('Where the label comes from.'), value: text('Value of the label.') },
  ['key'],
);

const spec = object(
  'Rules for some endpoints or nodes.',
  {
    description: text('Whatever its author says of it.'),
    ...rules,
    enableDefaultDeny: object('Whether what no rule allows is denied; absent, it is where there are rules.', {
      egress: flag('Of what the endpoints send.'),
      ingress: flag('Of what the endpoints get.'),
    }),
    endpointSelector: labelSelector('Endpoints that the rules are for.'),
    labels: list('Labels of the rules themselves.', label),
    log: object('What flows are marked with.', { value: text('The mark.', { maxLength: 32, pattern: '^\\PC*$' }) }),
    nodeSelector: labelSelector('Nodes that the rules are for.'),
  },
  [],
  {
    anyOf: present(['ingress', 'ingressDeny', 'egress', 'egressDeny']),
    oneOf: present(['endpointSelector', 'nodeSelector']),
  },
);

const condition = object(
  'One condition.',
  {
    lastTransitionTime: text('When the status last changed.', { format: 'date-time' }),
    message: text('What happened, for a human.'),
    reason: text('Why, in one word for programs.'),
    status: text('Whether it holds: True, False or Unknown.'),
    type: text('Name of the condition.'),
  },
  ['status', 'type'],
);

const derivedPolicy = object('State of a policy that was made from this one.', {
  annotations: tags('Annotations that it was made with.'),
  enforcing: flag('Whether it is enforced.'),
  error: text('What went wrong.'),
  lastUpdated: text('When this was last written.', { format: 'date-time' }),
  localPolicyRevision: int64('Revision of the rules that first had it.'),
  ok: flag('Whether it was taken.'),
});

const status = object('What became of the policy.', {
  conditions: listBy('type', 'Current conditions.', condition),
  derivativePolicies: map('States of policies that were made from this one.', derivedPolicy),
});

function writeSchema(description: string): OpenApiSchema {
  return kindSchema(description, { spec, specs: list('Several specs in one policy.', spec), status }, ['metadata'], {
    'x-kubernetes-validations': [rule('has(self.spec) || has(self.specs)', 'spec or specs must be provided')],
  });
}

const validColumn: Column = {
  name: 'Valid',
  type: 'string',
  jsonPath: ".status.conditions[?(@.type=='Valid')].status",
};

function writeVersion(description: string, columns: readonly Column[]): KindVersion {
  return {
    ...storedAs('v2', writeSchema(description)),
    subresources: statusSubresource,
    additionalPrinterColumns: columns,
  };
}

export const networkPolicy: CustomResourceDefinition = defineKind(
  {
    kind: 'CiliumNetworkPolicy',
    plural: 'ciliumnetworkpolicies',
    shortNames: ['cnp', 'ciliumnp'],
    categories: ['cilium', 'ciliumpolicy'],
  },
  'Namespaced',
  [writeVersion('Who may talk to whom, for one namespace.', [ageColumn, validColumn])],
);

export const clusterwideNetworkPolicy: CustomResourceDefinition = defineKind(
  {
    kind: 'CiliumClusterwideNetworkPolicy',
    plural: 'ciliumclusterwidenetworkpolicies',
    shortNames: ['ccnp'],
    categories: ['cilium', 'ciliumpolicy'],
  },
  'Cluster',
  [writeVersion('Who may talk to whom, for the whole cluster.', [validColumn])],
);
