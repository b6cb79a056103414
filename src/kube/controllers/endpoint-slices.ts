// The EndpointSlices of a Service: what they should say, and what is to be written for that. Endpoints stay in the slices that they are
// in, so that a change of one Pod is told as a change of one slice. Pure. Upstream: endpointslice reconciler.

import type { JsonObject, KubeObject, ObjectMeta } from '../api/object.ts';
import { isSameJson } from '../api/same-json.ts';
import { mapsAt, textAt } from '../builtin/read-fields.ts';
import { isHeadless, specOf } from '../builtin/rules/service-kind.ts';
import {
  type AddressFamily,
  describePod,
  isOver,
  isReady,
  isTerminating,
  publishesNotReady,
  readFamilies,
  readPodAddresses,
  readPodPorts,
} from './service-pods.ts';

/** Endpoints with the same ports, of one family: they may share slices. */
export interface EndpointGroup {
  readonly addressType: AddressFamily;
  readonly ports: readonly JsonObject[];
  readonly endpoints: readonly JsonObject[];
}

export interface SlicePlan {
  readonly create: readonly KubeObject[];
  readonly update: readonly KubeObject[];
  readonly delete: readonly KubeObject[];
}

export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
export const serviceNameLabel = 'kubernetes.io/service-name';
export const manager = 'endpointslice-controller.k8s.io';
const headlessLabel = 'service.kubernetes.io/headless';
const maxEndpoints = 100;

/** `zoneOf`: of a node, by its name. A family without endpoints has one group without any. */
export function groupEndpoints(
  service: KubeObject,
  pods: readonly KubeObject[],
  zoneOf: (nodeName: string) => string,
): readonly EndpointGroup[] {
  return readFamilies(service).flatMap((addressType) => {
    const groups = new Map<string, { ports: readonly JsonObject[]; endpoints: JsonObject[] }>();
    for (const pod of pods) {
      const addresses = readPodAddresses(pod, addressType);
      if (isOver(pod) || addresses.length === 0) continue;
      const ports = readPodPorts(service, pod);
      const key = JSON.stringify(ports);
      const group = groups.get(key) ?? { ports, endpoints: [] };
      groups.set(key, group);
      group.endpoints.push(toEndpoint(service, pod, addresses, zoneOf));
    }
    if (groups.size === 0) return [{ addressType, ports: [], endpoints: [] }];
    return [...groups.values()].map((group) => ({ addressType, ...group }));
  });
}

function toEndpoint(
  service: KubeObject,
  pod: KubeObject,
  addresses: readonly string[],
  zoneOf: (nodeName: string) => string,
): JsonObject {
  const [serving, terminating] = [isReady(pod), isTerminating(pod)];
  const zone = zoneOf(textAt(pod, 'spec', 'nodeName'));
  return {
    addresses,
    conditions: { ready: publishesNotReady(service) || (serving && !terminating), serving, terminating },
    ...describePod(pod, service),
    ...(zone === '' ? {} : { zone }),
  };
}

/** `existing`: those of the service that we wrote. */
export function planSlices(
  service: KubeObject,
  existing: readonly KubeObject[],
  groups: readonly EndpointGroup[],
): SlicePlan {
  const unused = new Set(existing);
  const [create, update]: [KubeObject[], KubeObject[]] = [[], []];
  for (const group of groups) {
    const missing = new Map(group.endpoints.map((endpoint) => [uidOf(endpoint), endpoint]));
    const kept = existing
      .filter((slice) => slice['addressType'] === group.addressType && isSameJson(slice['ports'] ?? [], group.ports))
      .map((slice) => ({ slice, endpoints: takeOut(missing, mapsAt(slice, 'endpoints')) }))
      .filter(({ endpoints }) => endpoints.length > 0);
    const rest = [...missing.values()];
    // The fullest first, so that few slices change.
    for (const one of kept.toSorted((a, b) => b.endpoints.length - a.endpoints.length)) {
      one.endpoints.push(...rest.splice(0, maxEndpoints - one.endpoints.length));
    }
    for (const { slice, endpoints } of kept) {
      unused.delete(slice);
      const next = writeSlice(service, slice.metadata, group, endpoints);
      if (!isSameJson(next, slice)) update.push(next);
    }
    const isEmpty = group.endpoints.length === 0;
    const placeholder = isEmpty ? findEmpty(unused, group) : undefined;
    if (placeholder !== undefined) {
      unused.delete(placeholder);
      const next = writeSlice(service, placeholder.metadata, group, []);
      if (!isSameJson(next, placeholder)) update.push(next);
    } else if (isEmpty) create.push(writeSlice(service, newMetadata(service), group, []));
    while (rest.length > 0) {
      create.push(writeSlice(service, newMetadata(service), group, rest.splice(0, maxEndpoints)));
    }
  }
  return { create, update, delete: [...unused] };
}

/** Those that are still wanted, as they are wanted now, and only once. */
function takeOut(missing: Map<string, JsonObject>, endpoints: readonly JsonObject[]): JsonObject[] {
  return endpoints.flatMap((endpoint) => {
    const wanted = missing.get(uidOf(endpoint));
    missing.delete(uidOf(endpoint));
    return wanted === undefined ? [] : [wanted];
  });
}

function findEmpty(slices: Iterable<KubeObject>, { addressType }: EndpointGroup): KubeObject | undefined {
  return [...slices].find((slice) => slice['addressType'] === addressType && mapsAt(slice, 'endpoints').length === 0);
}

function uidOf(endpoint: JsonObject): string {
  return textAt(endpoint, 'targetRef', 'uid');
}

function newMetadata({ metadata: { name = '', namespace = '' } }: KubeObject): ObjectMeta {
  return { generateName: `${name}-`, namespace };
}

function writeSlice(
  service: KubeObject,
  metadata: ObjectMeta,
  { addressType, ports }: EndpointGroup,
  endpoints: readonly JsonObject[],
): KubeObject {
  const { name = '', uid = '' } = service.metadata;
  const owner = { apiVersion: 'v1', kind: 'Service', name, uid, controller: true, blockOwnerDeletion: true };
  const labels = { ...labelsOf(service), [serviceNameLabel]: name, [managedByLabel]: manager };
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...metadata, labels, ownerReferences: [owner] },
    addressType,
    endpoints,
    ports,
  };
}

/** What endpoints take over from their service. */
export function labelsOf(service: KubeObject): Readonly<Record<string, string>> {
  const { [headlessLabel]: _, ...labels } = service.metadata.labels ?? {};
  return isHeadless(specOf(service)) ? { ...labels, [headlessLabel]: '' } : labels;
}
