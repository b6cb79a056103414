// Ports of network policies, ICMP types, and what is looked at in their traffic: TLS, HTTP, DNS. Who the peers are is
// policy-peers.ts.

import type { OpenApiSchema } from '../api/openapi-schema.ts';
import { choice, int32, integer, list, object, present, strings, text } from './field.ts';

const portProtocol = object('A port, or a range of them.', {
  endPort: int32('Last port of a range.', 0, 65_535),
  port: text('Number or name of a port.', {
    pattern:
      '^(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[0-9]{1,4})|([a-zA-Z0-9]-?)*[a-zA-Z](-?[a-zA-Z0-9])*$',
  }),
  protocol: choice('Protocol; absent, any that has ports.', [
    'TCP',
    'UDP',
    'SCTP',
    'VRRP',
    'IGMP',
    'GRE',
    'IPIP',
    'IPV6',
    'ESP',
    'AH',
    'ANY',
  ]),
});

/** Of rules that deny: any number, as upstream has it. */
export const denyPorts: OpenApiSchema = list(
  'Ports that the rule is for.',
  object('Some ports.', { ports: list('Ports.', portProtocol) }),
);

const secret = object('A Secret.', { name: text('Name of the Secret.'), namespace: text('Namespace of the Secret.') }, [
  'name',
]);

function tls(description: string): OpenApiSchema {
  return object(
    description,
    {
      certificate: text('Item with the certificates; absent, tls.crt.'),
      privateKey: text('Item with the private key; absent, tls.key.'),
      secret,
      trustedCA: text('Item with the trusted authorities; absent, ca.crt.'),
    },
    ['secret'],
  );
}

const headerMatch = object(
  'A header that must be there.',
  {
    mismatch: choice('What happens when it is not; absent, the request is dropped.', [
      'LOG',
      'ADD',
      'DELETE',
      'REPLACE',
    ]),
    name: text('Name of the header.', { minLength: 1 }),
    secret,
    value: text('Value of the header.'),
  },
  ['name'],
);

const http = object('A request, by what must all hold of it.', {
  headerMatches: list('Headers and what happens without them.', headerMatch),
  headers: strings('Headers that must be there.'),
  host: text('Regular expression for the host.', { format: 'idn-hostname' }),
  method: text('Regular expression for the method.'),
  path: text('Regular expression for the path.'),
});

const maskedName = { maxLength: 255, pattern: '^([-a-zA-Z0-9_*]+[.]?)+$' };

/** A DNS name, or many by a mask. */
export const dnsNames: OpenApiSchema = object(
  'Names of DNS.',
  {
    matchName: text('The name.', { maxLength: 255, pattern: '^([-a-zA-Z0-9_]+[.]?)+$' }),
    matchPattern: text('A mask, where * is any part of a label.', maskedName),
  },
  [],
  { oneOf: present(['matchName', 'matchPattern']) },
);

const listener = object(
  'A listener of Envoy that gets the traffic.',
  {
    envoyConfig: object(
      'Where the listener is.',
      {
        kind: choice('Kind of the object.', ['CiliumEnvoyConfig', 'CiliumClusterwideEnvoyConfig']),
        name: text('Name of the object.', { minLength: 1 }),
      },
      ['name'],
    ),
    name: text('Name of the listener.', { minLength: 1 }),
    priority: integer('Which of several listeners gets it: the lowest.', { minimum: 1, maximum: 100 }),
  },
  ['envoyConfig', 'name'],
);

/** Of rules that allow. */
export const allowPorts: OpenApiSchema = list(
  'Ports that the rule is for.',
  object('Some ports, and what may be said there.', {
    listener,
    originatingTLS: tls('TLS towards the server.'),
    ports: list('Ports.', portProtocol, { maxItems: 40 }),
    rules: object(
      'What may be said.',
      { dns: list('Questions to DNS.', dnsNames), http: list('Requests of HTTP.', http) },
      [],
      { oneOf: present(['http', 'dns']) },
    ),
    serverNames: list('Names of servers in TLS (SNI).', text('A name, or a mask.', maskedName), {
      minItems: 1,
      'x-kubernetes-list-type': 'set',
    }),
    terminatingTLS: tls('TLS towards the client.'),
  }),
);

// Upstream's list, with its repetitions and the space in one name: clients are shown the pattern as it is.
const icmpTypes = [
  'EchoReply',
  'DestinationUnreachable',
  'Redirect',
  'Echo',
  'RouterAdvertisement',
  'RouterSelection',
  'TimeExceeded',
  'ParameterProblem',
  'Timestamp',
  'TimestampReply',
  'Photuris',
  'ExtendedEchoRequest',
  'ExtendedEcho Reply',
  'PacketTooBig',
  'ParameterProblem',
  'EchoRequest',
  'MulticastListenerQuery',
  'MulticastListenerReport',
  'MulticastListenerDone',
  'RouterSolicitation',
  'RouterAdvertisement',
  'NeighborSolicitation',
  'NeighborAdvertisement',
  'RedirectMessage',
  'RouterRenumbering',
  'ICMPNodeInformationQuery',
  'ICMPNodeInformationResponse',
  'InverseNeighborDiscoverySolicitation',
  'InverseNeighborDiscoveryAdvertisement',
  'HomeAgentAddressDiscoveryRequest',
  'HomeAgentAddressDiscoveryReply',
  'MobilePrefixSolicitation',
  'MobilePrefixAdvertisement',
  'DuplicateAddressRequestCodeSuffix',
  'DuplicateAddressConfirmationCodeSuffix',
];

const icmpType: OpenApiSchema = {
  description: 'Number or name of the type.',
  anyOf: [{ type: 'integer' }, { type: 'string' }],
  pattern: `^([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5]|${icmpTypes.join('|')})$`,
  'x-kubernetes-int-or-string': true,
};

const icmpField = object(
  'A type of ICMP.',
  { family: choice('Address family.', ['IPv4', 'IPv6'], { default: 'IPv4' }), type: icmpType },
  ['type'],
);

export const icmps: OpenApiSchema = list(
  'ICMP that the rule is for.',
  object('Some types of ICMP.', { fields: list('Types.', icmpField, { maxItems: 40 }) }),
);
