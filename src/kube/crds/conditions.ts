// Conditions of a status (Kubernetes API conventions, "Typical status properties"), as most of our kinds have them.
// Network policies have looser ones of their own.

import type { OpenApiSchema } from '../api/openapi-schema.ts';
import { choice, int64, listBy, object, text } from './field.ts';

const condition = object(
  'One condition.',
  {
    lastTransitionTime: text('When the status last changed.', { format: 'date-time' }),
    message: text('What happened, for a human.', { maxLength: 32_768 }),
    observedGeneration: int64('The generation that the condition was set for.', 0),
    reason: text('Why, in one word for programs.', {
      minLength: 1,
      maxLength: 1024,
      pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
    }),
    status: choice('Whether it holds.', ['True', 'False', 'Unknown']),
    type: text('Name of the condition.', {
      maxLength: 316,
      pattern: `^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$`,
    }),
  },
  ['lastTransitionTime', 'message', 'reason', 'status', 'type'],
);

export const conditions: OpenApiSchema = listBy('type', 'Current conditions.', condition);

export const conditionedStatus: OpenApiSchema = object('What became of the object.', { conditions });
