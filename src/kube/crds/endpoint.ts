// CiliumEndpoint: what an agent says of a pod's endpoint. It is all status, and has no status subresource, as upstream has it.
// Many of them in one object are endpoint-slice.ts.

import { type CustomResourceDefinition, defineKind, kindSchema, storedAs } from './custom-resource.ts';
import { encryption, namedPorts, networking, serviceAccount } from './endpoint-fields.ts';
import { choice, flag, int64, integer, list, object, strings, tags, text } from './field.ts';

const controller = object('A controller.', {
  configuration: object('How it runs.', {
    'error-retry': flag('Whether it tries again after a fault.'),
    'error-retry-base': int64('Shortest wait before it tries again.'),
    interval: int64('How often it runs.'),
  }),
  name: text('Name.'),
  status: object('How it went.', {
    'consecutive-failure-count': int64('Failures since the last success.'),
    'failure-count': int64('Failures.'),
    'last-failure-msg': text('The last fault.'),
    'last-failure-timestamp': text('When it last failed.'),
    'last-success-timestamp': text('When it last succeeded.'),
    'success-count': int64('Successes.'),
  }),
  uuid: text('Identifier.'),
});

const identities = (description: string) =>
  list(
    description,
    object('An identity, and what is allowed of it.', {
      'dest-port': integer('Destination port.'),
      identity: int64('Number of the identity.'),
      'identity-labels': tags('Labels of the identity.'),
      protocol: integer('Number of the protocol.'),
    }),
  );

const direction = object(
  'Policy of one direction.',
  {
    adding: identities('Deprecated.'),
    allowed: identities('Who is allowed.'),
    denied: identities('Who is denied.'),
    enforcing: flag('Whether policy is enforced.'),
    removing: identities('Deprecated.'),
    state: text('enforcing, non-enforcing or disabled.'),
  },
  ['enforcing'],
);

const status = object('What the agent says.', {
  controllers: list('Controllers that fail.', controller),
  encryption,
  'external-identifiers': object('What others call the endpoint.', {
    'cni-attachment-id': text('Attachment, by the container runtime.'),
    'container-id': text('Container; deprecated.'),
    'container-name': text('Name of the container; deprecated.'),
    'docker-endpoint-id': text('Endpoint of Docker.'),
    'docker-network-id': text('Network of Docker.'),
    'k8s-namespace': text('Namespace of the pod; deprecated.'),
    'k8s-pod-name': text('Name of the pod; deprecated.'),
    'pod-name': text('Namespace and name of the pod; deprecated.'),
  }),
  health: object('How the endpoint is.', {
    bpf: text('Its programs.'),
    connected: flag('Whether it is reachable.'),
    overallHealth: text('All in all.'),
    policy: text('Its policy.'),
  }),
  id: int64('Number of the endpoint on its node.'),
  identity: object('Security identity.', { id: int64('Its number.'), labels: strings('Its labels.') }),
  log: list(
    'The last warnings and faults.',
    object('An entry.', {
      code: text('ok or failed.'),
      message: text('What happened.'),
      state: text('State of the endpoint.'),
      timestamp: text('When.'),
    }),
  ),
  'named-ports': namedPorts,
  networking,
  policy: object('Policy of the endpoint.', { egress: direction, ingress: direction }),
  'service-account': serviceAccount,
  state: choice('State of the endpoint.', [
    'creating',
    'waiting-for-identity',
    'not-ready',
    'waiting-to-regenerate',
    'regenerating',
    'restoring',
    'ready',
    'disconnecting',
    'disconnected',
    'invalid',
  ]),
});

export const endpoint: CustomResourceDefinition = defineKind(
  {
    kind: 'CiliumEndpoint',
    plural: 'ciliumendpoints',
    shortNames: ['cep', 'ciliumep'],
    categories: ['cilium'],
  },
  'Namespaced',
  [
    {
      ...storedAs('v2', kindSchema("A pod's endpoint.", { status }, ['metadata'])),
      additionalPrinterColumns: [
        {
          name: 'Security Identity',
          type: 'integer',
          jsonPath: '.status.identity.id',
          description: 'Number of the identity',
        },
        {
          name: 'Ingress Enforcement',
          type: 'string',
          priority: 1,
          jsonPath: '.status.policy.ingress.state',
          description: 'Whether policy is enforced at ingress',
        },
        {
          name: 'Egress Enforcement',
          type: 'string',
          priority: 1,
          jsonPath: '.status.policy.egress.state',
          description: 'Whether policy is enforced at egress',
        },
        { name: 'Endpoint State', type: 'string', jsonPath: '.status.state', description: 'State of the endpoint' },
        {
          name: 'IPv4',
          type: 'string',
          jsonPath: '.status.networking.addressing[0].ipv4',
          description: 'First IPv4 address',
        },
        {
          name: 'IPv6',
          type: 'string',
          jsonPath: '.status.networking.addressing[0].ipv6',
          description: 'First IPv6 address',
        },
      ],
    },
  ],
);
