// The kinds of network policies, and how many objects of them a cluster has: for `waggle status`, which says that none is enforced.

import type { Cluster, Collection } from '../cluster/cluster.ts';
import { Informer } from '../cluster/informer.ts';

export const policyKinds: readonly Collection[] = [
  { group: 'cilium.io', version: 'v2', plural: 'ciliumnetworkpolicies', namespace: undefined },
  { group: 'cilium.io', version: 'v2', plural: 'ciliumclusterwidenetworkpolicies', namespace: undefined },
  { group: 'networking.k8s.io', version: 'v1', plural: 'networkpolicies', namespace: undefined },
];

export class PolicyCount {
  readonly #informers: readonly Informer[];

  constructor(cluster: Cluster) {
    this.#informers = policyKinds.map((kind) => new Informer(kind, cluster, { changed: () => {} }));
  }

  /** As far as they are known. */
  get stored(): number {
    return this.#informers.reduce((sum, { cache }) => sum + cache.size, 0);
  }

  /** Nobody waits for it: the count is right when it is. */
  start(): void {
    for (const informer of this.#informers) void informer.start();
  }

  stop(): void {
    for (const informer of this.#informers) void informer.close();
  }
}
