// Acting as somebody else, by headers: who may, for whom, and who one then is. kubernetes.io/docs, "User impersonation".

import test from 'ava';
import { impersonate } from '#apiserver/impersonation.ts';
import { masters, type RbacObjects } from '#apiserver/rbac.ts';
import type { Json, KubeObject } from '#kube/api/object.ts';

const clusterRole = (rules: Json): KubeObject => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: 'impersonator' },
  rules,
});
const binding: KubeObject = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'impersonators' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'impersonator' },
  subjects: [{ kind: 'User', name: 'eve' }],
};
const objectsWith = (...rules: Json[]): RbacObjects => ({
  role: () => undefined,
  clusterRole: () => clusterRole(rules),
  roleBindings: () => [],
  clusterRoleBindings: () => [binding],
});
const may = (resources: readonly string[], resourceNames: readonly string[] = []): Json => ({
  apiGroups: [''],
  resources: [...resources],
  verbs: ['impersonate'],
  resourceNames: [...resourceNames],
});
const eve = { user: 'eve', groups: ['system:authenticated'] };
const admin = { user: 'admin', groups: [masters, 'system:authenticated'] };

test('without headers one stays who one is', (t) => {
  t.is(impersonate(eve, { accept: ['*/*'] }, objectsWith()), eve);
});

test('who may not impersonate is told so, in the words of RBAC', (t) => {
  t.throws(() => impersonate(eve, { 'impersonate-user': ['bob'] }, objectsWith()), {
    message:
      'users "bob" is forbidden: User "eve" cannot impersonate resource "users" in API group "" at the cluster scope',
  });
});

test('a user of a rule with names is impersonated, another is not', (t) => {
  const objects = objectsWith(may(['users'], ['bob']));
  t.deepEqual(impersonate(eve, { 'impersonate-user': ['bob'] }, objects), {
    user: 'bob',
    groups: ['system:authenticated'],
  });
  t.throws(() => impersonate(eve, { 'impersonate-user': ['admin'] }, objects), {
    message: /^users "admin" is forbidden/,
  });
});

test('each group needs the right too, so that nobody makes himself an administrator', (t) => {
  const objects = objectsWith(may(['users']), may(['groups'], ['a']));
  const as = (...groups: readonly string[]): unknown =>
    impersonate(eve, { 'impersonate-user': ['bob'], 'impersonate-group': groups }, objects).groups;
  t.deepEqual(as('a'), ['a', 'system:authenticated']);
  t.throws(() => as('a', masters), { message: /^groups "system:masters" is forbidden/ });
});

test('a service account needs the right in its namespace, and is in its groups', (t) => {
  const headers = { 'impersonate-user': ['system:serviceaccount:web:robot'] };
  t.throws(() => impersonate(eve, headers, objectsWith(may(['users']))), {
    message: /^serviceaccounts "robot" is forbidden: .* in the namespace "web"$/,
  });
  t.deepEqual(impersonate(eve, headers, objectsWith(may(['serviceaccounts']))).groups, [
    'system:serviceaccounts',
    'system:serviceaccounts:web',
    'system:authenticated',
  ]);
});

test('system:anonymous is not authenticated', (t) => {
  t.deepEqual(impersonate(admin, { 'impersonate-user': ['system:anonymous'] }, objectsWith()).groups, [
    'system:unauthenticated',
  ]);
});

test('groups without a user, two users, and what is not supported are bad requests', (t) => {
  const as = (headers: Readonly<Record<string, readonly string[]>>): unknown =>
    impersonate(admin, headers, objectsWith());
  t.throws(() => as({ 'impersonate-group': ['a'] }), { message: 'requested groups [a] without impersonating a user' });
  t.throws(() => as({ 'impersonate-user': ['a', 'b'] }), { message: 'requested more than one user' });
  t.throws(() => as({ 'impersonate-user': ['a'], 'impersonate-uid': ['1'] }), {
    message: /^impersonate-uid: not supported/,
  });
  t.throws(() => as({ 'impersonate-user': ['a'], 'impersonate-extra-scopes': ['x'] }), {
    message: /^impersonate-extra-scopes: not supported/,
  });
});
