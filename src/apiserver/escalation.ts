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
/** Of what is missing, as much is told: rules, values of each of their lists, characters. */
const maxTold = { rules: 100, values: 16, characters: 8 * 1024 } as const;

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
  const held = [...rulesFor(who, namespace, objects)].map(({ rule }) => hold(rule));
  const missing = missingOf(
    listOf(given['rules']).flatMap((rule: Json) => (isJsonObject(rule) ? readRule(rule) : [])),
    held,
  );
  if (missing.length > 0) throw forbid(plural, name, tellMissing(missing, who));
  // Also to take it away: who does so keeps the role from being made narrower.
  if (plural === 'clusterroles' && [object, before].some(hasAggregation)) checkAggregation(name, held);
}

function tellMissing(missing: readonly PolicyRule[], who: Identity): string {
  const groups = who.groups.map((one) => JSON.stringify(one)).join(' ');
  return `user ${JSON.stringify(who.user)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${tell(missing)}`;
}

/** Of whatever is labelled so, tomorrow too: that is everything. */
function checkAggregation(name: string, held: readonly HeldRule[]): void {
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

/** A rule that is looked into once for each permission that is given. */
interface HeldRule {
  readonly verbs: ReadonlySet<string>;
  readonly apiGroups: ReadonlySet<string>;
  readonly resources: ReadonlySet<string>;
  readonly resourceNames: ReadonlySet<string>;
  readonly paths: ReadonlySet<string>;
  /** Of the paths, those that end in a star. */
  readonly patterns: readonly string[];
}

function hold({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule): HeldRule {
  return {
    verbs: new Set(verbs),
    apiGroups: new Set(apiGroups),
    resources: new Set(resources),
    resourceNames: new Set(resourceNames),
    paths: new Set(nonResourceURLs),
    patterns: nonResourceURLs.filter((url) => url.endsWith('*')),
  };
}

/** Permission by permission: several rules together may hold what none of them does alone. */
function missingOf(rules: readonly PolicyRule[], held: readonly HeldRule[]): readonly PolicyRule[] {
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

function covers(held: HeldRule, wanted: PolicyRule): boolean {
  const isNamed =
    held.resourceNames.size === 0 ||
    (wanted.resourceNames.length > 0 && wanted.resourceNames.every((name) => held.resourceNames.has(name)));
  return (
    isNamed &&
    wanted.verbs.every((verb) => has(held.verbs, verb)) &&
    wanted.apiGroups.every((group) => has(held.apiGroups, group)) &&
    wanted.resources.every((resource) => coversResource(held.resources, resource)) &&
    wanted.nonResourceURLs.every(
      (url) => held.paths.has(url) || held.patterns.some((pattern) => coversPath(pattern, url)),
    )
  );
}

function has(held: ReadonlySet<string>, wanted: string): boolean {
  return held.has('*') || held.has(wanted);
}

function coversResource(held: ReadonlySet<string>, resource: string): boolean {
  if (has(held, resource)) return true;
  const slash = resource.indexOf('/');
  return slash >= 0 && held.has(`*${resource.slice(slash)}`);
}

/** What is missing, a line each, sorted. */
function tell(missing: readonly PolicyRule[]): string {
  const lines = [...new Set(compact(missing).map((rule) => writeRule(rule)))].toSorted();
  const told: string[] = [];
  let left: number = maxTold.characters;
  for (const line of lines.slice(0, maxTold.rules)) {
    if (told.length > 0 && line.length > left) break;
    told.push(line.slice(0, maxTold.characters));
    left -= line.length;
  }
  if (told.length < lines.length) told.push(`and ${lines.length - told.length} more`);
  return told.join('\n');
}

/** One for each resource, with all verbs that are missing on it. */
function compact(rules: readonly PolicyRule[]): readonly PolicyRule[] {
  const byResource = new Map<string, { readonly rule: PolicyRule; readonly verbs: Set<string> }>();
  for (const rule of rules) {
    const { apiGroups, resources, resourceNames, nonResourceURLs } = rule;
    const key = JSON.stringify([apiGroups, resources, resourceNames, nonResourceURLs]);
    let of = byResource.get(key);
    if (of === undefined) byResource.set(key, (of = { rule, verbs: new Set() }));
    for (const verb of rule.verbs) of.verbs.add(verb);
  }
  return [...byResource.values()].map(({ rule, verbs }) => ({ ...rule, verbs: [...verbs] }));
}

/** As Go prints it, but for lists that are long. */
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
    .map(([name, values]) => `${name}:[${writeList(values)}]`);
  return `{${words.join(', ')}}`;
}

function writeList(values: readonly string[]): string {
  const told = values.slice(0, maxTold.values).map((value) => JSON.stringify(value));
  const left = values.length - told.length;
  return [...told, ...(left === 0 ? [] : [`and ${left} more`])].join(' ');
}

function withoutEnding(object: KubeObject): JsonObject {
  const { ownerReferences: _o, finalizers: _f, managedFields: _m, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function hasAggregation(role: KubeObject | undefined): boolean {
  const rule = role?.['aggregationRule'];
  return isJsonObject(rule) && listOf(rule['clusterRoleSelectors']).length > 0;
}
