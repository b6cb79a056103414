// The Endpoints object of a Service, for clients that do not know EndpointSlices: one family, and at most a thousand addresses. Pure.
// Upstream: endpoints controller.

import type { JsonObject, KubeObject, ObjectMeta } from '../api/object.ts';
import { textAt } from '../builtin/read-fields.ts';
import { labelsOf } from './endpoint-slices.ts';
import {
  describePod,
  isOver,
  isReady,
  isTerminating,
  publishesNotReady,
  readFamilies,
  readPodAddresses,
  readPodPorts,
} from './service-pods.ts';

const managedByLabel = 'endpoints.kubernetes.io/managed-by';
const overCapacity = 'endpoints.kubernetes.io/over-capacity';
const maxAddresses = 1_000;

interface Subset {
  readonly ports: readonly JsonObject[];
  readonly addresses: JsonObject[];
  readonly notReadyAddresses: JsonObject[];
}

/** `existing`: undefined when there is none yet. */
export function writeEndpoints(
  service: KubeObject,
  pods: readonly KubeObject[],
  existing: KubeObject | undefined,
): KubeObject {
  const { name = '', namespace = '' } = service.metadata;
  const { annotations: { [overCapacity]: _, ...others } = {}, ...rest } = existing?.metadata ?? {};
  const subsets = new Map<string, Subset>();
  const [family] = readFamilies(service);
  const isTolerant = publishesNotReady(service);
  const chosen = pods
    .filter((pod) => !isOver(pod) && (isTolerant || !isTerminating(pod)))
    .filter((pod) => readPodAddresses(pod, family).length > 0)
    // Those that serve count before those that do not.
    .toSorted((a, b) => Number(isReady(b)) - Number(isReady(a)));
  for (const pod of chosen.slice(0, maxAddresses)) {
    const ports = readPodPorts(service, pod);
    const key = JSON.stringify(ports);
    const subset = subsets.get(key) ?? { ports, addresses: [], notReadyAddresses: [] };
    subsets.set(key, subset);
    const address = { ip: readPodAddresses(pod, family)[0], ...describePod(pod, service) };
    (isTolerant || isReady(pod) ? subset.addresses : subset.notReadyAddresses).push(address);
  }
  const isTruncated = chosen.length > maxAddresses;
  const annotations = isTruncated ? { ...others, [overCapacity]: 'truncated' } : others;
  const metadata: ObjectMeta = {
    ...rest,
    name,
    namespace,
    labels: { ...labelsOf(service), [managedByLabel]: 'endpoint-controller' },
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
  const written = [...subsets].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, subset]) => writeSubset(subset));
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata,
    ...(written.length === 0 ? {} : { subsets: written }),
  };
}

/** What is empty is absent. Addresses are in an order of their own, so that the same ones are always written the same. */
function writeSubset({ ports, addresses, notReadyAddresses }: Subset): JsonObject {
  const sort = (list: readonly JsonObject[]): readonly JsonObject[] =>
    list.toSorted((a, b) => (textAt(a, 'ip') < textAt(b, 'ip') ? -1 : 1));
  return {
    ...(addresses.length === 0 ? {} : { addresses: sort(addresses) }),
    ...(notReadyAddresses.length === 0 ? {} : { notReadyAddresses: sort(notReadyAddresses) }),
    ...(ports.length === 0 ? {} : { ports: ports.map((port) => withoutEmptyName(port)) }),
  };
}

function withoutEmptyName({ name, ...rest }: JsonObject): JsonObject {
  return name === '' ? rest : { name, ...rest };
}
