// Nobody gives away permissions that he does not have. kubernetes.io/docs, "Privilege escalation prevention and bootstrapping".

import test from 'ava';
import { checkGrant } from '#apiserver/escalation.ts';
import type { RbacObjects } from '#apiserver/rbac.ts';
import { ApiError } from '#kube/api/api-error.ts';
import type { JsonObject, KubeObject } from '#kube/api/object.ts';
import { credentialsOf, ServerProcess } from './server-process.ts';

const group = 'rbac.authorization.k8s.io';
const who = { user: 'u', groups: ['g', 'system:authenticated'] };
const make = (kind: string, name: string, fields: JsonObject, namespace?: string): KubeObject => ({
  apiVersion: `${group}/v1`,
  kind,
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  ...fields,
});
const on = (resources: readonly string[], verbs: readonly string[], more: JsonObject = {}): JsonObject => ({
  apiGroups: [''],
  resources,
  verbs,
  ...more,
});

/** Of somebody who has these rules in the whole cluster. */
function holding(rules: readonly JsonObject[], others: readonly KubeObject[] = []): RbacObjects {
  const mine = make('ClusterRole', 'mine', { rules });
  const find = (kind: string, name: string, namespace?: string): KubeObject | undefined =>
    [mine, ...others].find(
      (one) => one.kind === kind && one.metadata.name === name && one.metadata.namespace === namespace,
    );
  const roleRef = { apiGroup: group, kind: 'ClusterRole', name: 'mine' };
  const binding = make('ClusterRoleBinding', 'b', { roleRef, subjects: [{ kind: 'User', name: 'u' }] });
  return {
    role: (namespace, name) => find('Role', name, namespace),
    clusterRole: (name) => find('ClusterRole', name),
    roleBindings: () => [],
    clusterRoleBindings: () => [binding],
  };
}

function give(object: KubeObject, objects: RbacObjects, before?: KubeObject): string | undefined {
  const plural = `${object.kind.toLowerCase()}s`;
  try {
    checkGrant({ resource: { group, plural }, object, before }, who, objects);
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return `${error.code} ${error.message}`;
    throw error;
  }
}

const held = [
  on(['pods', '*/status'], ['get', 'list']),
  on(['configmaps'], ['*'], { resourceNames: ['one', 'two'] }),
  { nonResourceURLs: ['/metrics/*'], verbs: ['get'] },
];

for (const [rule, missing] of [
  [on(['pods'], ['get']), undefined],
  [on(['pods', 'nodes/status'], ['list', 'get']), undefined],
  [on(['configmaps'], ['update', 'get'], { resourceNames: ['two'] }), undefined],
  [{ nonResourceURLs: ['/metrics/a'], verbs: ['get'] }, undefined],
  [on(['pods'], ['get', 'delete', 'patch']), '{APIGroups:[""], Resources:["pods"], Verbs:["delete" "patch"]}'],
  [on(['pods/log'], ['get']), '{APIGroups:[""], Resources:["pods/log"], Verbs:["get"]}'],
  [on(['*'], ['get']), '{APIGroups:[""], Resources:["*"], Verbs:["get"]}'],
  [on(['pods'], ['*']), '{APIGroups:[""], Resources:["pods"], Verbs:["*"]}'],
  [on(['configmaps'], ['get']), '{APIGroups:[""], Resources:["configmaps"], Verbs:["get"]}'],
  [
    on(['configmaps'], ['get'], { resourceNames: ['one', 'three'] }),
    '{APIGroups:[""], Resources:["configmaps"], ResourceNames:["three"], Verbs:["get"]}',
  ],
  [{ ...on(['pods'], ['get']), apiGroups: ['apps'] }, '{APIGroups:["apps"], Resources:["pods"], Verbs:["get"]}'],
  [{ nonResourceURLs: ['/version'], verbs: ['get'] }, '{NonResourceURLs:["/version"], Verbs:["get"]}'],
] as const) {
  test(`who has some permissions ${missing === undefined ? 'gives' : 'does not give'} ${JSON.stringify(rule)}`, (t) => {
    const told = give(make('ClusterRole', 'x', { rules: [rule] }), holding(held));
    const words = `403 clusterroles.${group} "x" is forbidden: user "u" (groups=["g" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n${missing}`;
    t.is(told, missing === undefined ? undefined : words);
  });
}

test('with the verb escalate on a role anything may be written into it, and nothing into another', (t) => {
  const objects = holding([{ ...on(['clusterroles'], ['escalate'], { resourceNames: ['x'] }), apiGroups: [group] }]);
  const rules = [on(['*'], ['*'])];
  t.is(give(make('ClusterRole', 'x', { rules }), objects), undefined);
  t.regex(give(make('ClusterRole', 'y', { rules }), objects) ?? '', /attempting to grant/);
});

test('a role is bound by who has its permissions, or the verb bind on it', (t) => {
  const all = make('ClusterRole', 'all', { rules: [on(['*'], ['*'])] });
  const few = make('Role', 'few', { rules: [on(['pods'], ['get'])] }, 'n');
  const bind = (kind: string, name: string): KubeObject =>
    make('RoleBinding', 'x', { roleRef: { apiGroup: group, kind, name }, subjects: [] }, 'n');
  const having = holding(held, [all, few]);
  t.is(give(bind('Role', 'few'), having), undefined);
  t.regex(
    give(bind('ClusterRole', 'all'), having) ?? '',
    /^403 rolebindings\.[^]*Resources:\["\*"\], Verbs:\["\*"\]\}$/,
  );
  t.is(give(bind('Role', 'none'), having), `404 roles.${group} "none" not found`);
  const binding = holding(
    [{ ...on(['clusterroles'], ['bind'], { resourceNames: ['all'] }), apiGroups: [group] }],
    [all],
  );
  t.is(give(bind('ClusterRole', 'all'), binding), undefined);
});

test('what the garbage collector changes gives nothing away; an aggregation takes everything', (t) => {
  const before = make('ClusterRole', 'x', { rules: [on(['*'], ['*'])] });
  const owned = { ...before, metadata: { ...before.metadata, finalizers: [] } };
  t.is(give(owned, holding([]), before), undefined);
  t.regex(give({ ...before, metadata: { ...before.metadata, labels: { a: 'b' } } }, holding([]), before) ?? '', /^403/);
  const aggregated = make('ClusterRole', 'x', { aggregationRule: { clusterRoleSelectors: [{}] } });
  t.regex(give(aggregated, holding(held)) ?? '', /must have cluster-admin privileges to use the aggregationRule$/);
  const everything = [
    { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
    { nonResourceURLs: ['*'], verbs: ['*'] },
  ];
  t.is(give(aggregated, holding(everything)), undefined);
});

test('a rule of 10,000 verbs is judged in linear time, and the answer names some of what is missing', (t) => {
  const verbs = Array.from({ length: 10_000 }, (_, index) => `verb${index}`);
  const heldVerbs = [on(['pods'], verbs.slice(0, 9_000))];
  const told = give(make('ClusterRole', 'x', { rules: [on(['pods'], verbs)] }), holding(heldVerbs)) ?? '';
  t.true(
    told.endsWith(
      'Verbs:["verb9000" "verb9001" "verb9002" "verb9003" "verb9004" "verb9005" "verb9006" "verb9007" "verb9008" "verb9009" "verb9010" "verb9011" "verb9012" "verb9013" "verb9014" "verb9015" and 984 more]}',
    ),
  );
});

test('of very many rules that are missing the answer names some, and says how many more there are', (t) => {
  const rules = Array.from({ length: 500 }, (_, index) => on([`kind${index}`], ['get']));
  const told = give(make('ClusterRole', 'x', { rules }), holding([])) ?? '';
  t.is(told.split('\n').length, 102);
  t.true(told.endsWith('\nand 400 more'));
  const long = Array.from({ length: 50 }, (_, index) => on([`${index}${'x'.repeat(60_000)}`], ['get']));
  const short = give(make('ClusterRole', 'x', { rules: long }), holding([])) ?? '';
  t.true(short.length < 9_000);
  t.true(short.endsWith('\nand 49 more'));
});

test('whoever has less than everything neither adds nor changes nor removes an aggregation', (t) => {
  const rules = [on(['pods'], ['get'])];
  const plain = make('ClusterRole', 'x', { rules });
  const aggregated = make('ClusterRole', 'x', { rules, aggregationRule: { clusterRoleSelectors: [{}] } });
  const other = make('ClusterRole', 'x', { rules, aggregationRule: { clusterRoleSelectors: [{ matchLabels: {} }] } });
  const words = /must have cluster-admin privileges to use the aggregationRule$/;
  t.regex(give(aggregated, holding(held), plain) ?? '', words);
  t.regex(give(other, holding(held), aggregated) ?? '', words);
  t.regex(give(plain, holding(held), aggregated) ?? '', words);
  t.is(give(plain, holding(held), plain), undefined);
});

test('a rule of very many permissions is judged in no time', (t) => {
  const many = Array.from({ length: 2_000 }, (_, index) => `n${index}`);
  const rule = { apiGroups: many, resources: many, verbs: many, resourceNames: many };
  t.regex(give(make('ClusterRole', 'x', { rules: [rule, rule] }), holding(held)) ?? '', /^403/);
});

test('the server holds whoever is no master to it: roles, bindings, patches of them', async (t) => {
  const server = new ServerProcess(t);
  await server.start();
  const path = `/apis/${group}/v1/clusterroles`;
  const write = (kind: string, name: string, fields: JsonObject): string => JSON.stringify(make(kind, name, fields));
  const roleWriter = { apiGroups: [group], resources: ['clusterroles', 'clusterrolebindings'], verbs: ['*'] };
  const verbs = ['get', 'create', 'update', 'patch'];
  const rules = [{ ...roleWriter, verbs }, on(['pods'], ['get'])];
  t.is((await server.ask('POST', path, { body: write('ClusterRole', 'writer', { rules }) })).code, 201);
  const roleRef = { apiGroup: group, kind: 'ClusterRole', name: 'writer' };
  const subjects = [{ apiGroup: group, kind: 'User', name: 'somebody' }];
  const bindings = `/apis/${group}/v1/clusterrolebindings`;
  await server.ask('POST', bindings, { body: write('ClusterRoleBinding', 'writer', { roleRef, subjects }) });
  const as = credentialsOf(await server.kubeconfigOf('viewer', 'somebody'));
  const own = { rules: [on(['pods'], ['get'])] };
  t.is((await server.ask('POST', path, { as, body: write('ClusterRole', 'own', own) })).code, 201);
  const more = await server.ask('POST', path, {
    as,
    body: write('ClusterRole', 'more', { rules: [on(['secrets'], ['get'])] }),
  });
  t.is(more.code, 403);
  t.regex(
    String(more.json['message']),
    /user "somebody" \(groups=\["waggle:viewers" "system:authenticated"\]\) is attempting to grant RBAC permissions not currently held:\n\{APIGroups:\[""\], Resources:\["secrets"\], Verbs:\["get"\]\}$/,
  );
  const headers = { 'content-type': 'application/merge-patch+json' };
  const body = JSON.stringify({ rules: [on(['*'], ['*'])] });
  t.is((await server.ask('PATCH', `${path}/own`, { as, headers, body })).code, 403);
  // By server-side apply too: of a role that is there, and of one that is not yet.
  const applying = { 'content-type': 'application/apply-patch+yaml' };
  for (const name of ['own', 'applied']) {
    const given = { as, headers: applying, body: write('ClusterRole', name, { rules: [on(['secrets'], ['get'])] }) };
    const applied = await server.ask('PATCH', `${path}/${name}?fieldManager=x&force=true`, given);
    t.is(applied.code, 403);
    t.regex(String(applied.json['message']), /attempting to grant RBAC permissions not currently held/);
  }
  t.is((await server.ask('GET', `${path}/applied`)).code, 404);
  const mine = { as, headers: applying, body: write('ClusterRole', 'applied', own) };
  t.is((await server.ask('PATCH', `${path}/applied?fieldManager=x`, mine)).code, 201);
  const toAdmin = { roleRef: { ...roleRef, name: 'cluster-admin' }, subjects };
  t.is((await server.ask('POST', bindings, { as, body: write('ClusterRoleBinding', 'me', toAdmin) })).code, 403);
  t.is((await server.ask('GET', `${bindings}/me`)).code, 404);
});

test("every namespace has the server's authority, and has it again when it is deleted or changed", async (t) => {
  const server = new ServerProcess(t);
  await server.start();
  const of = (namespace: string): string => `/api/v1/namespaces/${namespace}/configmaps/kube-root-ca.crt`;
  const holds = async (namespace: string): Promise<boolean> => {
    for (let tries = 0; tries < 200; tries++) {
      const { code, text } = await server.ask('GET', of(namespace));
      if (code === 200 && JSON.parse(text).data['ca.crt'] === server.admin.ca) return true;
    }
    return false;
  };
  t.true(await holds('default'));
  await server.ask('POST', '/api/v1/namespaces', {
    body: JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'web' } }),
  });
  t.true(await holds('web'));
  t.is((await server.ask('DELETE', of('web'))).code, 200);
  t.true(await holds('web'));
  const headers = { 'content-type': 'application/merge-patch+json' };
  await server.ask('PATCH', of('web'), { headers, body: '{"data":{"ca.crt":"x"}}' });
  t.true(await holds('web'));
});
