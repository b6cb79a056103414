// What is wrong with a Service, apart from its addresses within the cluster (service-families.ts): Kubernetes' validation of services,
// in its words. Ports, names and types have defaults by now.

import type { JsonObject, KubeObject } from '../../api/object.ts';
import { parsePrefix } from '#bgp/net/prefix.ts';
import type { Faults } from '../../schema/faults.ts';
import { checkLabels, tell } from '../../registry/metadata-rules.ts';
import {
  checkLabelName,
  checkPortName,
  checkPortNumber,
  checkQualifiedName,
  checkSubdomain,
} from '../../registry/name-rules.ts';
import { at, listAt, mapsAt, numberAt, textAt, textsAt } from '../read-fields.ts';
import { checkAddress, checkNonSpecialAddress } from './addresses.ts';
import { checkAddressChange, checkFamilies } from './service-families.ts';
import {
  isExternallyAccessible,
  isExternalName,
  isHeadless,
  isLoadBalancer,
  needsHealthCheck,
  specOf,
} from './service-kind.ts';

const protocols = ['SCTP', 'TCP', 'UDP'];
const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const kubeletPort = 10_250;
const balancerWords = "may only be used when `type` is 'LoadBalancer'";

export function checkService(service: KubeObject, before: KubeObject | undefined, faults: Faults): void {
  const spec = specOf(service);
  if (listAt(spec, 'ports').length === 0 && !isHeadless(spec) && !isExternalName(spec)) faults.required('spec.ports');
  checkType(spec, faults);
  checkPorts(spec, faults);
  checkLabels(at(spec, 'selector'), 'spec.selector', faults);
  checkAffinity(spec, faults);
  checkFamilies(spec, faults);
  for (const [index, address] of textsAt(spec, 'externalIPs').entries()) {
    const field = `spec.externalIPs[${index}]`;
    if (checkAddress(field, address, faults)) checkNonSpecialAddress(field, address, faults);
  }
  if (!types.includes(textAt(spec, 'type'))) faults.unsupported('spec.type', textAt(spec, 'type'), types);
  checkNodePorts(spec, faults);
  checkBalancer(spec, before, faults);
  checkTraffic(spec, faults);
  checkStatus(service, faults);
  if (before !== undefined) checkAddressChange(spec, specOf(before), faults);
}

function checkType(spec: JsonObject, faults: Faults): void {
  const type = textAt(spec, 'type');
  if (type === 'LoadBalancer') {
    for (const [index, port] of mapsAt(spec, 'ports').entries()) {
      if (numberAt(port, 'port') !== kubeletPort) continue;
      const words = `may not expose port ${kubeletPort} externally since it is used by kubelet`;
      faults.invalid(`spec.ports[${index}]`, kubeletPort, words);
    }
  }
  if ((type === 'LoadBalancer' || type === 'NodePort') && isHeadless(spec)) {
    faults.invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`);
  }
  if (type !== 'ExternalName') return;
  for (const field of ['clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) {
    const value = at(spec, field);
    const isSet = value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0);
    if (isSet) faults.forbidden(`spec.${field}`, 'may not be set for ExternalName services');
  }
  const name = textAt(spec, 'externalName').replace(/\.$/, '');
  if (name === '') faults.required('spec.externalName');
  else tell(faults, 'spec.externalName', name, checkSubdomain(name));
}

function checkPorts(spec: JsonObject, faults: Faults): void {
  const ports = mapsAt(spec, 'ports');
  const [names, numbers] = [new Set<string>(), new Set<string>()];
  for (const [index, port] of ports.entries()) {
    const field = `spec.ports[${index}]`;
    const [name, number, protocol] = [textAt(port, 'name'), numberAt(port, 'port'), textAt(port, 'protocol')];
    if (name !== '') {
      tell(faults, `${field}.name`, name, checkLabelName(name));
      if (names.has(name)) faults.duplicate(`${field}.name`, name);
      names.add(name);
    } else if (ports.length > 1) faults.required(`${field}.name`);
    tell(faults, `${field}.port`, number, checkPortNumber(number));
    if (!protocols.includes(protocol)) faults.unsupported(`${field}.protocol`, protocol, protocols);
    const target = at(port, 'targetPort');
    if (typeof target === 'number') tell(faults, `${field}.targetPort`, target, checkPortNumber(target));
    if (typeof target === 'string') tell(faults, `${field}.targetPort`, target, checkPortName(target));
    const application = at(port, 'appProtocol');
    if (typeof application === 'string') {
      tell(faults, `${field}.appProtocol`, application, checkQualifiedName(application));
    }
    const key = `${protocol}/${number}`;
    if (numbers.has(key)) faults.duplicate(field, { protocol, port: number });
    numbers.add(key);
  }
}

function checkNodePorts(spec: JsonObject, faults: Faults): void {
  const used = new Set<string>();
  for (const [index, port] of mapsAt(spec, 'ports').entries()) {
    const nodePort = numberAt(port, 'nodePort');
    if (nodePort === 0) continue;
    const field = `spec.ports[${index}].nodePort`;
    if (textAt(spec, 'type') === 'ClusterIP') faults.forbidden(field, "may not be used when `type` is 'ClusterIP'");
    const key = `${textAt(port, 'protocol')}/${nodePort}`;
    if (used.has(key)) faults.duplicate(field, nodePort);
    used.add(key);
  }
}

function checkAffinity(spec: JsonObject, faults: Faults): void {
  const affinity = textAt(spec, 'sessionAffinity');
  if (!['ClientIP', 'None'].includes(affinity)) {
    faults.unsupported('spec.sessionAffinity', affinity, ['ClientIP', 'None']);
  }
  if (affinity !== 'ClientIP') return;
  const seconds = numberAt(spec, 'sessionAffinityConfig', 'clientIP', 'timeoutSeconds');
  if (seconds > 0 && seconds <= 86_400) return;
  const field = 'spec.sessionAffinityConfig.clientIP.timeoutSeconds';
  faults.invalid(field, seconds, 'must be greater than 0 and less than 86400');
}

function checkBalancer(spec: JsonObject, before: KubeObject | undefined, faults: Faults): void {
  const isBalancer = isLoadBalancer(spec);
  const ranges = textsAt(spec, 'loadBalancerSourceRanges');
  if (ranges.length > 0 && !isBalancer) faults.forbidden('spec.loadBalancerSourceRanges', balancerWords);
  for (const [index, range] of ranges.entries()) {
    if (parsePrefix(range.trim()) !== undefined) continue;
    const words = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
    faults.invalid(`spec.loadBalancerSourceRanges[${index}]`, range, words);
  }
  if (at(spec, 'allocateLoadBalancerNodePorts') !== undefined && !isBalancer) {
    faults.forbidden('spec.allocateLoadBalancerNodePorts', balancerWords);
  }
  const field = 'spec.loadBalancerClass';
  const className = at(spec, 'loadBalancerClass');
  const old = specOf(before);
  if (isBalancer && isLoadBalancer(old) && className !== at(old, 'loadBalancerClass')) {
    faults.invalid(field, className, 'may not change once set');
  }
  if (typeof className !== 'string') return;
  if (!isBalancer) faults.forbidden(field, balancerWords);
  else tell(faults, field, className, checkQualifiedName(className));
}

function checkTraffic(spec: JsonObject, faults: Faults): void {
  const internal = at(spec, 'internalTrafficPolicy');
  if (internal !== undefined && internal !== 'Cluster' && internal !== 'Local') {
    faults.unsupported('spec.internalTrafficPolicy', internal, ['Cluster', 'Local']);
  }
  const external = textAt(spec, 'externalTrafficPolicy');
  if (!isExternallyAccessible(spec)) {
    if (external !== '') {
      faults.invalid('spec.externalTrafficPolicy', external, 'may only be set for externally-accessible services');
    }
  } else if (external !== 'Cluster' && external !== 'Local') {
    faults.unsupported('spec.externalTrafficPolicy', external, ['Cluster', 'Local']);
  }
  const port = numberAt(spec, 'healthCheckNodePort');
  if (port !== 0) {
    if (needsHealthCheck(spec)) tell(faults, 'spec.healthCheckNodePort', port, checkPortNumber(port));
    else {
      const words = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
      faults.invalid('spec.healthCheckNodePort', port, words);
    }
  }
  const distribution = at(spec, 'trafficDistribution');
  const distributions = ['PreferClose', 'PreferSameNode', 'PreferSameZone'];
  if (distribution !== undefined && !(typeof distribution === 'string' && distributions.includes(distribution))) {
    faults.unsupported('spec.trafficDistribution', distribution, distributions);
  }
}

function checkStatus(service: KubeObject, faults: Faults): void {
  for (const [index, ingress] of mapsAt(service, 'status', 'loadBalancer', 'ingress').entries()) {
    const field = `status.loadBalancer.ingress[${index}]`;
    const [ip, hostname, mode] = [textAt(ingress, 'ip'), textAt(ingress, 'hostname'), at(ingress, 'ipMode')];
    if (ip !== '') checkAddress(`${field}.ip`, ip, faults);
    if (ip === '' && mode !== undefined)
      faults.forbidden(`${field}.ipMode`, 'may not be specified when `ip` is not set');
    if (hostname !== '') tell(faults, `${field}.hostname`, hostname, checkSubdomain(hostname));
  }
}
