// Who may do what: the rules of rbac.authorization.k8s.io/v1, evaluated over the roles and bindings that are stored. Pure. Whoever is in
// system:masters may do everything, so that nobody can be locked out of his own server.

import { isJsonObject, type Json, type JsonObject, type KubeObject } from '#kube/api/object.ts';
import type { Identity } from './identity.ts';
import type { RequestInfo } from './request-info.ts';

/** What is asked, in the words of SubjectAccessReview. */
export type Action =
  | {
      readonly type: 'resource';
      readonly verb: string;
      readonly group: string;
      readonly plural: string;
      readonly subresource: string | undefined;
      readonly namespace: string | undefined;
      readonly name: string | undefined;
    }
  | Extract<RequestInfo, { readonly type: 'path' }>;

export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
  readonly nonResourceURLs: readonly string[];
}

/** Where roles and bindings are looked up; answers what is there now. */
export interface RbacObjects {
  role(namespace: string, name: string): KubeObject | undefined;
  clusterRole(name: string): KubeObject | undefined;
  roleBindings(namespace: string): readonly KubeObject[];
  clusterRoleBindings(): readonly KubeObject[];
}

export const masters = 'system:masters';

/** Which rule allows it, in words; undefined: none does. */
export function findPermission(who: Identity, action: Action, objects: RbacObjects): string | undefined {
  if (who.groups.includes(masters)) return `group ${masters} may do everything`;
  for (const { rule, from } of rulesFor(who, action.type === 'resource' ? action.namespace : undefined, objects)) {
    if (covers(rule, action)) return `RBAC: allowed by ${from}`;
  }
  return undefined;
}

/** All rules that hold for somebody, cluster-wide ones first. */
export function* rulesFor(
  who: Identity,
  namespace: string | undefined,
  objects: RbacObjects,
): Generator<{ readonly rule: PolicyRule; readonly from: string }> {
  for (const binding of objects.clusterRoleBindings()) yield* rulesOf(binding, who, objects);
  if (namespace === undefined) return;
  for (const binding of objects.roleBindings(namespace)) yield* rulesOf(binding, who, objects);
}

function* rulesOf(
  binding: KubeObject,
  who: Identity,
  objects: RbacObjects,
): Generator<{ readonly rule: PolicyRule; readonly from: string }> {
  const { name: bindingName = '', namespace } = binding.metadata;
  const subjects = listOf(binding['subjects']);
  if (!subjects.some((subject) => isJsonObject(subject) && isSubject(subject, who))) return;
  const { roleRef } = binding;
  if (!isJsonObject(roleRef) || typeof roleRef['name'] !== 'string') return;
  const { name } = roleRef;
  const kind = roleRef['kind'] === 'ClusterRole' ? 'ClusterRole' : 'Role';
  const role = kind === 'ClusterRole' ? objects.clusterRole(name) : objects.role(namespace ?? '', name);
  for (const rule of listOf(role?.['rules'])) {
    if (isJsonObject(rule))
      yield { rule: readRule(rule), from: `${binding.kind} "${bindingName}" of ${kind} "${name}"` };
  }
}

function isSubject({ kind, name, namespace }: JsonObject, { user, groups }: Identity): boolean {
  switch (kind) {
    case 'User':
      return name === user;
    case 'Group':
      return typeof name === 'string' && groups.includes(name);
    case 'ServiceAccount':
      return (
        typeof namespace === 'string' &&
        typeof name === 'string' &&
        user === `system:serviceaccount:${namespace}:${name}`
      );
    default:
      return false;
  }
}

export function readRule(rule: JsonObject): PolicyRule {
  const texts = (value: Json | undefined): readonly string[] =>
    listOf(value).filter((text) => typeof text === 'string');
  return {
    verbs: texts(rule['verbs']),
    apiGroups: texts(rule['apiGroups']),
    resources: texts(rule['resources']),
    resourceNames: texts(rule['resourceNames']),
    nonResourceURLs: texts(rule['nonResourceURLs']),
  };
}

function covers(rule: PolicyRule, action: Action): boolean {
  if (!holds(rule.verbs, action.verb)) return false;
  if (action.type === 'path') return rule.nonResourceURLs.some((pattern) => coversPath(pattern, action.path));
  const { group, plural, subresource, name } = action;
  const isNamed = rule.resourceNames.length === 0 || (name !== undefined && rule.resourceNames.includes(name));
  return isNamed && holds(rule.apiGroups, group) && coversResource(rule.resources, plural, subresource);
}

function coversResource(resources: readonly string[], plural: string, subresource: string | undefined): boolean {
  if (resources.includes('*')) return true;
  if (subresource === undefined) return resources.includes(plural);
  return resources.includes(`${plural}/${subresource}`) || resources.includes(`*/${subresource}`);
}

/** A star at the end stands for whatever follows. */
export function coversPath(pattern: string, path: string): boolean {
  return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
}

function holds(list: readonly string[], wanted: string): boolean {
  return list.includes('*') || list.includes(wanted);
}

export function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
