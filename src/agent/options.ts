// The command line of `waggle agent`: its own options beside those of every daemon, and which of the ways
// to Kubernetes objects it takes.

import { isLoopbackAddress, parseEndpoint, type Endpoint } from '#control/router/text-formats.ts';
import {
  daemonOptionsHelp,
  parseDaemonOptions,
  textOf,
  type DaemonOptions,
  type Environment,
  type ParsedOptions,
} from '#daemon/options.ts';

/** Where Kubernetes objects come from. */
export type ObjectSource =
  /** A store of its own; `manifests`: its directory of YAML files, undefined: it holds nothing. */
  | { readonly type: 'standalone'; readonly manifests: string | undefined }
  /** The API server that a kubeconfig names. */
  | { readonly type: 'kubeconfig'; readonly file: string }
  /** The API server of the cluster in which we are a pod, by its service account. */
  | { readonly type: 'in-cluster' };

export interface AgentOptions extends DaemonOptions {
  readonly source: ObjectSource;
  readonly apiListen: Endpoint | undefined;
  /** Where the Secrets of authSecretRef live. */
  readonly bgpSecretsNamespace: string;
}

/** Cilium's default. */
export const defaultSecretsNamespace = 'kube-system';

export const agentHelp = `Usage: waggle agent --kubeconfig FILE [options]
       waggle agent --standalone [--manifests DIR] [options]

Runs the BGP control plane of one node, as CiliumBGPPeeringPolicy, CiliumNode, Node and Secret objects say. They come
from a Kubernetes API server: the one of a kubeconfig, or in a pod, without either option, that of the cluster by the
pod's service account. While it is away, sessions and routes stay as they are.

With --standalone they come from a directory, which is followed: what changes in it changes the sessions, and what is
broken changes nothing. 'waggle config check DIR' finds its faults before they meet an agent.

Options:
  --kubeconfig FILE   the API server, and who the agent is to it (WAGGLE_KUBECONFIG)
  --standalone        run with a store of its own instead of a cluster
  --manifests DIR     YAML files with the store's objects (WAGGLE_MANIFESTS)
  --bgp-secrets-namespace NAME
                      namespace of the Secrets that authSecretRef names
                      (WAGGLE_BGP_SECRETS_NAMESPACE; default: ${defaultSecretsNamespace})
  --api-listen ADDR   loopback address and port for the API, beside the unix socket (WAGGLE_API_LISTEN)
${daemonOptionsHelp}`;

const ownFlags = {
  standalone: { type: 'boolean' },
  manifests: { type: 'string' },
  'api-listen': { type: 'string' },
  'bgp-secrets-namespace': { type: 'string' },
  kubeconfig: { type: 'string' },
  config: { type: 'string' },
} as const;

export function parseAgentOptions(args: readonly string[], environment: Environment): ParsedOptions<AgentOptions> {
  return parseDaemonOptions(args, environment, ownFlags, readOwn);
}

function readOwn(
  values: Readonly<Record<string, unknown>>,
  environment: Environment,
): Pick<AgentOptions, 'source' | 'apiListen' | 'bgpSecretsNamespace'> | string {
  if (values.config !== undefined) return '--config: not supported yet; the agent has no settings beyond its options';
  const source = readSource(values, environment);
  if (typeof source === 'string') return source;
  const bgpSecretsNamespace =
    textOf(values['bgp-secrets-namespace']) ??
    textOf(environment.WAGGLE_BGP_SECRETS_NAMESPACE) ??
    defaultSecretsNamespace;
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(bgpSecretsNamespace)) {
    return `--bgp-secrets-namespace ${bgpSecretsNamespace}: expected the name of a namespace, such as kube-system`;
  }
  const listen = textOf(values['api-listen']) ?? textOf(environment.WAGGLE_API_LISTEN);
  if (listen === undefined) return { source, apiListen: undefined, bgpSecretsNamespace };
  const apiListen = parseEndpoint(listen);
  // The API has no authentication, so it never leaves the machine.
  if (apiListen === undefined || !isLoopbackAddress(apiListen.address)) {
    return `--api-listen ${listen}: expected a loopback address and port, such as 127.0.0.1:9880`;
  }
  return { source, apiListen, bgpSecretsNamespace };
}

/** A flag goes before a variable, and of the three ways one is meant. */
function readSource(values: Readonly<Record<string, unknown>>, environment: Environment): ObjectSource | string {
  const isStandalone = values.standalone === true;
  const kubeconfig = textOf(values.kubeconfig);
  if (kubeconfig !== undefined && isStandalone) {
    return '--kubeconfig and --standalone exclude each other: leave one of them out';
  }
  if (values.manifests !== undefined && !isStandalone) {
    return '--manifests DIR is read with --standalone only: add it';
  }
  if (isStandalone) {
    return { type: 'standalone', manifests: textOf(values.manifests) ?? textOf(environment.WAGGLE_MANIFESTS) };
  }
  const file = kubeconfig ?? textOf(environment.WAGGLE_KUBECONFIG);
  if (file !== undefined) return { type: 'kubeconfig', file };
  if (textOf(environment.KUBERNETES_SERVICE_HOST) !== undefined) return { type: 'in-cluster' };
  return (
    'where are the Kubernetes objects? expected --kubeconfig FILE, the service account of a pod in the cluster, ' +
    'or --standalone'
  );
}
