// ReplicationControllers, which ReplicaSets came after: their selector is a map of labels, and is that of the template when nobody says.
// Stored like the other workloads; `kubectl cluster-info dump` lists them in every namespace.

import type { JsonObject } from '../../api/object.ts';
import { at, mapAt, numberAt, textAt } from '../read-fields.ts';
import type { KindDetail } from './builtin-rules.ts';
import { fillFields, withSpec } from './fill.ts';
import { checkTemplate } from './pod-checks.ts';
import { fillTemplate } from './pod-defaults.ts';

const isEmpty = (labels: JsonObject): boolean => Object.keys(labels).length === 0;

export const replicationControllerDetail: KindDetail = {
  fill: (object, before) => {
    const template = at(object, 'spec', 'template');
    const labels = mapAt(template, 'metadata', 'labels');
    const filled = withSpec(object, (spec) => ({
      ...fillFields(spec, { replicas: 1 }),
      ...(isEmpty(mapAt(spec, 'selector')) && !isEmpty(labels) ? { selector: labels } : {}),
      ...(template === undefined ? {} : { template: fillTemplate(template) }),
    }));
    const { metadata } = filled;
    const isBare = isEmpty(metadata.labels ?? {}) && !isEmpty(labels);
    const named = isBare ? { ...filled, metadata: { ...metadata, labels: labels as Record<string, string> } } : filled;
    return before === undefined ? { ...named, status: { replicas: 0 } } : named;
  },
  check: (object, _before, faults) => {
    const spec = mapAt(object, 'spec');
    for (const field of ['minReadySeconds', 'replicas']) {
      const number = numberAt(spec, field);
      if (number < 0) faults.invalid(`spec.${field}`, number, 'must be greater than or equal to 0');
    }
    const selector = mapAt(spec, 'selector');
    if (isEmpty(selector)) faults.required('spec.selector');
    if (at(spec, 'template') === undefined) {
      faults.required('spec.template');
      return;
    }
    const labels = mapAt(spec, 'template', 'metadata', 'labels');
    if (!Object.entries(selector).every(([key, value]) => labels[key] === value)) {
      faults.invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`');
    }
    checkTemplate(mapAt(spec, 'template'), 'spec.template', faults);
    const restart = textAt(spec, 'template', 'spec', 'restartPolicy');
    if (restart !== 'Always') faults.unsupported('spec.template.spec.restartPolicy', restart, ['Always']);
  },
};
