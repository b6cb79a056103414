// Pods: their defaults, their first status, and the few fields of the spec that may change while they live. What is wrong with a spec
// is pod-checks.ts.

import type { Json, JsonObject } from '../../api/object.ts';
import { isSameJson } from '../../api/same-json.ts';
import type { Faults } from '../../schema/faults.ts';
import { at, listAt, mapAt, mapsAt, numberAt, textAt } from '../read-fields.ts';
import type { KindDetail } from './builtin-rules.ts';
import { mapItems, withoutAbsent, withSpec } from './fill.ts';
import { checkPodSpec } from './pod-checks.ts';
import { fillPod, fillPodSpec, findQosClass } from './pod-defaults.ts';

export const podDetail: KindDetail = {
  fill: (pod, before) => {
    const filled = withSpec(pod, (spec) => fillPod(fillPodSpec(spec)));
    if (before !== undefined) return filled;
    return { ...filled, status: { phase: 'Pending', qosClass: findQosClass(mapAt(filled, 'spec')) } };
  },
  check: (pod, before, faults) => {
    const spec = mapAt(pod, 'spec');
    checkPodSpec(spec, 'spec', faults);
    if (before !== undefined) checkChange(spec, mapAt(before, 'spec'), faults);
  },
};

const changeWords =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

function checkChange(spec: JsonObject, old: JsonObject, faults: Faults): void {
  const lists = [
    ['containers', 'containers'],
    ['initContainers', 'init containers'],
  ] as const;
  for (const [field, name] of lists) {
    if (listAt(spec, field).length === listAt(old, field).length) continue;
    faults.forbidden(`spec.${field}`, `pod updates may not add or remove ${name}`);
    return;
  }
  checkDeadline(spec, old, faults);
  checkTolerations(spec, old, faults);
  checkGates(spec, old, faults);
  if (!isSameJson(withoutChangeable(spec, old), withoutChangeable(old, old))) faults.forbidden('spec', changeWords);
}

/** Without what may change, or is judged by itself. */
function withoutChangeable(spec: JsonObject, old: JsonObject): JsonObject {
  const withoutImages = (list: Json | undefined): Json | undefined =>
    mapItems(list, (container) => withoutAbsent({ ...container, image: undefined }));
  const grace =
    numberAt(old, 'terminationGracePeriodSeconds') < 0 && numberAt(spec, 'terminationGracePeriodSeconds') === 1;
  return {
    ...spec,
    containers: withoutImages(spec['containers']),
    initContainers: withoutImages(spec['initContainers']),
    activeDeadlineSeconds: undefined,
    tolerations: undefined,
    schedulingGates: undefined,
    ...(grace ? { terminationGracePeriodSeconds: at(old, 'terminationGracePeriodSeconds') } : {}),
  };
}

function checkDeadline(spec: JsonObject, old: JsonObject, faults: Faults): void {
  const [now, was] = [at(spec, 'activeDeadlineSeconds'), at(old, 'activeDeadlineSeconds')];
  if (typeof was !== 'number' || now === was) return;
  const field = 'spec.activeDeadlineSeconds';
  if (typeof now !== 'number') faults.invalid(field, now, 'must not update from a positive integer to nil value');
  else if (now > was) faults.invalid(field, now, 'must be less than or equal to previous value');
}

/** More may be tolerated, and for another time; nothing less. */
function checkTolerations(spec: JsonObject, old: JsonObject, faults: Faults): void {
  const bare = (toleration: JsonObject): JsonObject => ({ ...toleration, tolerationSeconds: undefined });
  const now = mapsAt(spec, 'tolerations').map((toleration) => bare(toleration));
  for (const toleration of mapsAt(old, 'tolerations')) {
    if (now.some((one) => isSameJson(one, bare(toleration)))) continue;
    faults.forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds');
    return;
  }
}

function checkGates(spec: JsonObject, old: JsonObject, faults: Faults): void {
  const namesOf = (one: JsonObject): readonly string[] =>
    mapsAt(one, 'schedulingGates').map((gate) => textAt(gate, 'name'));
  for (const [index, name] of namesOf(spec).entries()) {
    if (namesOf(old).includes(name)) continue;
    const words = `only deletion is allowed, but found new scheduling gate '${name}'`;
    faults.forbidden(`spec.schedulingGates[${index}].name`, words);
  }
}
