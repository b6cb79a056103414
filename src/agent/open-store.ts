// Where the agent's objects come from, opened: a directory, nothing at all, or a cluster.

import { join } from 'node:path';
import { StartError } from '#daemon/start-error.ts';
import { ClusterConfigError, openCluster } from '#kube/cluster/open-cluster.ts';
import { ClusterStore } from '#kube/cluster-store.ts';
import { emptyStore } from '#kube/empty-store.ts';
import { lookAtDirectory } from '#kube/manifest-directory.ts';
import { ManifestStore } from '#kube/manifest-store.ts';
import { HistoryError } from '#kube/object-history.ts';
import { PolicyCount } from '#kube/notices/policy-kinds.ts';
import type { KubeStore } from '#kube/port.ts';
import { admitManifest } from './judge-manifest.ts';
import type { AgentOptions } from './options.ts';

export interface OpenedStore {
  readonly store: KubeStore;
  /** What `waggle status` calls it. */
  readonly component: 'manifests' | 'cluster';
  /** For people: `/etc/waggle/manifests`, `https://192.0.2.10:6443`. */
  readonly name: string;
  /** Its first objects may be long in coming, and the agent runs meanwhile. */
  readonly mayBeAway: boolean;
  /** Network policies of a cluster; of files there are none. */
  readonly policies: PolicyCount | undefined;
}

/** Rejects with StartError. */
export async function openStore(options: AgentOptions, version: string): Promise<OpenedStore> {
  const { source, stateDir, nodeName, bgpSecretsNamespace: secretsNamespace } = options;
  if (source.type === 'standalone') return openDirectory(source.manifests, stateDir);
  try {
    const cluster = await openCluster(source, `waggle-agent/${version}`);
    const store = new ClusterStore({ nodeName, secretsNamespace }, cluster, admitManifest);
    return { store, component: 'cluster', name: cluster.name, mayBeAway: true, policies: new PolicyCount(cluster) };
  } catch (error) {
    if (error instanceof ClusterConfigError) throw new StartError(error.message, { cause: error });
    throw error;
  }
}

function openDirectory(manifests: string | undefined, stateDir: string): OpenedStore {
  const common = { component: 'manifests', mayBeAway: false, policies: undefined } as const;
  if (manifests === undefined) {
    return { ...common, store: emptyStore, name: 'the store (no --manifests DIR is given)' };
  }
  const { failure } = lookAtDirectory(manifests);
  if (failure !== undefined) throw new StartError(`--manifests ${manifests}: ${failure}`);
  try {
    const store = new ManifestStore(
      { directory: manifests, historyFile: join(stateDir, 'objects.json') },
      { admit: admitManifest, nowMs: () => Date.now() },
    );
    return { ...common, store, name: manifests };
  } catch (error) {
    if (error instanceof HistoryError) throw new StartError(error.message, { cause: error });
    throw error;
  }
}
