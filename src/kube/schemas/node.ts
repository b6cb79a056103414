// Schemas of Node (v1) and CiliumNode (cilium.io/v2), as far as waggle reads them. Both kinds have many
// more fields, written by kubelet and by agents; those are accepted and not looked at.

import { Type } from 'typebox';
import { metadataSchema } from './metadata.ts';

const texts = Type.Array(Type.String());

export const nodeSchema = Type.Object({
  apiVersion: Type.Literal('v1'),
  kind: Type.Literal('Node'),
  metadata: metadataSchema,
  spec: Type.Optional(Type.Object({ podCIDR: Type.Optional(Type.String()), podCIDRs: Type.Optional(texts) })),
  status: Type.Optional(
    Type.Object({
      addresses: Type.Optional(Type.Array(Type.Object({ type: Type.String(), address: Type.String() }))),
    }),
  ),
});

export const ciliumNodeSchema = Type.Object({
  apiVersion: Type.Literal('cilium.io/v2'),
  kind: Type.Literal('CiliumNode'),
  metadata: metadataSchema,
  spec: Type.Object({
    addresses: Type.Optional(
      Type.Array(Type.Object({ type: Type.Optional(Type.String()), ip: Type.Optional(Type.String()) })),
    ),
    ipam: Type.Optional(Type.Object({ podCIDRs: Type.Optional(texts) })),
  }),
});
