// Server-side apply over HTTPS: who may, what is made and what is refused, with the codes and words of Kubernetes' documentation.

import test from 'ava';
import { credentialsOf, ServerProcess } from './server-process.ts';

test('over HTTPS: YAML makes an object or changes it, and what cannot be applied says why', async (t) => {
  const server = new ServerProcess(t);
  await server.start();
  const path = '/api/v1/namespaces/default/configmaps/c';
  const headers = { 'content-type': 'application/apply-patch+yaml' };
  const body = (data: string, more = ''): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c${more}}\ndata: ${data}\n`;
  const apply = (query: string, text: string, as = server.admin) =>
    server.ask('PATCH', `${path}${query}`, { body: text, headers, as });
  const refused = await apply('', body('{a: "1"}'));
  t.like(refused.json, {
    code: 422,
    message: 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
  });
  t.is((await apply('?fieldManager=one&dryRun=All', body('{a: "1"}'))).code, 201);
  t.is((await server.ask('GET', path)).code, 404, 'a dry run keeps nothing');
  t.is((await apply('?fieldManager=one', body('{a: "1"}'))).code, 201);
  t.is((await apply('?fieldManager=one', body('{a: "2"}'))).code, 200);
  t.like((await apply('?fieldManager=two', body('{a: "3"}'))).json, {
    code: 409,
    reason: 'Conflict',
    details: {
      causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' }],
    },
  });
  t.is((await apply('?fieldManager=two&force=true', body('{a: "3"}'))).code, 200);
  t.like((await apply('?fieldManager=two', body('{}', ', managedFields: [{}]'))).json, {
    code: 400,
    message: 'metadata.managedFields must be nil',
  });
  t.like((await apply('?fieldManager=two', body('{}', ', resourceVersion: "1"'))).json, { code: 409 });
  t.like((await apply('?fieldManager=two', body('{}').replace('name: c', 'name: d'))).json, {
    code: 400,
    message: 'the name of the object (d) does not match the name on the URL (c)',
  });
  const nodes = await server.ask('PATCH', '/api/v1/nodes/none/status?fieldManager=one', {
    body: 'apiVersion: v1\nkind: Node\nmetadata: {name: none}\nstatus: {phase: x}\n',
    headers,
  });
  t.is(nodes.code, 404, 'a status makes no object');
  const role = { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'patch'] };
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  const meta = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'patcher' } };
  await server.ask('POST', `${rbac}/clusterroles`, {
    body: JSON.stringify({ ...meta, kind: 'ClusterRole', rules: [role] }),
  });
  await server.ask('POST', `${rbac}/clusterrolebindings`, {
    body: JSON.stringify({
      ...meta,
      kind: 'ClusterRoleBinding',
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'patcher' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'p' }],
    }),
  });
  const patcher = credentialsOf(await server.kubeconfigOf('viewer', 'p'));
  t.is((await apply('?fieldManager=p', body('{p: "1"}'), patcher)).code, 200);
  await server.ask('DELETE', path);
  t.is((await apply('?fieldManager=p', body('{p: "1"}'), patcher)).code, 403, 'to patch is not to create');
});
