// Object metadata (Kubernetes API conventions) and label selectors, as parts of other schemas.

import { Type } from 'typebox';

/** DNS subdomain of RFC 1123, which names of cluster-scoped objects are. */
export const NAME_PATTERN = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';

/** Values of labels (Kubernetes, "Labels and Selectors"). */
export const LABEL_VALUE_PATTERN = '^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$';

const labelValue = Type.String({ maxLength: 63, pattern: LABEL_VALUE_PATTERN });
const stringMap = Type.Record(Type.String(), Type.String());

/** What an API server writes itself (managedFields, resourceVersion, …) is accepted and not used. */
const fields = {
  name: Type.String({ minLength: 1, maxLength: 253, pattern: NAME_PATTERN }),
  uid: Type.Optional(Type.String()),
  creationTimestamp: Type.Optional(Type.String({ format: 'date-time' })),
  labels: Type.Optional(Type.Record(Type.String(), labelValue)),
  annotations: Type.Optional(stringMap),
  deletionTimestamp: Type.Optional(Type.String()),
  deletionGracePeriodSeconds: Type.Optional(Type.Integer()),
  generation: Type.Optional(Type.Integer()),
  generateName: Type.Optional(Type.String()),
  resourceVersion: Type.Optional(Type.String()),
  selfLink: Type.Optional(Type.String()),
  managedFields: Type.Optional(Type.Array(Type.Unknown())),
  ownerReferences: Type.Optional(Type.Array(Type.Unknown())),
  finalizers: Type.Optional(Type.Array(Type.String())),
};

export const metadataSchema = Type.Object(fields, { additionalProperties: false });

/** RFC 1123 label, which names of namespaces are. */
const NAMESPACE_PATTERN = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$';

/** Of kinds that live in a namespace; without one it is `default`, as everywhere. */
export const namespacedMetadataSchema = Type.Object(
  {
    ...fields,
    namespace: Type.String({ minLength: 1, maxLength: 63, pattern: NAMESPACE_PATTERN, default: 'default' }),
  },
  { additionalProperties: false },
);

export const labelSelectorSchema = Type.Object(
  {
    matchLabels: Type.Optional(Type.Record(Type.String(), labelValue)),
    matchExpressions: Type.Optional(
      Type.Array(
        Type.Object(
          {
            key: Type.String({ minLength: 1 }),
            operator: Type.Enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
            values: Type.Optional(Type.Array(Type.String())),
          },
          { additionalProperties: false },
        ),
      ),
    ),
  },
  { additionalProperties: false },
);
