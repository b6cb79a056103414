// The server with limits so small that a test reaches them: the real one, within the process of the test, over a store of its own.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { makeAuthority, makeClientCertificate, makeServerCertificate } from '#apiserver/certificates.ts';
import { defaultRoles, roleGroups } from '#apiserver/default-roles.ts';
import { Documents } from '#apiserver/documents.ts';
import { Handler } from '#apiserver/handler.ts';
import { defaultLimits, type ServerLimits } from '#apiserver/limits.ts';
import { Renderer } from '#apiserver/render.ts';
import { ApiServer } from '#apiserver/server.ts';
import { SystemClock } from '#io/clock.ts';
import { EmbeddedApi } from '#kube/embedded-api.ts';
import type { Credentials } from './server-process.ts';

export interface SmallServer {
  readonly port: number;
  readonly admin: Required<Credentials>;
  /** Of somebody who may read, and ask what he may. */
  readonly viewer: Required<Credentials>;
  readonly reports: readonly string[];
}

export async function startSmall(t: ExecutionContext, limits: Partial<ServerLimits>): Promise<SmallServer> {
  const directory = mkdtempSync(join(tmpdir(), 'waggle-small-'));
  const failed = (what: string, error: Error): void => t.log(`${what}: ${error.message}`);
  const embedded = new EmbeddedApi({ directory, server: undefined }, { clock: new SystemClock(() => {}), failed });
  await embedded.start(defaultRoles('kube-system'));
  const { api, storage } = embedded;
  const authority = makeAuthority('waggle-apiserver', Date.now());
  const { certificate, key } = makeServerCertificate(authority, 'test', ['127.0.0.1'], Date.now());
  const documents = new Documents({
    resources: () => api.resources(),
    address: '127.0.0.1:0',
    version: 'test',
    fault: () => embedded.fault,
  });
  const reports: string[] = [];
  const rbacKey = 'rbac.authorization.k8s.io';
  const server = new ApiServer(
    {
      address: '127.0.0.1',
      port: 0,
      certificate,
      key,
      clientAuthority: authority.certificate,
      limits: { ...defaultLimits, ...limits },
    },
    {
      handler: new Handler({
        api,
        rbac: {
          role: (namespace, name) => storage.get({ resource: `${rbacKey}/roles`, namespace, name }),
          clusterRole: (name) => storage.get({ resource: `${rbacKey}/clusterroles`, namespace: '', name }),
          roleBindings: (namespace) => storage.list(`${rbacKey}/rolebindings`, namespace),
          clusterRoleBindings: () => storage.list(`${rbacKey}/clusterrolebindings`, undefined),
        },
        document: (asked) => documents.answer(asked),
      }),
      renderer: new Renderer(Date.now),
      report: (what, error) => reports.push(`${what}: ${String(error)}`),
      watchTimeoutMs: () => 60_000,
    },
  );
  const port = await server.listen();
  t.teardown(async () => {
    await server.close();
    embedded.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const credentialsOf = (name: string, group: string): Required<Credentials> => {
    const client = makeClientCertificate(authority, { name, groups: [group] }, Date.now());
    return { ca: authority.certificate, cert: client.certificate, key: client.key };
  };
  return {
    port,
    admin: credentialsOf('admin', roleGroups.admin),
    viewer: credentialsOf('viewer', roleGroups.viewer),
    reports,
  };
}
