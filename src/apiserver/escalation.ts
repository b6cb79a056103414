// Whoever writes a role or a binding gives away permissions, and may give no more than he has: unless he has the verb `escalate` on the
// role, or `bind` on the one that is bound. Pure. Kubernetes documentation, "Privilege escalation prevention and bootstrapping"; upstream's
// words.

import { ApiError, notFound, qualify } from '#kube/api/api-error.ts';
import { isJsonObject, type Json, type JsonObject, type KubeObject } from '#kube/api/object.ts';
import type { Resource } from '#kube/api/resource.ts';
import { isSameJson } from '#kube/api/same-json.ts';
import type { Identity } from './identity.ts';
import {
  coversPath,
  findPermission,
  holds,
  listOf,
  masters,
  type PolicyRule,
  type RbacObjects,
  readRule,
  rulesFor,
} from './rbac.ts';

const rbacGroup = 'rbac.authorization.k8s.io';
/** Permissions that the rules may come to; what is beyond is judged rule by rule. */
const maxParts = 10_000;
/** Of what is missing, as much is told. */
const maxTold = 100;

export interface Grant {
  readonly resource: Pick<Resource, 'group' | 'plural'>;
  readonly object: KubeObject;
  /** undefined: it is new. */
  readonly before: KubeObject | undefined;
}

/** Throws ApiError Forbidden, or NotFound for a binding of a role that is not there. */
export function checkGrant({ resource, object, before }: Grant, who: Identity, objects: RbacObjects): void {
  const { group, plural } = resource;
  const isRole = plural === 'roles' || plural === 'clusterroles';
  const isBinding = plural === 'rolebindings' || plural === 'clusterrolebindings';
  if (group !== rbacGroup || !(isRole || isBinding) || who.groups.includes(masters)) return;
  // What its deletion takes gives nothing away.
  if (before !== undefined && isSameJson(withoutEnding(object), withoutEnding(before))) return;
  const { name = '', namespace } = object.metadata;
  const roleRef = isJsonObject(object['roleRef']) ? object['roleRef'] : {};
  const target = isRole
    ? { verb: 'escalate', plural, name }
    : {
        verb: 'bind',
        plural: roleRef['kind'] === 'ClusterRole' ? 'clusterroles' : 'roles',
        name: typeof roleRef['name'] === 'string' ? roleRef['name'] : '',
      };
  const action = { type: 'resource', group, subresource: undefined, namespace, ...target } as const;
  if (findPermission(who, action, objects) !== undefined) return;
  const given = isRole ? object : findRole(target.plural, target.name, namespace, objects);
  const held = [...rulesFor(who, namespace, objects)].map(({ rule }) => rule);
  if (at(object, 'aggregationRule') !== undefined && isRole) checkAggregation(name, held);
  const missing = missingOf(
    listOf(given['rules']).flatMap((rule: Json) => (isJsonObject(rule) ? readRule(rule) : [])),
    held,
  );
  if (missing.length === 0) return;
  const groups = who.groups.map((one) => JSON.stringify(one)).join(' ');
  const words = [...new Set(compact(missing).map((rule) => writeRule(rule)))].toSorted().slice(0, maxTold);
  throw forbid(
    plural,
    name,
    `user ${JSON.stringify(who.user)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${words.join('\n')}`,
  );
}

/** Of whatever is labelled so, tomorrow too: that is everything. */
function checkAggregation(name: string, held: readonly PolicyRule[]): void {
  const star = ['*'];
  const none: readonly string[] = [];
  const everything: readonly PolicyRule[] = [
    { verbs: star, apiGroups: star, resources: star, resourceNames: none, nonResourceURLs: none },
    { verbs: star, apiGroups: none, resources: none, resourceNames: none, nonResourceURLs: star },
  ];
  if (everything.every((rule) => held.some((one) => covers(one, rule)))) return;
  throw forbid('clusterroles', name, 'must have cluster-admin privileges to use the aggregationRule');
}

function findRole(plural: string, name: string, namespace: string | undefined, objects: RbacObjects): KubeObject {
  const role = plural === 'clusterroles' ? objects.clusterRole(name) : objects.role(namespace ?? '', name);
  if (role === undefined) throw notFound(rbacGroup, plural, name);
  return role;
}

function forbid(plural: string, name: string, why: string): ApiError {
  return new ApiError('Forbidden', `${qualify(rbacGroup, plural)} "${name}" is forbidden: ${why}`, {
    name,
    group: rbacGroup,
    kind: plural,
  });
}

/** Permission by permission: several rules together may hold what none of them does alone. */
function missingOf(rules: readonly PolicyRule[], held: readonly PolicyRule[]): readonly PolicyRule[] {
  let left = maxParts;
  return rules.flatMap((rule) => {
    if (held.some((one) => covers(one, rule))) return [];
    const count = countParts(rule);
    const parts = count > left ? [rule] : breakDown(rule);
    left -= Math.min(left, count);
    return parts.filter((part) => !held.some((one) => covers(one, part)));
  });
}

function countParts({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule): number {
  return (
    verbs.length * (apiGroups.length * resources.length * Math.max(1, resourceNames.length) + nonResourceURLs.length)
  );
}

function breakDown({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule): readonly PolicyRule[] {
  const names = resourceNames.length === 0 ? [[]] : resourceNames.map((name) => [name]);
  return verbs.flatMap((verb) => [
    ...apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        names.map((name) => ({
          verbs: [verb],
          apiGroups: [group],
          resources: [resource],
          resourceNames: name,
          nonResourceURLs: [],
        })),
      ),
    ),
    ...nonResourceURLs.map((url) => ({
      verbs: [verb],
      apiGroups: [],
      resources: [],
      resourceNames: [],
      nonResourceURLs: [url],
    })),
  ]);
}

function covers(held: PolicyRule, wanted: PolicyRule): boolean {
  const isNamed =
    held.resourceNames.length === 0 ||
    (wanted.resourceNames.length > 0 && wanted.resourceNames.every((name) => held.resourceNames.includes(name)));
  return (
    isNamed &&
    wanted.verbs.every((verb) => holds(held.verbs, verb)) &&
    wanted.apiGroups.every((group) => holds(held.apiGroups, group)) &&
    wanted.resources.every((resource) => coversResource(held.resources, resource)) &&
    wanted.nonResourceURLs.every((url) => held.nonResourceURLs.some((pattern) => coversPath(pattern, url)))
  );
}

function coversResource(held: readonly string[], resource: string): boolean {
  if (holds(held, resource)) return true;
  const slash = resource.indexOf('/');
  return slash >= 0 && held.includes(`*${resource.slice(slash)}`);
}

/** One for each resource, with all verbs that are missing on it. */
function compact(rules: readonly PolicyRule[]): readonly PolicyRule[] {
  const byResource = new Map<string, PolicyRule>();
  for (const rule of rules) {
    const { apiGroups, resources, resourceNames, nonResourceURLs } = rule;
    const key = JSON.stringify([apiGroups, resources, resourceNames, nonResourceURLs]);
    const verbs = [...new Set([...(byResource.get(key)?.verbs ?? []), ...rule.verbs])];
    byResource.set(key, { ...rule, verbs });
  }
  return [...byResource.values()];
}

/** As Go prints it. */
function writeRule({ apiGroups, resources, nonResourceURLs, resourceNames, verbs }: PolicyRule): string {
  const parts = [
    ['APIGroups', apiGroups],
    ['Resources', resources],
    ['NonResourceURLs', nonResourceURLs],
    ['ResourceNames', resourceNames],
    ['Verbs', verbs],
  ] as const;
  const words = parts
    .filter(([, values]) => values.length > 0)
    .map(([name, values]) => `${name}:[${values.map((value) => JSON.stringify(value)).join(' ')}]`);
  return `{${words.join(', ')}}`;
}

function withoutEnding(object: KubeObject): JsonObject {
  const { ownerReferences: _o, finalizers: _f, managedFields: _m, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function at(object: KubeObject, field: string): Json | undefined {
  return object[field] ?? undefined;
}
