// What is wrong with the containers of a pod or a template: names, images, ports, variables, mounts, resources. In Kubernetes' words;
// defaults are in. Security contexts are the schema's business alone.

import type { Json, JsonObject } from '../../api/object.ts';
import { tell } from '../../registry/metadata-rules.ts';
import { checkLabelName, checkPortName, checkPortNumber } from '../../registry/name-rules.ts';
import type { Faults } from '../../schema/faults.ts';
import { at, listAt, mapAt, mapsAt, numberAt, textAt } from '../read-fields.ts';
import { quantityWords, readQuantity } from './quantity.ts';

const protocols = ['SCTP', 'TCP', 'UDP'];

export function checkContainers(spec: JsonObject, path: string, faults: Faults): void {
  const volumes = new Set(mapsAt(spec, 'volumes').map((volume) => textAt(volume, 'name')));
  const names = new Set<string>();
  if (mapsAt(spec, 'containers').length === 0) faults.required(`${path}.containers`);
  for (const list of ['initContainers', 'containers', 'ephemeralContainers']) {
    for (const [index, container] of mapsAt(spec, list).entries()) {
      const field = `${path}.${list}[${index}]`;
      checkName(container, field, names, faults);
      checkContainer(container, field, faults);
      checkMounts(container, field, volumes, faults);
    }
  }
  checkHostPorts(spec, path, faults);
}

function checkName(container: JsonObject, field: string, names: Set<string>, faults: Faults): void {
  const name = textAt(container, 'name');
  if (name === '') faults.required(`${field}.name`);
  else tell(faults, `${field}.name`, name, checkLabelName(name));
  if (name !== '' && names.has(name)) faults.duplicate(`${field}.name`, name);
  names.add(name);
}

function checkContainer(container: JsonObject, field: string, faults: Faults): void {
  const image = textAt(container, 'image');
  if (image === '') faults.required(`${field}.image`);
  else if (image !== image.trim()) {
    faults.invalid(`${field}.image`, image, 'must not have leading or trailing whitespace');
  }
  const pull = textAt(container, 'imagePullPolicy');
  const pulls = ['Always', 'IfNotPresent', 'Never'];
  if (!pulls.includes(pull)) faults.unsupported(`${field}.imagePullPolicy`, pull, pulls);
  const message = textAt(container, 'terminationMessagePolicy');
  if (message !== 'File' && message !== 'FallbackToLogsOnError') {
    const words = "must be 'File' or 'FallbackToLogsOnError'";
    faults.invalid(`${field}.terminationMessagePolicy`, message, words);
  }
  checkPorts(container, field, faults);
  for (const [index, variable] of mapsAt(container, 'env').entries()) {
    checkVariable(variable, `${field}.env[${index}]`, faults);
  }
  checkResources(mapAt(container, 'resources'), `${field}.resources`, faults);
  checkHandlers(container, field, faults);
}

const probes = ['livenessProbe', 'readinessProbe', 'startupProbe'];
const actions = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'];

function checkHandlers(container: JsonObject, field: string, faults: Faults): void {
  for (const name of probes) {
    const probe = at(container, name);
    if (probe === undefined) continue;
    checkHandler(mapAt(probe), `${field}.${name}`, faults);
    for (const number of ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold']) {
      const value = numberAt(probe, number);
      if (value < 0) faults.invalid(`${field}.${name}.${number}`, value, 'must be greater than or equal to 0');
    }
    const threshold = numberAt(probe, 'successThreshold');
    if (name !== 'readinessProbe' && threshold > 1) {
      faults.invalid(`${field}.${name}.successThreshold`, threshold, 'must be 1');
    }
  }
  for (const name of ['postStart', 'preStop']) {
    const hook = at(container, 'lifecycle', name);
    if (hook !== undefined) checkHandler(mapAt(hook), `${field}.lifecycle.${name}`, faults);
  }
}

/** Exactly one thing to do. */
function checkHandler(handler: JsonObject, field: string, faults: Faults): void {
  const [first, ...others] = actions.filter((action) => at(handler, action) !== undefined);
  if (first === undefined) faults.required(field, 'must specify a handler type');
  for (const other of others) faults.forbidden(`${field}.${other}`, 'may not specify more than 1 handler type');
  if (first === 'exec' && listAt(handler, 'exec', 'command').length === 0) faults.required(`${field}.exec.command`);
  if (first !== 'httpGet' && first !== 'tcpSocket') return;
  const port = at(handler, first, 'port');
  if (typeof port === 'number') tell(faults, `${field}.${first}.port`, port, checkPortNumber(port));
  if (typeof port === 'string') tell(faults, `${field}.${first}.port`, port, checkPortName(port));
}

function checkPorts(container: JsonObject, field: string, faults: Faults): void {
  const names = new Set<string>();
  for (const [index, port] of mapsAt(container, 'ports').entries()) {
    const path = `${field}.ports[${index}]`;
    const [name, number, hostPort] = [
      textAt(port, 'name'),
      numberAt(port, 'containerPort'),
      numberAt(port, 'hostPort'),
    ];
    if (name !== '') {
      tell(faults, `${path}.name`, name, checkPortName(name));
      if (names.has(name)) faults.duplicate(`${path}.name`, name);
      names.add(name);
    }
    if (number === 0) faults.required(`${path}.containerPort`);
    else tell(faults, `${path}.containerPort`, number, checkPortNumber(number));
    if (hostPort !== 0) tell(faults, `${path}.hostPort`, hostPort, checkPortNumber(hostPort));
    const protocol = textAt(port, 'protocol');
    if (!protocols.includes(protocol)) faults.unsupported(`${path}.protocol`, protocol, protocols);
  }
}

/** A pod has one network: two of its containers cannot have one port of the host. */
function checkHostPorts(spec: JsonObject, path: string, faults: Faults): void {
  const used = new Set<string>();
  const isOnHost = at(spec, 'hostNetwork') === true;
  for (const [place, container] of mapsAt(spec, 'containers').entries()) {
    for (const [index, port] of mapsAt(container, 'ports').entries()) {
      const hostPort = numberAt(port, 'hostPort');
      if (hostPort === 0) continue;
      const field = `${path}.containers[${place}].ports[${index}]`;
      if (isOnHost && hostPort !== numberAt(port, 'containerPort')) {
        const words = 'must match `hostPort` when `hostNetwork` is true';
        faults.invalid(`${field}.containerPort`, numberAt(port, 'containerPort'), words);
      }
      const key = `${textAt(port, 'protocol')}/${textAt(port, 'hostIP')}/${hostPort}`;
      if (used.has(key)) faults.duplicate(`${field}.hostPort`, key);
      used.add(key);
    }
  }
}

function checkVariable(variable: JsonObject, field: string, faults: Faults): void {
  const name = textAt(variable, 'name');
  if (name === '') faults.required(`${field}.name`);
  else if (!/^[ -<>-~]+$/.test(name)) {
    const words = "a valid environment variable name must consist only of printable ASCII characters other than '='";
    faults.invalid(`${field}.name`, name, words);
  }
  const from = at(variable, 'valueFrom');
  if (from === undefined) return;
  const sources = Object.values(mapAt(from)).filter((source) => source !== undefined && source !== null);
  if (sources.length === 0) {
    faults.invalid(
      `${field}.valueFrom`,
      '',
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`',
    );
  } else if (textAt(variable, 'value') !== '') {
    faults.invalid(`${field}.valueFrom`, '', 'may not be specified when `value` is not empty');
  }
  if (sources.length > 1) {
    faults.invalid(`${field}.valueFrom`, '', 'may not have more than one field specified at a time');
  }
}

function checkMounts(container: JsonObject, field: string, volumes: ReadonlySet<string>, faults: Faults): void {
  const paths = new Set<string>();
  for (const [index, mount] of mapsAt(container, 'volumeMounts').entries()) {
    const place = `${field}.volumeMounts[${index}]`;
    const [name, path] = [textAt(mount, 'name'), textAt(mount, 'mountPath')];
    if (name === '') faults.required(`${place}.name`);
    else if (!volumes.has(name)) faults.notFound(`${place}.name`, name);
    if (path === '') faults.required(`${place}.mountPath`);
    else if (paths.has(path)) faults.invalid(`${place}.mountPath`, path, 'must be unique');
    paths.add(path);
  }
}

/** Nobody asks for more than he may have. */
function checkResources(resources: JsonObject, field: string, faults: Faults): void {
  const read = (part: string, name: string, value: Json | undefined): number | undefined => {
    const quantity = readQuantity(value);
    if (quantity === undefined) faults.invalid(`${field}.${part}[${name}]`, value, quantityWords);
    else if (quantity < 0) faults.invalid(`${field}.${part}[${name}]`, value, 'must be greater than or equal to 0');
    return quantity;
  };
  const limits = mapAt(resources, 'limits');
  for (const [name, value] of Object.entries(limits)) read('limits', name, value);
  for (const [name, value] of Object.entries(mapAt(resources, 'requests'))) {
    const request = read('requests', name, value);
    const limit = readQuantity(at(limits, name));
    if (request === undefined || limit === undefined || request <= limit) continue;
    const words = `must be less than or equal to ${name} limit of ${textAt(limits, name) || limit}`;
    faults.invalid(`${field}.requests`, value, words);
  }
}
