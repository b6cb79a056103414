// Services: defaults, and what becomes of fields that the server gave out or that a change of type leaves behind. What is wrong with
// one is service-checks.ts; addresses and ports are given out in ../services.

import type { Json, JsonObject, KubeObject } from '../../api/object.ts';
import { isSameJson } from '../../api/same-json.ts';
import { checkDns1035Label } from '../../registry/name-rules.ts';
import { at, mapAt, mapsAt, numberAt, textAt, textsAt } from '../read-fields.ts';
import type { KindDetail } from './builtin-rules.ts';
import { fillFields, mapItems, withoutAbsent } from './fill.ts';
import { checkService } from './service-checks.ts';
import {
  isExternallyAccessible,
  isExternalName,
  isLoadBalancer,
  needsClusterIp,
  needsHealthCheck,
  needsNodePort,
  specOf,
} from './service-kind.ts';

export const serviceDetail: KindDetail = { nameRule: checkDns1035Label, fill: fillService, check: checkService };

const affinityTimeoutSec = 10_800;

function fillService(service: KubeObject, before: KubeObject | undefined): KubeObject {
  const spec = fillSpec(specOf(service));
  const status = fillStatus(mapAt(service, 'status'), spec);
  if (before === undefined) return { ...service, spec: withSameAddresses(spec, undefined), status };
  const old = specOf(before);
  const kept = keepAllocated(withSameAddresses(spec, old), old);
  return { ...service, spec: dropForeign(kept, old), status };
}

function fillSpec(given: JsonObject): JsonObject {
  const named = fillFields(given, { sessionAffinity: 'None', type: 'ClusterIP' });
  const ports = mapItems(named['ports'], (port) => {
    const filled = fillFields(port, { protocol: 'TCP' });
    const target = at(filled, 'targetPort');
    const hasTarget = target !== undefined && target !== '' && target !== 0;
    return hasTarget ? filled : { ...filled, targetPort: at(filled, 'port') };
  });
  const { sessionAffinityConfig, ports: _, ...rest } = named;
  const isSticky = textAt(named, 'sessionAffinity') === 'ClientIP';
  const clientIp = fillFields(at(sessionAffinityConfig, 'clientIP'), { timeoutSeconds: affinityTimeoutSec });
  return fillFields(rest, {
    ...(ports === undefined ? {} : { ports }),
    ...(isSticky ? { sessionAffinityConfig: { clientIP: clientIp } } : {}),
    ...(isExternalName(named) ? {} : { internalTrafficPolicy: 'Cluster' }),
    ...(isExternallyAccessible(named) ? { externalTrafficPolicy: 'Cluster' } : {}),
    ...(isLoadBalancer(named) ? { allocateLoadBalancerNodePorts: true } : {}),
  });
}

/** An address of a balancer is one of its own unless it says otherwise. */
function fillStatus(status: JsonObject, spec: JsonObject): JsonObject {
  const ingress = mapItems(at(status, 'loadBalancer', 'ingress'), (item) =>
    isLoadBalancer(spec) && textAt(item, 'ip') !== '' ? fillFields(item, { ipMode: 'VIP' }) : item,
  );
  return {
    ...status,
    loadBalancer: { ...mapAt(status, 'loadBalancer'), ...(ingress === undefined ? {} : { ingress }) },
  };
}

/** clusterIP is the first of clusterIPs: who sets one need not set the other. */
function withSameAddresses(spec: JsonObject, old: JsonObject | undefined): JsonObject {
  const first = textAt(spec, 'clusterIP');
  const all = textsAt(spec, 'clusterIPs');
  const isListUntouched = old !== undefined && isSameJson(all, textsAt(old, 'clusterIPs'));
  const isFirstChanged = old !== undefined && first !== textAt(old, 'clusterIP');
  if (all.length > 0 && !(isListUntouched && isFirstChanged)) return spec;
  const { clusterIPs: _, ...rest } = spec;
  return first === '' ? rest : { ...rest, clusterIPs: [first] };
}

/** What was given out stays, although whoever writes does not say it again. */
function keepAllocated(spec: JsonObject, old: JsonObject): JsonObject {
  const kept: Record<string, Json | undefined> = {};
  if (needsClusterIp(spec) && needsClusterIp(old)) {
    const first = textAt(spec, 'clusterIP') || textAt(old, 'clusterIP');
    if (first !== '') kept['clusterIP'] = first;
    if (textsAt(spec, 'clusterIPs').length === 0 && first === textAt(old, 'clusterIP')) {
      kept['clusterIPs'] = at(old, 'clusterIPs');
    }
  }
  if (needsNodePort(spec) && needsNodePort(old)) kept['ports'] = keepNodePorts(spec, old);
  if (needsHealthCheck(spec) && needsHealthCheck(old) && numberAt(spec, 'healthCheckNodePort') === 0) {
    kept['healthCheckNodePort'] = at(old, 'healthCheckNodePort');
  }
  return withoutAbsent({ ...spec, ...kept });
}

/** By the names of ports; never one that the new service uses for another. */
function keepNodePorts(spec: JsonObject, old: JsonObject): Json | undefined {
  const used = new Set(mapsAt(spec, 'ports').map((port) => numberAt(port, 'nodePort')));
  const byName = new Map(mapsAt(old, 'ports').map((port) => [textAt(port, 'name'), numberAt(port, 'nodePort')]));
  return mapItems(spec['ports'], (port) => {
    const nodePort = byName.get(textAt(port, 'name')) ?? 0;
    const isKept = numberAt(port, 'nodePort') === 0 && nodePort !== 0 && !used.has(nodePort);
    return isKept ? { ...port, nodePort } : port;
  });
}

/** After a change of type: what the old type needed and nobody touched is not meant any more. */
function dropForeign(spec: JsonObject, old: JsonObject): JsonObject {
  const dropped = new Set<string>();
  const dropSame = (needs: (one: JsonObject) => boolean, ...fields: readonly string[]): void => {
    if (!needs(old) || needs(spec)) return;
    for (const field of fields) if (isSameJson(at(spec, field), at(old, field))) dropped.add(field);
  };
  dropSame(needsClusterIp, 'clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy');
  dropSame((one) => !isExternalName(one), 'internalTrafficPolicy');
  dropSame(needsHealthCheck, 'healthCheckNodePort');
  dropSame(isLoadBalancer, 'allocateLoadBalancerNodePorts', 'loadBalancerClass');
  dropSame(isExternallyAccessible, 'externalTrafficPolicy');
  const rest = Object.fromEntries(Object.entries(spec).filter(([field]) => !dropped.has(field)));
  const hadNodePorts = needsNodePort(old) && !needsNodePort(spec) && isSameNodePorts(spec, old);
  if (!hadNodePorts) return rest;
  const ports = mapItems(spec['ports'], (port) => withoutAbsent({ ...port, nodePort: undefined }));
  return { ...rest, ...(ports === undefined ? {} : { ports }) };
}

function isSameNodePorts(spec: JsonObject, old: JsonObject): boolean {
  const list = (one: JsonObject): readonly number[] => mapsAt(one, 'ports').map((port) => numberAt(port, 'nodePort'));
  const [ours, theirs] = [new Set(list(spec)), new Set(list(old))];
  return ours.size === theirs.size && [...ours].every((port) => theirs.has(port));
}
