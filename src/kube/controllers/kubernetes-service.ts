// The Service `kubernetes`: where Pods find the API server. It has the first address of the range that services are given addresses
// of, and its endpoints are ours. Upstream: kube-apiserver, kubernetesservice controller and endpoint reconcilers.

import { Address } from '#bgp/net/address.ts';
import type { Prefix } from '#bgp/net/prefix.ts';
import type { Target } from '../api/api-port.ts';
import type { KubeObject } from '../api/object.ts';
import { isSameJson } from '../api/same-json.ts';
import { at, mapAt, textAt } from '../builtin/read-fields.ts';
import {
  type Controller,
  type ControllerDeps,
  deleteOnly,
  findResource,
  getIfThere,
  unlessAlready,
  writeAs,
} from './controller.ts';
import { ObservedKind } from './observed-kind.ts';
import { WorkQueue } from './work-queue.ts';

export interface KubernetesServiceOptions {
  /** The first range that services are given addresses of. */
  readonly serviceRange: Prefix;
  /** Where the server is reached, of the range's family; not a loopback address. */
  readonly serverAddress: string;
  readonly serverPort: number;
}

const name = 'kubernetes';
const namespace = 'default';
const servicePort = 443;
const asUs = writeAs('kubernetes-service');

export class KubernetesService implements Controller {
  readonly #deps: ControllerDeps;
  readonly #queue: WorkQueue;
  readonly #observed: readonly ObservedKind[];
  readonly #wanted: readonly { readonly target: Target; readonly object: KubeObject }[];

  constructor(options: KubernetesServiceOptions, deps: ControllerDeps) {
    this.#deps = deps;
    const { api } = deps;
    this.#queue = new WorkQueue({
      clock: deps.clock,
      work: () => this.#sync(),
      failed: (_, error) => deps.failed('the service kubernetes', error),
    });
    const targets = [
      { resource: findResource(api, '', 'services'), namespace },
      { resource: findResource(api, '', 'endpoints'), namespace },
      { resource: findResource(api, 'discovery.k8s.io', 'endpointslices'), namespace },
    ];
    const objects = [writeService(options), writeOurEndpoints(options), writeOurSlice(options)];
    this.#wanted = targets.map((target, index) => ({ target, object: objects[index] }));
    const observed = targets.map(
      (target) =>
        new ObservedKind(target, deps, (now, before) => {
          if ((now ?? before)?.metadata.name === name) this.#queue.add(name);
        }),
    );
    // It needs its namespace.
    const spaces = { resource: findResource(api, '', 'namespaces'), namespace: undefined };
    this.#observed = [...observed, new ObservedKind(spaces, deps, (now) => this.#see(now))];
  }

  start(): void {
    for (const observed of this.#observed) observed.start();
  }

  close(): void {
    this.#queue.close();
    for (const observed of this.#observed) observed.close();
  }

  #see(space: KubeObject | undefined): void {
    if (space?.metadata.name === namespace) this.#queue.add(name);
  }

  async #sync(): Promise<void> {
    const { api } = this.#deps;
    const spaces = findResource(api, '', 'namespaces');
    const space = { resource: spaces, namespace: undefined, name: namespace, subresource: undefined };
    if (getIfThere(api, space) === undefined) return;
    for (const { target, object } of this.#wanted) {
      const place = { ...target, name, subresource: undefined };
      const live = getIfThere(api, place);
      if (live === undefined) await api.create(target, object, asUs);
      else if (isForLife(live, object)) {
        const next = withWanted(live, object);
        if (!isSameJson(next, live)) await api.update(place, next, asUs);
      } else {
        // Of another range, by a server that was set up otherwise: these fields cannot be changed.
        await unlessAlready(api.delete(place, deleteOnly(live, undefined), asUs), 'NotFound');
        await api.create(target, object, asUs);
      }
    }
  }
}

/** Whether what cannot be changed is as it should be. */
function isForLife(live: KubeObject, wanted: KubeObject): boolean {
  return (
    textAt(live, 'spec', 'clusterIP') === textAt(wanted, 'spec', 'clusterIP') &&
    textAt(live, 'addressType') === textAt(wanted, 'addressType')
  );
}

/** Only what is ours: others may add labels, and the server fills in defaults. */
function withWanted(live: KubeObject, wanted: KubeObject): KubeObject {
  const labels = { ...live.metadata.labels, ...wanted.metadata.labels };
  const { apiVersion, kind, metadata: _, spec, ...fields } = wanted;
  const next = { ...live, ...fields, apiVersion, kind, metadata: { ...live.metadata, labels } };
  if (spec === undefined) return next;
  return { ...next, spec: { ...mapAt(live, 'spec'), ports: at(spec, 'ports') } };
}

export function firstAddress({ version, w0, w1, w2, w3 }: Prefix): string {
  return (version === 4 ? new Address(4, w0 + 1, 0, 0, 0) : new Address(6, w0, w1, w2, w3 + 1)).toString();
}

function writeService({ serviceRange, serverPort }: KubernetesServiceOptions): KubeObject {
  const clusterIP = firstAddress(serviceRange);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      type: 'ClusterIP',
      clusterIP,
      clusterIPs: [clusterIP],
      ipFamilies: [`IPv${serviceRange.version}`],
      ipFamilyPolicy: 'SingleStack',
      sessionAffinity: 'None',
      ports: [{ name: 'https', protocol: 'TCP', port: servicePort, targetPort: serverPort }],
    },
  };
}

function writeOurEndpoints({ serverAddress, serverPort }: KubernetesServiceOptions): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    // The slice is ours as well: nobody is to make another one of this.
    metadata: { name, namespace, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: [{ ip: serverAddress }], ports: [{ name: 'https', port: serverPort, protocol: 'TCP' }] }],
  };
}

function writeOurSlice({ serviceRange, serverAddress, serverPort }: KubernetesServiceOptions): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace, labels: { 'kubernetes.io/service-name': name } },
    addressType: `IPv${serviceRange.version}`,
    endpoints: [{ addresses: [serverAddress], conditions: { ready: true } }],
    ports: [{ name: 'https', port: serverPort, protocol: 'TCP' }],
  };
}
