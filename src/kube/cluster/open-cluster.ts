// A kubeconfig, or the service account of a pod, → the cluster that it names. What is wrong with it is said before anything is asked.

import { readFileSync } from 'node:fs';
import type { KubeConfig } from '@kubernetes/client-node';
import { defaultRate } from './rate-limit.ts';
import { RemoteCluster, type RemoteOptions } from './remote-cluster.ts';

export type ClusterSource = { readonly type: 'kubeconfig'; readonly file: string } | { readonly type: 'in-cluster' };

/** What stands in a kubeconfig cannot be used. */
export class ClusterConfigError extends Error {
  override readonly name = 'ClusterConfigError';
}

/** `userAgent`: its first part is the field manager, `waggle-agent`. Rejects with ClusterConfigError. */
export async function openCluster(
  source: ClusterSource,
  userAgent: string,
  options: Partial<Omit<RemoteOptions, 'userAgent'>> = {},
): Promise<RemoteCluster> {
  // Half a second and 80 MB that only those pay who have a cluster.
  const { KubeConfig: Config } = await import('@kubernetes/client-node');
  const config = new Config();
  if (source.type === 'in-cluster') {
    config.loadFromCluster();
  } else {
    load(config, source.file);
  }
  const what = source.type === 'in-cluster' ? 'the service account' : `--kubeconfig ${source.file}`;
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new ClusterConfigError(`${what}: no cluster for the context "${config.currentContext}"`);
  if (!/^https:\/\/[^/\s]+/.test(cluster.server)) {
    throw new ClusterConfigError(`${what}: server ${cluster.server}: expected https://ADDRESS:PORT`);
  }
  if (config.getCurrentUser() === null) {
    throw new ClusterConfigError(`${what}: no user for the context "${config.currentContext}"`);
  }
  return new RemoteCluster(config, cluster.server, { rate: defaultRate, ...options, userAgent });
}

function load(config: KubeConfig, file: string): void {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new ClusterConfigError(`--kubeconfig ${file}: ${code === 'ENOENT' ? 'no such file' : code}`, {
      cause: error,
    });
  }
  try {
    config.loadFromString(text);
    // Files that it names are beside it.
    config.makePathsAbsolute(file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '.');
  } catch (error) {
    const words = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new ClusterConfigError(`--kubeconfig ${file}: no kubeconfig: ${words}`, { cause: error });
  }
}
