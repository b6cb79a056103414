// Roles and their bindings (group rbac.authorization.k8s.io): which verbs on what, and who has them. A role that is given is given for
// good: another one takes another binding.

import type { JsonObject, KubeObject } from '../../api/object.ts';
import { isSameJson } from '../../api/same-json.ts';
import { tell } from '../../registry/metadata-rules.ts';
import { checkPathSegment, checkSubdomain } from '../../registry/name-rules.ts';
import type { Faults } from '../../schema/faults.ts';
import { at, listAt, mapAt, mapsAt, textAt } from '../read-fields.ts';
import type { KindDetail } from './builtin-rules.ts';
import { fillFields, mapItems, withoutAbsent } from './fill.ts';
import { checkSelector } from './selector.ts';

const group = 'rbac.authorization.k8s.io';

function makeRoleDetail(isNamespaced: boolean): KindDetail {
  return {
    nameRule: checkPathSegment,
    check: (role, _before, faults) => {
      for (const [index, rule] of mapsAt(role, 'rules').entries()) {
        checkRule(rule, isNamespaced, `rules[${index}]`, faults);
      }
      const aggregation = at(role, 'aggregationRule');
      if (aggregation === undefined) return;
      const selectors = listAt(aggregation, 'clusterRoleSelectors');
      const field = 'aggregationRule.clusterRoleSelectors';
      if (selectors.length === 0) {
        faults.required(field, 'at least one clusterRoleSelector required if aggregationRule is non-nil');
      }
      for (const [index, selector] of selectors.entries()) checkSelector(selector, `${field}[${index}]`, faults);
    },
  };
}

function checkRule(rule: JsonObject, isNamespaced: boolean, field: string, faults: Faults): void {
  const has = (name: string): boolean => listAt(rule, name).length > 0;
  if (!has('verbs')) faults.required(`${field}.verbs`, 'verbs must contain at least one value');
  if (has('nonResourceURLs')) {
    const urls = at(rule, 'nonResourceURLs');
    if (isNamespaced) {
      faults.invalid(`${field}.nonResourceURLs`, urls, 'namespaced rules cannot apply to non-resource URLs');
    }
    if (has('apiGroups') || has('resources') || has('resourceNames')) {
      const words = 'rules cannot apply to both regular resources and non-resource URLs';
      faults.invalid(`${field}.nonResourceURLs`, urls, words);
    }
    return;
  }
  if (!has('apiGroups')) faults.required(`${field}.apiGroups`, 'resource rules must supply at least one api group');
  if (!has('resources')) faults.required(`${field}.resources`, 'resource rules must supply at least one resource');
}

function makeBindingDetail(isNamespaced: boolean): KindDetail {
  return {
    nameRule: checkPathSegment,
    fill: (binding) => ({
      ...binding,
      roleRef: fillFields(binding['roleRef'], { apiGroup: group }),
      ...withoutAbsent({
        subjects: mapItems(binding['subjects'], (subject) =>
          ['User', 'Group'].includes(textAt(subject, 'kind')) ? fillFields(subject, { apiGroup: group }) : subject,
        ),
      }),
    }),
    check: (binding, before, faults) => {
      checkRoleRef(binding, before, isNamespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'], faults);
      for (const [index, subject] of mapsAt(binding, 'subjects').entries()) {
        checkSubject(subject, isNamespaced, `subjects[${index}]`, faults);
      }
    },
  };
}

function checkRoleRef(
  binding: KubeObject,
  before: KubeObject | undefined,
  kinds: readonly string[],
  faults: Faults,
): void {
  const role = mapAt(binding, 'roleRef');
  const [apiGroup, kind, name] = ['apiGroup', 'kind', 'name'].map((field) => textAt(role, field));
  if (apiGroup !== group) faults.unsupported('roleRef.apiGroup', apiGroup, [group]);
  if (!kinds.includes(kind)) faults.unsupported('roleRef.kind', kind, kinds);
  if (name === '') faults.required('roleRef.name');
  else tell(faults, 'roleRef.name', name, checkPathSegment(name));
  if (before !== undefined && !isSameJson(role, mapAt(before, 'roleRef'))) {
    faults.invalid('roleRef', role, 'cannot change roleRef');
  }
}

function checkSubject(subject: JsonObject, isNamespaced: boolean, field: string, faults: Faults): void {
  const [kind, name, apiGroup] = ['kind', 'name', 'apiGroup'].map((part) => textAt(subject, part));
  if (name === '') faults.required(`${field}.name`);
  if (kind === 'ServiceAccount') {
    if (name !== '') tell(faults, `${field}.name`, name, checkSubdomain(name));
    if (apiGroup !== '') faults.unsupported(`${field}.apiGroup`, apiGroup, ['']);
    if (!isNamespaced && textAt(subject, 'namespace') === '') faults.required(`${field}.namespace`);
  } else if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== group) faults.unsupported(`${field}.apiGroup`, apiGroup, [group]);
  } else faults.unsupported(`${field}.kind`, kind, ['ServiceAccount', 'User', 'Group']);
}

export const roleDetails: ReadonlyMap<string, KindDetail> = new Map([
  [`${group}/Role`, makeRoleDetail(true)],
  [`${group}/ClusterRole`, makeRoleDetail(false)],
  [`${group}/RoleBinding`, makeBindingDetail(true)],
  [`${group}/ClusterRoleBinding`, makeBindingDetail(false)],
]);
