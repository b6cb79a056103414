// The command line of `waggle operator`: its own options beside those of every daemon.

import { isLoopbackAddress, parseEndpoint, type Endpoint } from '#control/router/text-formats.ts';
import {
  daemonOptionsHelp,
  parseDaemonOptions,
  textOf,
  type DaemonOptions,
  type Environment,
  type ParsedOptions,
} from '#daemon/options.ts';
import type { ClusterSource } from '#kube/cluster/open-cluster.ts';

export interface OperatorOptions extends DaemonOptions {
  readonly source: ClusterSource;
  readonly metricsListen: Endpoint;
  /** Where the Lease is by which operators agree on one. */
  readonly leaseNamespace: string;
}

const defaultMetrics = '127.0.0.1:9963';
const defaultNamespace = 'kube-system';

export const operatorHelp = `Usage: waggle operator --kubeconfig FILE [options]

Does what a cluster needs once: tells users what is stored and not acted on, as a condition Valid=False of network
policies and as Events. Of several operators the one that holds the Lease waggle-operator works. In a pod, without
--kubeconfig, the cluster is that of the pod's service account.

Options:
  --kubeconfig FILE   the API server, and who the operator is to it (WAGGLE_KUBECONFIG)
  --metrics-listen ADDR:PORT
                      loopback address for /metrics and /healthz (WAGGLE_METRICS_LISTEN; default: ${defaultMetrics})
  --lease-namespace NAME
                      where the Lease is (WAGGLE_LEASE_NAMESPACE; default: ${defaultNamespace})
${daemonOptionsHelp}`;

const ownFlags = {
  kubeconfig: { type: 'string' },
  'metrics-listen': { type: 'string' },
  'lease-namespace': { type: 'string' },
} as const;

export function parseOperatorOptions(
  args: readonly string[],
  environment: Environment,
): ParsedOptions<OperatorOptions> {
  return parseDaemonOptions(args, environment, ownFlags, readOwn);
}

function readOwn(
  values: Readonly<Record<string, unknown>>,
  environment: Environment,
): Pick<OperatorOptions, 'source' | 'metricsListen' | 'leaseNamespace'> | string {
  const file = textOf(values.kubeconfig) ?? textOf(environment.WAGGLE_KUBECONFIG);
  if (file === undefined && textOf(environment.KUBERNETES_SERVICE_HOST) === undefined) {
    return 'where is the API server? expected --kubeconfig FILE, or the service account of a pod in the cluster';
  }
  const leaseNamespace =
    textOf(values['lease-namespace']) ?? textOf(environment.WAGGLE_LEASE_NAMESPACE) ?? defaultNamespace;
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(leaseNamespace)) {
    return `--lease-namespace ${leaseNamespace}: expected the name of a namespace, such as kube-system`;
  }
  const listen = textOf(values['metrics-listen']) ?? textOf(environment.WAGGLE_METRICS_LISTEN) ?? defaultMetrics;
  const metricsListen = parseEndpoint(listen);
  // Neither TLS nor clients' certificates: it never leaves the machine.
  if (metricsListen === undefined || !isLoopbackAddress(metricsListen.address)) {
    return `--metrics-listen ${listen}: expected a loopback address and port, such as ${defaultMetrics}`;
  }
  return {
    source: file === undefined ? { type: 'in-cluster' } : { type: 'kubeconfig', file },
    metricsListen,
    leaseNamespace,
  };
}
