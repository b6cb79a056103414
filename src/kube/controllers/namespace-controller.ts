// Namespaces: those that every cluster has are there, each has the service account that pods take by default, and one that is deleted
// is emptied of every kind before it goes. Upstream: namespace and serviceaccount controllers, system namespaces.

import { ApiError } from '../api/api-error.ts';
import type { KubeObject } from '../api/object.ts';
import type { Resource } from '../api/resource.ts';
import { isSameJson } from '../api/same-json.ts';
import { mapAt, mapsAt, textsAt } from '../builtin/read-fields.ts';
import {
  type Controller,
  type ControllerDeps,
  everything,
  findResource,
  getIfThere,
  listKinds,
  targetOf,
  timeText,
  unlessAlready,
  writeAs,
} from './controller.ts';
import { type Content, judgeContent } from './namespace-conditions.ts';
import { ObservedKind } from './observed-kind.ts';
import { WorkQueue } from './work-queue.ts';

const systemNamespaces: readonly string[] = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];
const defaultAccount = 'default';
/** Until what finalizers hold is looked at again. */
const emptyingMs = 1_000;
const asUs = writeAs('namespace-controller');
const background = {
  propagationPolicy: 'Background',
  gracePeriodSeconds: undefined,
  preconditions: { uid: undefined, resourceVersion: undefined },
} as const;

export class NamespaceController implements Controller {
  readonly #deps: ControllerDeps;
  readonly #queue: WorkQueue;
  readonly #namespaces: ObservedKind;
  readonly #accounts: ObservedKind;

  constructor(deps: ControllerDeps) {
    this.#deps = deps;
    this.#queue = new WorkQueue({
      clock: deps.clock,
      work: (name) => this.#sync(name),
      failed: (name, error) => deps.failed(`namespace ${name}`, error),
    });
    const everywhere = (plural: string): { resource: Resource; namespace: undefined } => ({
      resource: findResource(deps.api, '', plural),
      namespace: undefined,
    });
    this.#namespaces = new ObservedKind(everywhere('namespaces'), deps, (now, before) => {
      this.#queue.add((now ?? before)?.metadata.name ?? '');
    });
    this.#accounts = new ObservedKind(everywhere('serviceaccounts'), deps, (now, before) => {
      if (now === undefined) this.#queue.add(before?.metadata.namespace ?? '');
    });
  }

  start(): void {
    this.#accounts.start();
    this.#namespaces.start();
    for (const name of systemNamespaces) this.#queue.add(name);
  }

  close(): void {
    this.#queue.close();
    this.#namespaces.close();
    this.#accounts.close();
  }

  async #sync(name: string): Promise<void> {
    const { api } = this.#deps;
    const resource = findResource(api, '', 'namespaces');
    const namespace = getIfThere(api, { resource, namespace: undefined, name, subresource: undefined });
    if (namespace === undefined) {
      if (!systemNamespaces.includes(name)) return;
      const wanted = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
      await unlessAlready(api.create({ resource, namespace: undefined }, wanted, asUs), 'AlreadyExists');
      return;
    }
    if (namespace.metadata.deletionTimestamp === undefined) await this.#provideAccount(name);
    else if (textsAt(namespace, 'spec', 'finalizers').includes('kubernetes')) await this.#empty(namespace, resource);
  }

  async #provideAccount(namespace: string): Promise<void> {
    const { api } = this.#deps;
    const resource = findResource(api, '', 'serviceaccounts');
    const target = { resource, namespace, name: defaultAccount, subresource: undefined };
    if (getIfThere(api, target) !== undefined) return;
    const wanted = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: defaultAccount, namespace } };
    await unlessAlready(api.create({ resource, namespace }, wanted, asUs), 'AlreadyExists');
  }

  async #empty(namespace: KubeObject, resource: Resource): Promise<void> {
    const { api, clock } = this.#deps;
    const { name = '' } = namespace.metadata;
    const errors: string[] = [];
    const remaining: Content[] = [];
    for (const kind of listKinds(api).filter(({ isNamespaced }) => isNamespaced)) {
      const target = { resource: kind, namespace: name };
      try {
        await api.deleteCollection(target, everything, background, asUs);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        errors.push(error.message);
      }
      const objects = api.list(target, everything).items;
      if (objects.length > 0) remaining.push({ resource: kind, objects });
    }
    const status = mapAt(namespace, 'status');
    const conditions = judgeContent(mapsAt(status, 'conditions'), remaining, errors, timeText(clock.wallMs()));
    const told = { ...namespace, status: { ...status, phase: 'Terminating', conditions } };
    const target = targetOf(resource, namespace);
    const live = isSameJson(told, namespace)
      ? namespace
      : await api.update({ ...target, subresource: 'status' }, told, asUs);
    if (remaining.length > 0 || errors.length > 0) {
      this.#queue.addAfter(name, emptyingMs);
      return;
    }
    const finalizers = textsAt(live, 'spec', 'finalizers').filter((one) => one !== 'kubernetes');
    const freed = { ...live, spec: { ...mapAt(live, 'spec'), finalizers } };
    await unlessAlready(api.update({ ...target, subresource: 'finalize' }, freed, asUs), 'NotFound');
  }
}
