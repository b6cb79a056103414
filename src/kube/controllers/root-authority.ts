// In every namespace a ConfigMap with the authority that the server's certificate is from, so that pods can tell it from others; made
// again when it is deleted or changed. Upstream: root-ca-cert-publisher, ConfigMap kube-root-ca.crt.

import { isSameJson } from '../api/same-json.ts';
import {
  type Controller,
  type ControllerDeps,
  findResource,
  getIfThere,
  unlessAlready,
  writeAs,
} from './controller.ts';
import { ObservedKind } from './observed-kind.ts';
import { WorkQueue } from './work-queue.ts';

const name = 'kube-root-ca.crt';
const asUs = writeAs('root-ca-cert-publisher');
const annotations = {
  'kubernetes.io/description': "The authority of this API server's certificate. Nothing else is to be trusted by it.",
};

export class RootAuthorityPublisher implements Controller {
  readonly #data: { readonly 'ca.crt': string };
  readonly #deps: ControllerDeps;
  readonly #queue: WorkQueue;
  readonly #observed: readonly ObservedKind[];

  /** `authority`: PEM. */
  constructor(authority: string, deps: ControllerDeps) {
    this.#data = { 'ca.crt': authority };
    this.#deps = deps;
    this.#queue = new WorkQueue({
      clock: deps.clock,
      work: (namespace) => this.#sync(namespace),
      failed: (namespace, error) => deps.failed(`${name} of namespace ${namespace}`, error),
    });
    const at = (plural: string): { resource: ReturnType<typeof findResource>; namespace: undefined } => ({
      resource: findResource(deps.api, '', plural),
      namespace: undefined,
    });
    this.#observed = [
      new ObservedKind(at('namespaces'), deps, (now) => {
        if (now !== undefined) this.#queue.add(now.metadata.name ?? '');
      }),
      new ObservedKind(at('configmaps'), deps, (now, before) => {
        const { metadata } = now ?? before ?? {};
        if (metadata?.name === name) this.#queue.add(metadata.namespace ?? '');
      }),
    ];
  }

  start(): void {
    for (const observed of this.#observed) observed.start();
  }

  close(): void {
    this.#queue.close();
    for (const observed of this.#observed) observed.close();
  }

  async #sync(namespace: string): Promise<void> {
    const { api } = this.#deps;
    const spaces = findResource(api, '', 'namespaces');
    const space = getIfThere(api, { resource: spaces, namespace: undefined, name: namespace, subresource: undefined });
    if (space === undefined || space.metadata.deletionTimestamp !== undefined) return;
    const resource = findResource(api, '', 'configmaps');
    const target = { resource, namespace, name, subresource: undefined };
    const live = getIfThere(api, target);
    if (live === undefined) {
      const metadata = { name, namespace, annotations };
      const wanted = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: this.#data };
      // Its namespace may have begun to go meanwhile.
      await unlessAlready(api.create({ resource, namespace }, wanted, asUs), 'AlreadyExists', 'NotFound');
    } else if (!isSameJson(live['data'], this.#data)) {
      await unlessAlready(api.update(target, { ...live, data: this.#data }, asUs), 'NotFound', 'Conflict');
    }
  }
}
