// What a Service's type and policies mean for its other fields: asked by defaults, validation and allocation alike.

import type { JsonObject, KubeObject } from '../../api/object.ts';
import { at, listAt, mapAt, textAt, textsAt } from '../read-fields.ts';

export function specOf(service: KubeObject | undefined): JsonObject {
  return mapAt(service, 'spec');
}

export function isExternalName(spec: JsonObject): boolean {
  return textAt(spec, 'type') === 'ExternalName';
}

export function isLoadBalancer(spec: JsonObject): boolean {
  return textAt(spec, 'type') === 'LoadBalancer';
}

export function isHeadless(spec: JsonObject): boolean {
  const addresses = textsAt(spec, 'clusterIPs');
  return addresses.length === 1 && addresses[0] === 'None';
}

/** Every type but ExternalName. */
export function needsClusterIp(spec: JsonObject): boolean {
  return ['ClusterIP', 'NodePort', 'LoadBalancer'].includes(textAt(spec, 'type'));
}

export function needsNodePort(spec: JsonObject): boolean {
  return (
    textAt(spec, 'type') === 'NodePort' || (isLoadBalancer(spec) && at(spec, 'allocateLoadBalancerNodePorts') !== false)
  );
}

export function isExternallyAccessible(spec: JsonObject): boolean {
  const type = textAt(spec, 'type');
  if (type === 'LoadBalancer' || type === 'NodePort') return true;
  return type === 'ClusterIP' && listAt(spec, 'externalIPs').length > 0;
}

/** A balancer asks nodes for their health when only those with endpoints take part. */
export function needsHealthCheck(spec: JsonObject): boolean {
  return isLoadBalancer(spec) && textAt(spec, 'externalTrafficPolicy') === 'Local';
}
