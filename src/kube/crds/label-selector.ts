// Label selectors (Kubernetes, "Labels and Selectors") as a part of other schemas.
// Upstream limits the values of matchLabels, and not those of expressions.

import type { OpenApiSchema } from '../api/openapi-schema.ts';
import { choice, list, map, object, text } from './field.ts';

const atomic = { 'x-kubernetes-list-type': 'atomic' } as const;

export function labelSelector(description: string): OpenApiSchema {
  return writeSelector(
    description,
    choice('How the key relates to the values.', ['In', 'NotIn', 'Exists', 'DoesNotExist']),
    text('Value of the label.', { maxLength: 63, pattern: '^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$' }),
  );
}

/** Any operator and any value: what upstream takes for CiliumNodeConfig alone. */
export function looseLabelSelector(description: string): OpenApiSchema {
  return writeSelector(
    description,
    text('How the key relates to the values: In, NotIn, Exists or DoesNotExist.'),
    text('Value of the label.'),
  );
}

function writeSelector(description: string, operator: OpenApiSchema, labelValue: OpenApiSchema): OpenApiSchema {
  const expression = object(
    'One requirement.',
    {
      key: text('Key of the label.'),
      operator,
      values: list('Values for In and NotIn; none for the others.', text('A value.'), atomic),
    },
    ['key', 'operator'],
  );
  return object(
    description,
    {
      matchExpressions: list('Requirements that all must hold.', expression, atomic),
      matchLabels: map('Labels that all must be there with these values.', labelValue),
    },
    [],
    { 'x-kubernetes-map-type': 'atomic' },
  );
}
