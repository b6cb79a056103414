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

export interface AgentOptions extends DaemonOptions {
  /** Directory of YAML files; undefined: a store without objects. */
  readonly manifests: string | undefined;
  readonly apiListen: Endpoint | undefined;
  /** Where the Secrets of authSecretRef live. */
  readonly bgpSecretsNamespace: string;
}

/** Cilium's default. */
export const defaultSecretsNamespace = 'kube-system';

export const agentHelp = `Usage: waggle agent --standalone [--manifests DIR] [options]

Runs the BGP control plane of one node, as CiliumBGPPeeringPolicy, CiliumNode, Node and Secret objects say. The
directory is followed: what changes in it changes the sessions, and what is broken changes nothing.
'waggle config check DIR' finds its faults before they meet an agent.

Options:
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
): Pick<AgentOptions, 'manifests' | 'apiListen' | 'bgpSecretsNamespace'> | string {
  if (values.config !== undefined) return '--config: not supported yet; the agent has no settings beyond its options';
  if (values.kubeconfig !== undefined) {
    if (values.standalone === true) return '--kubeconfig and --standalone exclude each other: leave one of them out';
    return '--kubeconfig: a cluster is not supported yet; run with --standalone --manifests DIR';
  }
  const manifests = textOf(values.manifests) ?? textOf(environment.WAGGLE_MANIFESTS);
  if (values.standalone !== true) {
    if (values.manifests !== undefined) return '--manifests DIR is read with --standalone only: add it';
    if (textOf(environment.KUBERNETES_SERVICE_HOST) !== undefined) {
      return 'the in-cluster service account is not supported yet; run with --standalone --manifests DIR';
    }
    return (
      'where are the Kubernetes objects? expected --kubeconfig FILE, the in-cluster service account, or --standalone; ' +
      'only --standalone is supported yet'
    );
  }
  const bgpSecretsNamespace =
    textOf(values['bgp-secrets-namespace']) ??
    textOf(environment.WAGGLE_BGP_SECRETS_NAMESPACE) ??
    defaultSecretsNamespace;
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(bgpSecretsNamespace)) {
    return `--bgp-secrets-namespace ${bgpSecretsNamespace}: expected the name of a namespace, such as kube-system`;
  }
  const listen = textOf(values['api-listen']) ?? textOf(environment.WAGGLE_API_LISTEN);
  if (listen === undefined) return { manifests, apiListen: undefined, bgpSecretsNamespace };
  const apiListen = parseEndpoint(listen);
  // The API has no authentication, so it never leaves the machine.
  if (apiListen === undefined || !isLoopbackAddress(apiListen.address)) {
    return `--api-listen ${listen}: expected a loopback address and port, such as 127.0.0.1:9880`;
  }
  return { manifests, apiListen, bgpSecretsNamespace };
}
