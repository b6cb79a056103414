// NetworkPolicies: which peers and ports, in which direction. Prefixes may have bits behind their length: others wrote them so for
// years.

import { parsePrefix } from '#bgp/net/prefix.ts';
import type { Json, JsonObject } from '../../api/object.ts';
import { tell } from '../../registry/metadata-rules.ts';
import { checkPortName, checkPortNumber } from '../../registry/name-rules.ts';
import type { Faults } from '../../schema/faults.ts';
import { at, listAt, mapAt, mapsAt, textAt, textsAt } from '../read-fields.ts';
import { checkPrefix } from './addresses.ts';
import type { KindDetail } from './builtin-rules.ts';
import { fillFields, mapItems, withoutAbsent, withSpec } from './fill.ts';
import { checkSelector } from './selector.ts';

const directions = [
  ['ingress', 'from'],
  ['egress', 'to'],
] as const;
const protocols = ['TCP', 'UDP', 'SCTP'];

export const networkPolicyDetail: KindDetail = {
  fill: (object) =>
    withSpec(object, (spec) => {
      const hasEgress = listAt(spec, 'egress').length > 0;
      const rules = { ingress: fillRules(spec['ingress']), egress: fillRules(spec['egress']) };
      const types = hasEgress ? ['Ingress', 'Egress'] : ['Ingress'];
      return fillFields({ ...spec, ...withoutAbsent(rules) }, { podSelector: {}, policyTypes: types });
    }),
  check: (object, _before, faults) => {
    const spec = mapAt(object, 'spec');
    checkSelector(at(spec, 'podSelector'), 'spec.podSelector', faults);
    for (const [direction, peers] of directions) {
      for (const [index, rule] of mapsAt(spec, direction).entries()) {
        const field = `spec.${direction}[${index}]`;
        for (const [item, port] of mapsAt(rule, 'ports').entries()) checkPort(port, `${field}.ports[${item}]`, faults);
        for (const [item, peer] of mapsAt(rule, peers).entries()) checkPeer(peer, `${field}.${peers}[${item}]`, faults);
      }
    }
    const types = textsAt(spec, 'policyTypes');
    if (types.length > 2) faults.invalid('spec.policyTypes', types, 'may not specify more than two policyTypes');
    for (const [index, type] of types.slice(0, 2).entries()) {
      if (type === 'Ingress' || type === 'Egress') continue;
      faults.unsupported(`spec.policyTypes[${index}]`, type, ['Ingress', 'Egress']);
    }
  },
};

function fillRules(rules: Json | undefined): Json | undefined {
  return mapItems(rules, (rule) => {
    const ports = mapItems(rule['ports'], (port) => fillFields(port, { protocol: 'TCP' }));
    return { ...rule, ...withoutAbsent({ ports }) };
  });
}

function checkPort(port: JsonObject, field: string, faults: Faults): void {
  const protocol = textAt(port, 'protocol');
  if (!protocols.includes(protocol)) faults.unsupported(`${field}.protocol`, protocol, protocols);
  const [number, end] = [at(port, 'port'), at(port, 'endPort')];
  const tellEnd = (words: string): void => faults.invalid(`${field}.endPort`, end, words);
  if (typeof number === 'number') {
    tell(faults, `${field}.port`, number, checkPortNumber(number));
    if (typeof end !== 'number') return;
    if (end < number) tellEnd('must be greater than or equal to `port`');
    tell(faults, `${field}.endPort`, end, checkPortNumber(end));
  } else if (typeof number === 'string') {
    if (end !== undefined) tellEnd('may not be specified when `port` is non-numeric');
    tell(faults, `${field}.port`, number, checkPortName(number));
  } else if (end !== undefined) tellEnd('may not be specified when `port` is not specified');
}

function checkPeer(peer: JsonObject, field: string, faults: Faults): void {
  const [pods, namespaces, block] = ['podSelector', 'namespaceSelector', 'ipBlock'].map((name) => at(peer, name));
  checkSelector(pods, `${field}.podSelector`, faults);
  checkSelector(namespaces, `${field}.namespaceSelector`, faults);
  if (block !== undefined) checkBlock(mapAt(block), `${field}.ipBlock`, faults);
  const hasSelector = pods !== undefined || namespaces !== undefined;
  if (!hasSelector && block === undefined) faults.required(field, 'must specify a peer');
  if (hasSelector && block !== undefined) {
    faults.forbidden(field, 'may not specify both ipBlock and another peer');
  }
}

function checkBlock(block: JsonObject, field: string, faults: Faults): void {
  const text = textAt(block, 'cidr');
  if (text === '') faults.required(`${field}.cidr`);
  else checkPrefix(`${field}.cidr`, text, faults);
  const whole = parsePrefix(text);
  for (const [index, exception] of textsAt(block, 'except').entries()) {
    const path = `${field}.except[${index}]`;
    if (whole === undefined || !checkPrefix(path, exception, faults)) continue;
    const part = parsePrefix(exception);
    const isInside = part !== undefined && whole.contains(part) && part.length > whole.length;
    if (!isInside) faults.invalid(path, exception, 'must be a strict subset of `cidr`');
  }
}
