// Nodes: taints, addresses and resources. Which machine a node is, and which prefix its pods have, is said once and stays. In
// Kubernetes' words.

import type { JsonObject, KubeObject } from '../../api/object.ts';
import { tell } from '../../registry/metadata-rules.ts';
import { checkLabelValue, checkQualifiedName } from '../../registry/name-rules.ts';
import type { Faults } from '../../schema/faults.ts';
import { parsePrefix } from '#bgp/net/prefix.ts';
import { at, mapAt, mapsAt, textAt, textsAt } from '../read-fields.ts';
import { checkPrefix } from './addresses.ts';
import type { KindDetail } from './builtin-rules.ts';
import { fillFields } from './fill.ts';
import { quantityWords, readQuantity } from './quantity.ts';

export const nodeDetail: KindDetail = {
  fill: (node) => {
    const spec = mapAt(node, 'spec');
    const [first, all] = [textAt(spec, 'podCIDR'), textsAt(spec, 'podCIDRs')];
    // The old field is the first of the new one.
    const cidrs = {
      ...(first === '' && all.length > 0 ? { podCIDR: all[0] } : {}),
      ...(first !== '' && all.length === 0 ? { podCIDRs: [first] } : {}),
    };
    const capacity = at(node, 'status', 'capacity');
    const status = at(node, 'status');
    const allocatable = capacity === undefined ? {} : { allocatable: capacity };
    return {
      ...node,
      spec: { ...spec, ...cidrs },
      ...(status === undefined ? {} : { status: fillFields(status, allocatable) }),
    };
  },
  check: (node, before, faults) => {
    const spec = mapAt(node, 'spec');
    checkTaints(spec, faults);
    checkPodPrefixes(spec, faults);
    for (const part of ['capacity', 'allocatable']) {
      for (const [name, value] of Object.entries(mapAt(node, 'status', part))) {
        if (readQuantity(value) === undefined) faults.invalid(`status.${part}.${name}`, value, quantityWords);
      }
    }
    const addresses = new Set<string>();
    for (const [index, address] of mapsAt(node, 'status', 'addresses').entries()) {
      const key = `${textAt(address, 'type')}/${textAt(address, 'address')}`;
      if (addresses.has(key)) faults.duplicate(`status.addresses[${index}]`, address);
      addresses.add(key);
    }
    if (before !== undefined) checkChange(node, before, faults);
  },
};

function checkTaints(spec: JsonObject, faults: Faults): void {
  const effects = ['NoExecute', 'NoSchedule', 'PreferNoSchedule'];
  const seen = new Set<string>();
  for (const [index, taint] of mapsAt(spec, 'taints').entries()) {
    // Upstream says metadata here.
    const field = `metadata.taints[${index}]`;
    const [key, value, effect] = ['key', 'value', 'effect'].map((name) => textAt(taint, name));
    tell(faults, `${field}.key`, key, checkQualifiedName(key));
    tell(faults, `${field}.value`, value, checkLabelValue(value));
    if (effect === '') faults.required(`${field}.effect`);
    else if (!effects.includes(effect)) faults.unsupported(`${field}.effect`, effect, effects);
    if (seen.has(`${key}/${effect}`)) {
      faults.duplicate(field, taint, 'taints must be unique by key and effect pair');
    }
    seen.add(`${key}/${effect}`);
  }
}

function checkPodPrefixes(spec: JsonObject, faults: Faults): void {
  const prefixes = textsAt(spec, 'podCIDRs');
  const [first] = prefixes;
  if (first !== undefined && first !== textAt(spec, 'podCIDR')) {
    faults.invalid('spec.podCIDRs[0]', first, 'must match `podCIDR`');
  }
  const areAll = prefixes.map((prefix, index) => checkPrefix(`spec.podCIDRs[${index}]`, prefix, faults));
  if (areAll.includes(false)) return;
  const versions = new Set(prefixes.map((prefix) => parsePrefix(prefix)?.version));
  if (prefixes.length > 2 || versions.size < prefixes.length) {
    faults.invalid('spec.podCIDRs', prefixes, 'may specify no more than one CIDR for each IP family');
  }
}

function checkChange(node: KubeObject, before: KubeObject, faults: Faults): void {
  const [prefix, oldPrefix] = [node, before].map((one) => textAt(one, 'spec', 'podCIDR'));
  if (oldPrefix !== '' && prefix !== oldPrefix) {
    faults.forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid');
  }
  const [id, oldId] = [node, before].map((one) => textAt(one, 'spec', 'providerID'));
  if (oldId !== '' && id !== oldId) {
    faults.forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid');
  }
}
