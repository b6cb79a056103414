// Namespaces: each carries its own name as a label, so that selectors can name it, and a finalizer that holds it until what is in it
// is gone.

import { checkLabelName, checkQualifiedName } from '../../registry/name-rules.ts';
import { tell } from '../../registry/metadata-rules.ts';
import { at, textsAt } from '../read-fields.ts';
import type { KindDetail } from './builtin-rules.ts';

export const namespaceDetail: KindDetail = {
  nameRule: checkLabelName,
  fill: (object, before) => {
    const { name = '', labels } = object.metadata;
    const named = {
      ...object,
      metadata: { ...object.metadata, labels: { ...labels, 'kubernetes.io/metadata.name': name } },
    };
    if (before !== undefined) {
      // Finalizers of the spec change by deletion alone.
      const spec = at(before, 'spec');
      return spec === undefined ? named : { ...named, spec };
    }
    return { ...named, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } };
  },
  check: (object, _before, faults) => {
    for (const finalizer of textsAt(object, 'spec', 'finalizers')) {
      tell(faults, 'spec.finalizers', finalizer, checkQualifiedName(finalizer));
      if (finalizer !== 'kubernetes' && !finalizer.includes('/')) {
        faults.invalid(
          'spec.finalizers',
          finalizer,
          'name is neither a standard finalizer name nor is it fully qualified',
        );
      }
    }
  },
};
