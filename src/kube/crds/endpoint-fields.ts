// Parts of endpoints that CiliumEndpoint, CiliumEndpointSlice and CiliumNode share: address pairs, encryption keys, named ports.
// What only one of them has is in its own file.

import type { OpenApiSchema } from '../api/openapi-schema.ts';
import { integer, list, object, text } from './field.ts';

export function addressPair(description: string): OpenApiSchema {
  return object(description, { ipv4: text('IPv4 address.'), ipv6: text('IPv6 address.') });
}

export const encryption: OpenApiSchema = object('Encryption of traffic.', {
  key: integer('Index of the key; 0 is no encryption.'),
});

export const namedPorts: OpenApiSchema = list(
  'Ports that policies may name.',
  object('A port.', {
    name: text('Name.'),
    port: integer('Number.'),
    protocol: text('Protocol, such as TCP.'),
  }),
);

export const networking: OpenApiSchema = object(
  'Addresses of the endpoint.',
  {
    addressing: list('Pairs of addresses.', addressPair('A pair, or one of each family.')),
    node: text('Address of the node that the endpoint is on.'),
  },
  ['addressing'],
);

export const serviceAccount: OpenApiSchema = text('Service account of the pod.');
