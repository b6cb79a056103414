// Schema of Secret (v1), which holds the passwords of BGP sessions. Whatever an API server would take is taken,
// because manifests may have Secrets that are for others; what a key must hold is said where it is used.

import { Type } from 'typebox';
import { namespacedMetadataSchema } from './metadata.ts';

const texts = Type.Record(Type.String(), Type.String());

export const secretSchema = Type.Object(
  {
    apiVersion: Type.Literal('v1'),
    kind: Type.Literal('Secret'),
    metadata: namespacedMetadataSchema,
    type: Type.Optional(Type.String()),
    /** Base64. */
    data: Type.Optional(texts),
    /** As it is; goes before `data`, as an API server writes it over that. */
    stringData: Type.Optional(texts),
    immutable: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
