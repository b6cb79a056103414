// Columns of autoscaling/v1 Scale, the subresource of built-in and custom kinds alike. Upstream: printers, and the table of a custom
// resource's scale.

import type { PrinterColumn } from '../../api/resource.ts';
import { numberAt } from '../read-fields.ts';
import { ageColumn, column } from './column.ts';

export const scaleColumns: readonly PrinterColumn[] = [
  column('Desired', 'Replicas that there should be.', (object) => numberAt(object, 'spec', 'replicas'), {
    type: 'integer',
  }),
  column('Available', 'Replicas that there are.', (object) => numberAt(object, 'status', 'replicas'), {
    type: 'integer',
  }),
  ageColumn,
];
