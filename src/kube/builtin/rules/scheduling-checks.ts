// What is wrong with where a pod wants to be: affinity to nodes and to other pods, and how it spreads. Whoever places it takes these for
// granted. In Kubernetes' words.

import type { JsonObject } from '../../api/object.ts';
import { tell } from '../../registry/metadata-rules.ts';
import { checkQualifiedName } from '../../registry/name-rules.ts';
import type { Faults } from '../../schema/faults.ts';
import { at, mapAt, mapsAt, numberAt, textAt, textsAt } from '../read-fields.ts';
import { checkSelector } from './selector.ts';

const required = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';

export function checkScheduling(spec: JsonObject, path: string, faults: Faults): void {
  const affinity = mapAt(spec, 'affinity');
  if (at(affinity, 'nodeAffinity') !== undefined) {
    checkNodeAffinity(mapAt(affinity, 'nodeAffinity'), `${path}.affinity.nodeAffinity`, faults);
  }
  for (const kind of ['podAffinity', 'podAntiAffinity']) {
    checkPodAffinity(mapAt(affinity, kind), `${path}.affinity.${kind}`, faults);
  }
  const seen = new Set<string>();
  for (const [index, constraint] of mapsAt(spec, 'topologySpreadConstraints').entries()) {
    checkSpread(constraint, `${path}.topologySpreadConstraints[${index}]`, seen, faults);
  }
}

function checkNodeAffinity(affinity: JsonObject, path: string, faults: Faults): void {
  if (at(affinity, required) !== undefined) {
    const terms = mapsAt(affinity, required, 'nodeSelectorTerms');
    const field = `${path}.${required}.nodeSelectorTerms`;
    if (terms.length === 0) faults.required(field, 'must have at least one node selector term');
    for (const [index, term] of terms.entries()) checkNodeTerm(term, `${field}[${index}]`, faults);
  }
  for (const [index, term] of mapsAt(affinity, preferred).entries()) {
    const field = `${path}.${preferred}[${index}]`;
    checkWeight(term, field, faults);
    checkNodeTerm(mapAt(term, 'preference'), `${field}.preference`, faults);
  }
}

function checkWeight(term: JsonObject, field: string, faults: Faults): void {
  const weight = numberAt(term, 'weight');
  if (weight < 1 || weight > 100) faults.invalid(`${field}.weight`, weight, 'must be in the range 1-100');
}

function checkNodeTerm(term: JsonObject, field: string, faults: Faults): void {
  for (const list of ['matchExpressions', 'matchFields']) {
    for (const [index, requirement] of mapsAt(term, list).entries()) {
      checkRequirement(requirement, `${field}.${list}[${index}]`, faults);
    }
  }
}

function checkRequirement(requirement: JsonObject, field: string, faults: Faults): void {
  const [key, operator] = [textAt(requirement, 'key'), textAt(requirement, 'operator')];
  const count = textsAt(requirement, 'values').length;
  if (operator === 'In' || operator === 'NotIn') {
    if (count === 0) faults.required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (count > 0) {
      faults.forbidden(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    }
  } else if (operator === 'Gt' || operator === 'Lt') {
    if (count !== 1) {
      faults.required(`${field}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'");
    }
  } else faults.invalid(`${field}.operator`, operator, 'not a valid selector operator');
  tell(faults, `${field}.key`, key, checkQualifiedName(key));
}

function checkPodAffinity(affinity: JsonObject, path: string, faults: Faults): void {
  for (const [index, term] of mapsAt(affinity, required).entries()) {
    checkPodTerm(term, `${path}.${required}[${index}]`, faults);
  }
  for (const [index, term] of mapsAt(affinity, preferred).entries()) {
    const field = `${path}.${preferred}[${index}]`;
    checkWeight(term, field, faults);
    checkPodTerm(mapAt(term, 'podAffinityTerm'), `${field}.podAffinityTerm`, faults);
  }
}

function checkPodTerm(term: JsonObject, field: string, faults: Faults): void {
  checkSelector(at(term, 'labelSelector'), `${field}.labelSelector`, faults);
  checkSelector(at(term, 'namespaceSelector'), `${field}.namespaceSelector`, faults);
  checkTopologyKey(term, field, faults);
}

function checkTopologyKey(term: JsonObject, field: string, faults: Faults): void {
  const key = textAt(term, 'topologyKey');
  if (key === '') faults.required(`${field}.topologyKey`, 'can not be empty');
  else tell(faults, `${field}.topologyKey`, key, checkQualifiedName(key));
}

function checkSpread(constraint: JsonObject, field: string, seen: Set<string>, faults: Faults): void {
  const skew = numberAt(constraint, 'maxSkew');
  if (skew <= 0) faults.invalid(`${field}.maxSkew`, skew, 'must be greater than zero');
  checkTopologyKey(constraint, field, faults);
  const action = textAt(constraint, 'whenUnsatisfiable');
  if (action !== 'DoNotSchedule' && action !== 'ScheduleAnyway') {
    faults.unsupported(`${field}.whenUnsatisfiable`, action, ['DoNotSchedule', 'ScheduleAnyway']);
  }
  const key = `{${textAt(constraint, 'topologyKey')}, ${action}}`;
  if (seen.has(key)) faults.duplicate(`${field}.{topologyKey, whenUnsatisfiable}`, key);
  seen.add(key);
  checkSelector(at(constraint, 'labelSelector'), `${field}.labelSelector`, faults);
}
