// What the Pods behind a Service come to: which of them take part, in which state, at which addresses and ports. Pure. Kubernetes
// documentation, "EndpointSlices"; upstream: endpointslice and endpoints controllers.

import { parseAddress } from '#bgp/net/address.ts';
import type { JsonObject, KubeObject } from '../api/object.ts';
import { at, mapAt, mapsAt, numberAt, textAt, textsAt } from '../builtin/read-fields.ts';
import { isExternalName, specOf } from '../builtin/rules/service-kind.ts';

export type AddressFamily = 'IPv4' | 'IPv6';

/** undefined: its endpoints are somebody else's business. */
export function readSelector(service: KubeObject): Readonly<Record<string, string>> | undefined {
  const spec = specOf(service);
  const selector = mapAt(spec, 'selector');
  const keys = Object.keys(selector);
  if (isExternalName(spec) || keys.length === 0) return undefined;
  return Object.fromEntries(keys.map((key) => [key, textAt(selector, key)]));
}

export function isSelected(pod: KubeObject | undefined, selector: Readonly<Record<string, string>>): boolean {
  const labels = pod?.metadata.labels;
  return labels !== undefined && Object.entries(selector).every(([key, value]) => labels[key] === value);
}

export function readFamilies(service: KubeObject): readonly AddressFamily[] {
  const spec = specOf(service);
  const named = textsAt(spec, 'ipFamilies').filter((family) => family === 'IPv4' || family === 'IPv6');
  if (named.length > 0) return named;
  return [familyOf(textAt(spec, 'clusterIP')) ?? 'IPv4'];
}

function familyOf(address: string): AddressFamily | undefined {
  const version = parseAddress(address)?.version;
  return version === undefined ? undefined : version === 4 ? 'IPv4' : 'IPv6';
}

/** In the order in which the Pod has them. */
export function readPodAddresses(pod: KubeObject, family: AddressFamily): readonly string[] {
  const listed = mapsAt(pod, 'status', 'podIPs').map((one) => textAt(one, 'ip'));
  const all = listed.length > 0 ? listed : [textAt(pod, 'status', 'podIP')];
  return all.filter((address) => familyOf(address) === family);
}

export function isReady(pod: KubeObject): boolean {
  return mapsAt(pod, 'status', 'conditions').some(({ type, status }) => type === 'Ready' && status === 'True');
}

export function isTerminating({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

/** It has run to its end: it serves nobody any more. */
export function isOver(pod: KubeObject): boolean {
  return ['Failed', 'Succeeded'].includes(textAt(pod, 'status', 'phase'));
}

/** A port whose name the Pod does not have is left out. */
export function readPodPorts(service: KubeObject, pod: KubeObject): readonly JsonObject[] {
  return mapsAt(specOf(service), 'ports').flatMap((port) => {
    const protocol = textAt(port, 'protocol') || 'TCP';
    const number = findTarget(port, protocol, pod);
    if (number === undefined) return [];
    const appProtocol = textAt(port, 'appProtocol');
    return [{ name: textAt(port, 'name'), port: number, protocol, ...(appProtocol === '' ? {} : { appProtocol }) }];
  });
}

function findTarget(port: JsonObject, protocol: string, pod: KubeObject): number | undefined {
  const target = at(port, 'targetPort');
  if (typeof target !== 'string') return numberAt(port, 'targetPort') || numberAt(port, 'port');
  // Sidecars are containers that begin first and go on.
  const sidecars = mapsAt(pod, 'spec', 'initContainers').filter((one) => textAt(one, 'restartPolicy') === 'Always');
  const named = [...mapsAt(pod, 'spec', 'containers'), ...sidecars]
    .flatMap((container) => mapsAt(container, 'ports'))
    .find((one) => textAt(one, 'name') === target && (textAt(one, 'protocol') || 'TCP') === protocol);
  return named === undefined ? undefined : numberAt(named, 'containerPort');
}

/** Of an address, what tells whose it is. */
export function describePod(pod: KubeObject, service: KubeObject): JsonObject {
  const { name = '', namespace = '', uid = '' } = pod.metadata;
  const nodeName = textAt(pod, 'spec', 'nodeName');
  const hostname = textAt(pod, 'spec', 'hostname');
  const isNamed = hostname !== '' && textAt(pod, 'spec', 'subdomain') === service.metadata.name;
  return {
    ...(isNamed ? { hostname } : {}),
    ...(nodeName === '' ? {} : { nodeName }),
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
}

export function publishesNotReady(service: KubeObject): boolean {
  return at(service, 'spec', 'publishNotReadyAddresses') === true;
}
