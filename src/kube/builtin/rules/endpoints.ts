// Endpoints and EndpointSlices: where a service leads to. Addresses of this host or of one link lead nowhere, and are refused; lists
// are bounded as upstream bounds them.

import { parseAddress } from '#bgp/net/address.ts';
import type { JsonObject } from '../../api/object.ts';
import { tell } from '../../registry/metadata-rules.ts';
import { checkLabelName, checkPortNumber, checkQualifiedName, checkSubdomain } from '../../registry/name-rules.ts';
import type { Faults } from '../../schema/faults.ts';
import { at, mapAt, mapsAt, numberAt, textAt, textsAt } from '../read-fields.ts';
import { checkAddress, checkNonSpecialAddress } from './addresses.ts';
import type { KindDetail } from './builtin-rules.ts';
import { checkImmutable, fillFields, mapItems, withoutAbsent } from './fill.ts';

const protocols = ['SCTP', 'TCP', 'UDP'];
const [maxEndpoints, maxAddresses, maxPorts] = [1_000, 100, 20_000];

export const endpointsDetail: KindDetail = {
  fill: (object) => ({
    ...object,
    ...withoutAbsent({
      subsets: mapItems(object['subsets'], (subset) => {
        const ports = mapItems(subset['ports'], (port) => fillFields(port, { protocol: 'TCP' }));
        return { ...subset, ...withoutAbsent({ ports }) };
      }),
    }),
  }),
  check: (object, _before, faults) => {
    for (const [index, subset] of mapsAt(object, 'subsets').entries()) checkSubset(subset, `subsets[${index}]`, faults);
  },
};

function checkSubset(subset: JsonObject, field: string, faults: Faults): void {
  const lists = ['addresses', 'notReadyAddresses'];
  if (lists.every((list) => mapsAt(subset, list).length === 0)) {
    faults.required(field, 'must specify `addresses` or `notReadyAddresses`');
  }
  for (const list of lists) {
    for (const [index, address] of mapsAt(subset, list).entries()) {
      const path = `${field}.${list}[${index}]`;
      const [ip, hostname, nodeName] = ['ip', 'hostname', 'nodeName'].map((name) => textAt(address, name));
      if (checkAddress(`${path}.ip`, ip, faults)) checkNonSpecialAddress(`${path}.ip`, ip, faults);
      if (hostname !== '') tell(faults, `${path}.hostname`, hostname, checkLabelName(hostname));
      if (nodeName !== '') tell(faults, `${path}.nodeName`, nodeName, checkSubdomain(nodeName));
    }
  }
  const ports = mapsAt(subset, 'ports');
  for (const [index, port] of ports.entries()) {
    const path = `${field}.ports[${index}]`;
    const [name, number, protocol] = [textAt(port, 'name'), numberAt(port, 'port'), textAt(port, 'protocol')];
    if (name !== '') tell(faults, `${path}.name`, name, checkLabelName(name));
    else if (ports.length > 1) faults.required(`${path}.name`);
    tell(faults, `${path}.port`, number, checkPortNumber(number));
    if (!protocols.includes(protocol)) faults.unsupported(`${path}.protocol`, protocol, protocols);
  }
}

export const endpointSliceDetail: KindDetail = {
  fill: (object) => ({
    ...object,
    ...withoutAbsent({
      ports: mapItems(object['ports'], (port) => fillFields(port, { name: '', protocol: 'TCP' })),
    }),
  }),
  check: (object, before, faults) => {
    const type = textAt(object, 'addressType');
    if (type === '') faults.required('addressType');
    else if (!['FQDN', 'IPv4', 'IPv6'].includes(type)) {
      faults.unsupported('addressType', type, ['FQDN', 'IPv4', 'IPv6']);
    }
    const endpoints = mapsAt(object, 'endpoints');
    if (endpoints.length > maxEndpoints) faults.tooMany('endpoints', endpoints.length, maxEndpoints);
    else {
      for (const [index, endpoint] of endpoints.entries()) {
        checkEndpoint(endpoint, type, `endpoints[${index}]`, faults);
      }
    }
    checkSlicePorts(mapsAt(object, 'ports'), faults);
    checkImmutable(object, before, ['addressType'], faults);
  },
};

function checkEndpoint(endpoint: JsonObject, type: string, field: string, faults: Faults): void {
  const addresses = textsAt(endpoint, 'addresses');
  if (addresses.length === 0) faults.required(`${field}.addresses`, 'must contain at least 1 address');
  if (addresses.length > maxAddresses) faults.tooMany(`${field}.addresses`, addresses.length, maxAddresses);
  for (const [index, address] of addresses.slice(0, maxAddresses).entries()) {
    checkTyped(address, type, `${field}.addresses[${index}]`, faults);
  }
  const [hostname, nodeName] = [textAt(endpoint, 'hostname'), textAt(endpoint, 'nodeName')];
  if (hostname !== '') tell(faults, `${field}.hostname`, hostname, checkLabelName(hostname));
  if (nodeName !== '') tell(faults, `${field}.nodeName`, nodeName, checkSubdomain(nodeName));
  const topology = Object.keys(mapAt(endpoint, 'deprecatedTopology')).length;
  if (topology > 8) faults.tooMany(`${field}.deprecatedTopology`, topology, 8);
}

function checkTyped(address: string, type: string, field: string, faults: Faults): void {
  if (type === 'FQDN') {
    const name = address.replace(/\.$/, '');
    const wrong = checkSubdomain(name);
    tell(faults, field, address, wrong.slice(0, 1));
    if (wrong.length === 0 && !name.includes('.')) {
      faults.invalid(field, address, 'should be a domain with at least two segments separated by dots');
    }
    return;
  }
  if (type !== 'IPv4' && type !== 'IPv6') return;
  if (`IPv${parseAddress(address)?.version}` === type) checkNonSpecialAddress(field, address, faults);
  else faults.invalid(field, address, `must be a valid ${type} address`);
}

function checkSlicePorts(ports: readonly JsonObject[], faults: Faults): void {
  if (ports.length > maxPorts) {
    faults.tooMany('ports', ports.length, maxPorts);
    return;
  }
  const names = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const field = `ports[${index}]`;
    const [name, protocol, application] = [textAt(port, 'name'), textAt(port, 'protocol'), textAt(port, 'appProtocol')];
    if (name !== '') tell(faults, `${field}.name`, name, checkLabelName(name));
    if (names.has(name)) faults.duplicate(`${field}.name`, name);
    names.add(name);
    const number = at(port, 'port');
    if (typeof number === 'number') tell(faults, `${field}.port`, number, checkPortNumber(number));
    if (!protocols.includes(protocol)) faults.unsupported(`${field}.protocol`, protocol, protocols);
    if (application !== '') tell(faults, `${field}.appProtocol`, application, checkQualifiedName(application));
  }
}
