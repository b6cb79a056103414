// What is wrong with a pod or the pods of a template, beside their containers: policies, names, volumes, tolerations. In Kubernetes'
// words; defaults are in.

import type { JsonObject } from '../../api/object.ts';
import { checkAnnotations, checkLabels, tell } from '../../registry/metadata-rules.ts';
import { checkLabelName, checkQualifiedName, checkSubdomain, type NameRule } from '../../registry/name-rules.ts';
import type { Faults } from '../../schema/faults.ts';
import { at, mapAt, mapsAt, numberAt, textAt } from '../read-fields.ts';
import { checkContainers } from './container-checks.ts';
import { checkScheduling } from './scheduling-checks.ts';

export function checkPodSpec(spec: JsonObject, path: string, faults: Faults): void {
  checkVolumes(spec, `${path}.volumes`, faults);
  checkContainers(spec, path, faults);
  checkWord(spec, 'restartPolicy', ['Always', 'Never', 'OnFailure'], path, faults);
  checkWord(spec, 'dnsPolicy', ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'], path, faults);
  const grace = numberAt(spec, 'terminationGracePeriodSeconds');
  if (grace < 0) {
    faults.invalid(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than or equal to 0');
  }
  const deadline = at(spec, 'activeDeadlineSeconds');
  if (typeof deadline === 'number' && (deadline < 1 || deadline > 2_147_483_647)) {
    faults.invalid(`${path}.activeDeadlineSeconds`, deadline, 'must be between 1 and 2147483647, inclusive');
  }
  checkName(spec, 'nodeName', checkSubdomain, path, faults);
  checkName(spec, 'serviceAccountName', checkSubdomain, path, faults);
  checkName(spec, 'hostname', checkLabelName, path, faults);
  checkName(spec, 'subdomain', checkLabelName, path, faults);
  checkName(spec, 'priorityClassName', checkSubdomain, path, faults);
  checkLabels(at(spec, 'nodeSelector'), `${path}.nodeSelector`, faults);
  for (const [index, toleration] of mapsAt(spec, 'tolerations').entries()) {
    checkToleration(toleration, `${path}.tolerations[${index}]`, faults);
  }
  checkScheduling(spec, path, faults);
}

/** Of a workload: labels, annotations and pods. */
export function checkTemplate(template: JsonObject, path: string, faults: Faults): void {
  checkLabels(at(template, 'metadata', 'labels'), `${path}.labels`, faults);
  const annotations = Object.entries(mapAt(template, 'metadata', 'annotations')).flatMap(([key, value]) =>
    typeof value === 'string' ? [[key, value] as const] : [],
  );
  checkAnnotations(Object.fromEntries(annotations), `${path}.annotations`, faults);
  checkPodSpec(mapAt(template, 'spec'), `${path}.spec`, faults);
  if (mapsAt(template, 'spec', 'ephemeralContainers').length > 0) {
    faults.forbidden(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template');
  }
}

function checkWord(spec: JsonObject, field: string, words: readonly string[], path: string, faults: Faults): void {
  const word = textAt(spec, field);
  if (!words.includes(word)) faults.unsupported(`${path}.${field}`, word, words);
}

function checkName(spec: JsonObject, field: string, rule: NameRule, path: string, faults: Faults): void {
  const name = textAt(spec, field);
  if (name !== '') tell(faults, `${path}.${field}`, name, rule(name));
}

function checkVolumes(spec: JsonObject, path: string, faults: Faults): void {
  const names = new Set<string>();
  for (const [index, volume] of mapsAt(spec, 'volumes').entries()) {
    const field = `${path}[${index}]`;
    const name = textAt(volume, 'name');
    if (name === '') faults.required(`${field}.name`);
    else tell(faults, `${field}.name`, name, checkLabelName(name));
    if (name !== '' && names.has(name)) faults.duplicate(`${field}.name`, name);
    names.add(name);
    const [, ...others] = Object.keys(volume).filter((source) => source !== 'name' && at(volume, source) !== undefined);
    for (const other of others) faults.forbidden(`${field}.${other}`, 'may not specify more than 1 volume type');
  }
}

function checkToleration(toleration: JsonObject, field: string, faults: Faults): void {
  const [key, operator, effect] = ['key', 'operator', 'effect'].map((name) => textAt(toleration, name));
  if (key !== '') tell(faults, `${field}.key`, key, checkQualifiedName(key));
  else if (operator !== 'Exists') {
    const words = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    faults.invalid(`${field}.operator`, operator, words);
  }
  if (at(toleration, 'tolerationSeconds') !== undefined && effect !== 'NoExecute') {
    faults.invalid(`${field}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
  }
  const value = textAt(toleration, 'value');
  if (!['', 'Equal', 'Exists'].includes(operator)) {
    faults.unsupported(`${field}.operator`, operator, ['Equal', 'Exists']);
  } else if (operator === 'Exists' && value !== '') {
    faults.invalid(`${field}.operator`, value, "value must be empty when `operator` is 'Exists'");
  }
  const effects = ['NoExecute', 'NoSchedule', 'PreferNoSchedule'];
  if (effect !== '' && !effects.includes(effect)) faults.unsupported(`${field}.effect`, effect, effects);
}
