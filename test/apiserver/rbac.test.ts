// Who may do what: the roles that are there from the start, and bindings of one's own. kubernetes.io/docs, "Using RBAC Authorization".

import test from 'ava';
import { defaultRoles, roleGroups } from '#apiserver/default-roles.ts';
import { forbidden } from '#apiserver/forbidden.ts';
import { type Action, findPermission, type RbacObjects } from '#apiserver/rbac.ts';
import { answerReview, reviewKinds } from '#apiserver/reviews.ts';
import type { KubeObject } from '#kube/api/object.ts';

function objectsOf(all: readonly KubeObject[]): RbacObjects {
  const find = (kind: string, namespace: string | undefined, name: string): KubeObject | undefined =>
    all.find((each) => each.kind === kind && each.metadata.namespace === namespace && each.metadata.name === name);
  const list = (kind: string, namespace: string | undefined): readonly KubeObject[] =>
    all.filter((each) => each.kind === kind && each.metadata.namespace === namespace);
  return {
    role: (namespace, name) => find('Role', namespace, name),
    clusterRole: (name) => find('ClusterRole', undefined, name),
    roleBindings: (namespace) => list('RoleBinding', namespace),
    clusterRoleBindings: () => list('ClusterRoleBinding', undefined),
  };
}

const defaults = objectsOf(defaultRoles('kube-system'));
const who = (group: string): { user: string; groups: readonly string[] } => ({
  user: 'u',
  groups: [group, 'system:authenticated'],
});
const on = (verb: string, what: string, namespace?: string, name?: string): Action => {
  const [resource, ...group] = what.split('.');
  const [plural, subresource] = resource.split('/');
  return { type: 'resource', verb, group: group.join('.'), plural, subresource, namespace, name };
};

for (const [role, verb, what, namespace, isAllowed] of [
  ['admin', 'delete', 'namespaces', undefined, true],
  ['admin', 'get', 'secrets', 'x', true],
  ['viewer', 'list', 'pods', 'x', true],
  ['viewer', 'watch', 'ciliumnodes.cilium.io', undefined, true],
  ['viewer', 'get', 'secrets', 'x', false],
  ['viewer', 'create', 'pods', 'x', false],
  ['viewer', 'get', 'clusterroles.rbac.authorization.k8s.io', undefined, false],
  ['agent', 'update', 'ciliumnodes.cilium.io', undefined, true],
  ['agent', 'patch', 'ciliumbgpnodeconfigs/status.cilium.io', undefined, true],
  ['agent', 'patch', 'ciliumbgpnodeconfigs.cilium.io', undefined, false],
  ['agent', 'get', 'secrets', 'kube-system', true],
  ['agent', 'get', 'secrets', 'default', false],
  ['agent', 'create', 'events', 'default', true],
  ['agent', 'delete', 'nodes', undefined, false],
  ['operator', 'create', 'ciliumbgpnodeconfigs.cilium.io', undefined, true],
  ['operator', 'patch', 'services/status', 'default', true],
  ['operator', 'patch', 'services', 'default', false],
  ['operator', 'get', 'secrets', 'kube-system', false],
] as const) {
  test(`${role}: ${verb} ${what}${namespace === undefined ? '' : ` in ${namespace}`} is ${isAllowed ? 'allowed' : 'forbidden'}`, (t) => {
    t.is(findPermission(who(roleGroups[role]), on(verb, what, namespace), defaults) !== undefined, isAllowed);
  });
}

test('everybody with a certificate discovers, and asks about himself; nobody else reads', (t) => {
  const anybody = who('nobody:special');
  for (const path of ['/api', '/apis/cilium.io/v2', '/openapi/v3', '/version']) {
    t.truthy(findPermission(anybody, { type: 'path', verb: 'get', path }, defaults), path);
  }
  t.is(findPermission(anybody, { type: 'path', verb: 'get', path: '/metrics' }, defaults), undefined);
  t.truthy(findPermission(anybody, on('create', 'selfsubjectaccessreviews.authorization.k8s.io'), defaults));
  t.is(findPermission(anybody, on('list', 'pods', 'default'), defaults), undefined);
});

test('a Role holds in its namespace, for its subjects, for the names it says', (t) => {
  const meta = { namespace: 'a', name: 'reader' };
  const objects = objectsOf([
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: meta,
      rules: [{ apiGroups: [''], resources: ['configmaps', 'pods/log'], resourceNames: ['x'], verbs: ['get'] }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: meta,
      roleRef: { kind: 'Role', name: 'reader' },
      subjects: [
        { kind: 'User', name: 'u' },
        { kind: 'ServiceAccount', namespace: 'n', name: 's' },
      ],
    },
  ]);
  t.is(
    findPermission(who('g'), on('get', 'configmaps', 'a', 'x'), objects),
    'RBAC: allowed by RoleBinding "reader" of Role "reader"',
  );
  t.truthy(
    findPermission({ user: 'system:serviceaccount:n:s', groups: [] }, on('get', 'configmaps', 'a', 'x'), objects),
  );
  t.truthy(findPermission(who('g'), on('get', 'pods/log', 'a', 'x'), objects));
  for (const action of [
    on('get', 'configmaps', 'a', 'y'),
    on('get', 'configmaps', 'b', 'x'),
    on('list', 'configmaps', 'a'),
    on('get', 'pods', 'a', 'x'),
  ]) {
    t.is(findPermission(who('g'), action, objects), undefined, JSON.stringify(action));
  }
  t.is(findPermission({ user: 'other', groups: [] }, on('get', 'configmaps', 'a', 'x'), objects), undefined);
});

for (const [action, message] of [
  [
    on('list', 'pods', 'default'),
    'pods is forbidden: User "u" cannot list resource "pods" in API group "" in the namespace "default"',
  ],
  [
    on('get', 'ciliumnodes.cilium.io', undefined, 'n'),
    'ciliumnodes.cilium.io "n" is forbidden: User "u" cannot get resource "ciliumnodes" in API group "cilium.io" at the cluster scope',
  ],
  [
    on('patch', 'services/status', 'a', 's'),
    'services "s" is forbidden: User "u" cannot patch resource "services/status" in API group "" in the namespace "a"',
  ],
  [{ type: 'path', verb: 'get', path: '/metrics' } as const, 'forbidden: User "u" cannot get path "/metrics"'],
] as const) {
  test(`who may not is told: ${message}`, (t) => {
    const error = forbidden(who('g'), action);
    t.is(error.message, message);
    t.is(error.code, 403);
  });
}

const review = (kind: string, body: object): unknown => {
  const found = reviewKinds.find((each) => each.kind === kind);
  if (found === undefined) throw new Error(kind);
  const apiVersion = `${found.group}/${found.version}`;
  return answerReview(found, { apiVersion, kind, ...body }, who(roleGroups.viewer), defaults)['status'];
};

test('kubectl auth can-i: yes with the reason, or no', (t) => {
  const ask = (verb: string): unknown =>
    review('SelfSubjectAccessReview', {
      spec: { resourceAttributes: { verb, resource: 'pods', namespace: 'default' } },
    });
  t.deepEqual(ask('list'), {
    allowed: true,
    reason: 'RBAC: allowed by ClusterRoleBinding "waggle:viewer" of ClusterRole "waggle:viewer"',
  });
  t.deepEqual(ask('delete'), { allowed: false });
  t.deepEqual(
    review('SelfSubjectAccessReview', { spec: { nonResourceAttributes: { verb: 'get', path: '/version' } } }),
    {
      allowed: true,
      reason: 'RBAC: allowed by ClusterRoleBinding "system:discovery" of ClusterRole "system:discovery"',
    },
  );
});

test('kubectl auth whoami', (t) => {
  t.deepEqual(review('SelfSubjectReview', {}), {
    userInfo: { username: 'u', groups: ['waggle:viewers', 'system:authenticated'] },
  });
});

test('a review that asks two things at once, or none, is refused', (t) => {
  t.throws(() => review('SelfSubjectAccessReview', { spec: {} }), {
    message: /exactly one of nonResourceAttributes or resourceAttributes/,
  });
  t.throws(() => review('SelfSubjectRulesReview', { spec: {} }), { message: 'no namespace on request' });
});
