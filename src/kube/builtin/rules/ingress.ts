// Ingresses and their classes: hosts, paths and what is behind them. Whether that is there is nobody's business here.
// In Kubernetes' words.

import { parseAddress } from '#bgp/net/address.ts';
import type { Json, JsonObject } from '../../api/object.ts';
import { tell } from '../../registry/metadata-rules.ts';
import {
  checkDns1035Label,
  checkLabelName,
  checkPathSegment,
  checkPortName,
  checkPortNumber,
  checkSubdomain,
} from '../../registry/name-rules.ts';
import type { Faults } from '../../schema/faults.ts';
import { at, mapAt, mapsAt, numberAt, textAt, textsAt } from '../read-fields.ts';
import type { KindDetail } from './builtin-rules.ts';
import { checkImmutable, fillFields, withSpec } from './fill.ts';

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'];

export const ingressDetail: KindDetail = {
  check: (object, _before, faults) => {
    const spec = mapAt(object, 'spec');
    const [rules, backend] = [mapsAt(spec, 'rules'), at(spec, 'defaultBackend')];
    if (rules.length === 0 && backend === undefined) {
      faults.invalid('spec', null, 'either `defaultBackend` or `rules` must be specified');
    }
    if (backend !== undefined) checkBackend(mapAt(backend), 'spec.defaultBackend', faults);
    for (const [index, rule] of rules.entries()) checkRule(rule, `spec.rules[${index}]`, faults);
    for (const [index, tls] of mapsAt(spec, 'tls').entries()) {
      const field = `spec.tls[${index}]`;
      for (const [item, host] of textsAt(tls, 'hosts').entries()) checkHost(host, `${field}.hosts[${item}]`, faults);
      const secret = textAt(tls, 'secretName');
      if (secret !== '') tell(faults, `${field}.secretName`, secret, checkSubdomain(secret));
    }
    const className = textAt(spec, 'ingressClassName');
    if (className !== '') tell(faults, 'spec.ingressClassName', className, checkSubdomain(className));
  },
};

function checkRule(rule: JsonObject, field: string, faults: Faults): void {
  const host = textAt(rule, 'host');
  if (host !== '') {
    if (parseAddress(host) !== undefined) {
      faults.invalid(`${field}.host`, host, 'must be a DNS name, not an IP address');
    }
    checkHost(host, `${field}.host`, faults);
  }
  if (at(rule, 'http') === undefined) return;
  const paths = mapsAt(rule, 'http', 'paths');
  if (paths.length === 0) faults.required(`${field}.http.paths`);
  for (const [index, path] of paths.entries()) checkPath(path, `${field}.http.paths[${index}]`, faults);
}

function checkHost(host: string, field: string, faults: Faults): void {
  if (!host.includes('*')) {
    tell(faults, field, host, checkSubdomain(host));
    return;
  }
  if (host.startsWith('*.') && checkSubdomain(host.slice(2)).length === 0) return;
  const words =
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
  faults.invalid(field, host, words);
}

function checkPath(item: JsonObject, field: string, faults: Faults): void {
  const [type, path] = [textAt(item, 'pathType'), textAt(item, 'path')];
  if (type === '') {
    faults.required(`${field}.pathType`, 'pathType must be specified');
    return;
  }
  const isStrict = type === 'Exact' || type === 'Prefix';
  if (!pathTypes.includes(type)) faults.unsupported(`${field}.pathType`, type, pathTypes);
  else if (!path.startsWith('/') && (isStrict || path !== '')) {
    faults.invalid(`${field}.path`, path, 'must be an absolute path');
  }
  if (isStrict) {
    for (const part of ['//', '/./', '/../', '%2f', '%2F']) {
      if (path.includes(part)) faults.invalid(`${field}.path`, path, `must not contain '${part}'`);
    }
    for (const end of ['/..', '/.']) {
      if (path.endsWith(end)) faults.invalid(`${field}.path`, path, `cannot end with '${end}'`);
    }
  }
  checkBackend(mapAt(item, 'backend'), `${field}.backend`, faults);
}

function checkBackend(backend: JsonObject, field: string, faults: Faults): void {
  const [service, resource] = [at(backend, 'service'), at(backend, 'resource')];
  if (service !== undefined && resource !== undefined) {
    faults.invalid(field, '', 'cannot set both resource and service backends');
  } else if (resource !== undefined) checkReference(resource, `${field}.resource`, faults);
  else if (service === undefined) faults.invalid(field, '', 'resource or service backend is required');
  else checkServiceBackend(mapAt(service), field, faults);
}

function checkServiceBackend(service: JsonObject, field: string, faults: Faults): void {
  const name = textAt(service, 'name');
  if (name === '') faults.required(`${field}.service.name`);
  else tell(faults, `${field}.service.name`, name, checkDns1035Label(name));
  const [portName, port] = [textAt(service, 'port', 'name'), numberAt(service, 'port', 'number')];
  if (portName !== '' && port !== 0) faults.invalid(field, '', 'cannot set both port name & port number');
  else if (portName !== '') tell(faults, `${field}.service.port.name`, portName, checkPortName(portName));
  else if (port !== 0) tell(faults, `${field}.service.port.number`, port, checkPortNumber(port));
  else faults.required(field, 'port name or number is required');
}

function checkReference(reference: Json, field: string, faults: Faults): void {
  const group = textAt(reference, 'apiGroup');
  if (group !== '') tell(faults, `${field}.apiGroup`, group, checkSubdomain(group));
  for (const name of ['kind', 'name']) {
    const value = textAt(reference, name);
    if (value === '') faults.required(`${field}.${name}`);
    else tell(faults, `${field}.${name}`, value, checkPathSegment(value));
  }
}

export const ingressClassDetail: KindDetail = {
  fill: (object) =>
    withSpec(object, (spec) => {
      const parameters = at(spec, 'parameters');
      return parameters === undefined ? spec : { ...spec, parameters: fillFields(parameters, { scope: 'Cluster' }) };
    }),
  check: (object, before, faults) => {
    const spec = mapAt(object, 'spec');
    const controller = textAt(spec, 'controller');
    if (controller === '') faults.required('spec.controller');
    else {
      if (Buffer.byteLength(controller) > 250) faults.tooLong('spec.controller', 250);
      checkController(controller, faults);
    }
    const parameters = at(spec, 'parameters');
    if (parameters !== undefined) checkParameters(mapAt(parameters), faults);
    checkImmutable(object, before, ['spec', 'controller'], faults);
  },
};

function checkController(controller: string, faults: Faults): void {
  const slash = controller.indexOf('/');
  if (slash <= 0 || slash === controller.length - 1) {
    faults.invalid('spec.controller', controller, 'must be a domain-prefixed path (such as "acme.io/foo")');
    return;
  }
  const host = controller.slice(0, slash);
  tell(faults, 'spec.controller', host, checkSubdomain(host));
}

function checkParameters(parameters: JsonObject, faults: Faults): void {
  const field = 'spec.parameters';
  checkReference(parameters, field, faults);
  const [scope, namespace] = [textAt(parameters, 'scope'), at(parameters, 'namespace')];
  if (scope === 'Namespace') {
    if (typeof namespace === 'string') tell(faults, `${field}.namespace`, namespace, checkLabelName(namespace));
    else faults.required(`${field}.namespace`, "`parameters.scope` is set to 'Namespace'");
  } else if (scope !== 'Cluster') faults.unsupported(`${field}.scope`, scope, ['Cluster', 'Namespace']);
  else if (namespace !== undefined) {
    faults.forbidden(`${field}.namespace`, "`parameters.scope` is set to 'Cluster'");
  }
}
