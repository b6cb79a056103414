// The daemon: the embedded API and the server that puts it on the network, from the state directory to the listening socket. Wiring
// alone; what is decided is decided in the parts.

import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { isLoopbackAddress } from '#control/router/text-formats.ts';
import type { Daemon } from '#daemon/run-daemon.ts';
import { StartError } from '#daemon/start-error.ts';
import { SystemClock } from '#io/clock.ts';
import type { EventLog } from '#io/log.ts';
import { formatEndpoint } from '#io/tcp-listeners.ts';
import { EmbeddedApi } from '#kube/embedded-api.ts';
import { DatabaseError } from '#kube/embedded/database.ts';
import type { Storage } from '#kube/registry/storage.ts';
import { type Certified, isEnding, makeClientCertificate, makeServerCertificate } from './certificates.ts';
import { defaultRoles, roleGroups } from './default-roles.ts';
import { Documents } from './documents.ts';
import { checkGrant } from './escalation.ts';
import { Handler } from './handler.ts';
import { renderKubeconfig } from './kubeconfig.ts';
import { defaultLimits } from './limits.ts';
import { type ApiServerOptions, clientUrl } from './options.ts';
import type { RbacObjects } from './rbac.ts';
import { Renderer } from './render.ts';
import { ApiServer, ListenError } from './server.ts';
import { ensureAuthority, StateError, writePrivate } from './state.ts';

/** Where the passwords of BGP sessions are, unless agents are told otherwise. */
const secretsNamespace = 'kube-system';
const renewalCheckMs = 3_600_000;
/** Names under which every server is known. */
const usualNames = [
  'localhost',
  '127.0.0.1',
  '::1',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  '10.96.0.1',
];

export class ApiServerDaemon implements Daemon {
  readonly #options: ApiServerOptions;
  readonly #log: EventLog;
  readonly #version: string;
  #api: EmbeddedApi | undefined;
  #server: ApiServer | undefined;
  #renewal: NodeJS.Timeout | undefined;

  constructor(options: ApiServerOptions, log: EventLog, version: string) {
    this.#options = options;
    this.#log = log;
    this.#version = version;
  }

  async start(): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      const isTheWorlds = error instanceof StateError || error instanceof DatabaseError || error instanceof ListenError;
      throw isTheWorlds ? new StartError(error.message, { cause: error }) : error;
    }
  }

  /** Nothing is configured by a file. */
  reload(): void {}

  async stop(): Promise<void> {
    clearInterval(this.#renewal);
    // Who asks waits no longer; then what was acknowledged is closed.
    await this.#server?.close();
    this.#api?.close();
  }

  async #start(): Promise<void> {
    const { stateDir, listen } = this.#options;
    const authority = ensureAuthority(stateDir, Date.now());
    const isLocal = isLoopbackAddress(listen.address) || ['0.0.0.0', '::'].includes(listen.address);
    const api: EmbeddedApi = new EmbeddedApi(
      { directory: stateDir, server: isLocal ? undefined : listen, authority: authority.certificate },
      {
        admit: (resource, object, before, caller) =>
          checkGrant({ resource, object, before }, caller, rbacOf(api.storage)),
        clock: new SystemClock(() => {}),
        failed: (what, error) => this.#log.write({ type: 'problem', what, problem: `${what}: ${error.message}` }),
        storeFaulted: (fault) => this.#tellFault(fault),
      },
    );
    this.#api = api;
    await api.start(defaultRoles(secretsNamespace));
    const certificate = this.#certify(authority);
    const documents = new Documents({
      resources: () => api.api.resources(),
      address: formatEndpoint(listen),
      version: this.#version,
      fault: () => api.fault,
    });
    const server = new ApiServer(
      {
        ...listen,
        certificate: certificate.certificate,
        key: certificate.key,
        clientAuthority: authority.certificate,
        limits: defaultLimits,
      },
      {
        handler: new Handler({
          api: api.api,
          rbac: rbacOf(api.storage),
          document: (asked) => documents.answer(asked),
        }),
        renderer: new Renderer(Date.now),
        report: (about, error) => this.#log.write({ type: 'api-fault', about, error: textOf(error) }),
        watchTimeoutMs: () => 1_800_000 + randomInt(1_800_000),
      },
    );
    this.#server = server;
    const port = await server.listen();
    this.#log.write({ type: 'listening', what: 'Kubernetes API', address: formatEndpoint({ ...listen, port }) });
    this.#writeKubeconfig(authority, clientUrl(listen, port));
    this.#renew(authority, certificate.certificate, server);
  }

  #tellFault(fault: string | undefined): void {
    const what = 'the database';
    if (fault === undefined) this.#log.write({ type: 'problem-over', what });
    else this.#log.write({ type: 'problem', what, problem: `writes are refused, reads go on: ${fault}` });
  }

  #certify(authority: Certified): Certified {
    const { listen, names, nodeName } = this.#options;
    const all = new Set([...usualNames, nodeName, listen.address.split('%')[0], ...names]);
    return makeServerCertificate(
      authority,
      nodeName,
      [...all].filter((name) => name !== '0.0.0.0' && name !== '::'),
      Date.now(),
    );
  }

  #writeKubeconfig(authority: Certified, server: string): void {
    const client = makeClientCertificate(authority, { name: 'admin', groups: [roleGroups.admin] }, Date.now());
    const text = renderKubeconfig({ server, authority: authority.certificate, user: 'admin', client });
    try {
      writePrivate(join(this.#options.stateDir, 'admin.kubeconfig'), text);
    } catch (error) {
      // On a full disk what is there is read all the same; 'waggle apiserver kubeconfig' prints one.
      if (!(error instanceof StateError)) throw error;
      this.#log.write({ type: 'problem', what: 'admin.kubeconfig', problem: error.message });
    }
  }

  /** A server that runs for a year gets a new certificate in time. */
  #renew(authority: Certified, first: string, server: ApiServer): void {
    let current = first;
    this.#renewal = setInterval(() => {
      if (!isEnding(current, Date.now())) return;
      const next = this.#certify(authority);
      server.renew(next.certificate, next.key);
      current = next.certificate;
    }, renewalCheckMs);
    this.#renewal.unref();
  }
}

/** Straight from the store: each request asks. */
function rbacOf(storage: Storage): RbacObjects {
  const keyOf = (plural: string): string => `rbac.authorization.k8s.io/${plural}`;
  return {
    role: (namespace, name) => storage.get({ resource: keyOf('roles'), namespace, name }),
    clusterRole: (name) => storage.get({ resource: keyOf('clusterroles'), namespace: '', name }),
    roleBindings: (namespace) => storage.list(keyOf('rolebindings'), namespace),
    clusterRoleBindings: () => storage.list(keyOf('clusterrolebindings'), undefined),
  };
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
