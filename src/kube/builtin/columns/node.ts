// `kubectl get nodes`. Roles are labels that somebody put there.

import type { JsonObject } from '../../api/object.ts';
import type { PrinterColumn } from '../../api/resource.ts';
import { at, mapAt, mapsAt, textAt } from '../read-fields.ts';
import { ageColumn, column, orNone, wideColumn } from './column.ts';

const rolePrefix = 'node-role.kubernetes.io/';

export const nodeColumns: readonly PrinterColumn[] = [
  column('Status', 'Whether it is ready, and takes pods.', (object) => {
    const ready = mapsAt(object, 'status', 'conditions').findLast((condition) => textAt(condition, 'type') === 'Ready');
    const word = ready === undefined ? 'Unknown' : textAt(ready, 'status') === 'True' ? 'Ready' : 'NotReady';
    return at(object, 'spec', 'unschedulable') === true ? `${word},SchedulingDisabled` : word;
  }),
  column('Roles', 'What it is for.', (object) => orNone(listRoles(object).join(','))),
  ageColumn,
  column('Version', 'Version of its kubelet.', (object) => textAt(object, 'status', 'nodeInfo', 'kubeletVersion')),
  wideColumn('Internal-IP', 'Its address within the cluster.', (object) => addressOf(object, 'InternalIP')),
  wideColumn('External-IP', 'Its address outside of the cluster.', (object) => addressOf(object, 'ExternalIP')),
  wideColumn('OS-Image', 'Its operating system.', (object) => infoOf(object, 'osImage')),
  wideColumn('Kernel-Version', 'Its kernel.', (object) => infoOf(object, 'kernelVersion')),
  wideColumn('Container-Runtime', 'What runs its containers.', (object) => infoOf(object, 'containerRuntimeVersion')),
];

function listRoles(node: JsonObject): readonly string[] {
  const roles = Object.entries(mapAt(node, 'metadata', 'labels')).flatMap(([key, value]) => {
    if (key.startsWith(rolePrefix)) return [key.slice(rolePrefix.length)];
    return key === 'kubernetes.io/role' && typeof value === 'string' ? [value] : [];
  });
  return [...new Set(roles.filter((role) => role !== ''))].toSorted();
}

function addressOf(node: JsonObject, type: string): string {
  const found = mapsAt(node, 'status', 'addresses').find((address) => textAt(address, 'type') === type);
  return found === undefined ? '<none>' : textAt(found, 'address');
}

function infoOf(node: JsonObject, field: string): string {
  return textAt(node, 'status', 'nodeInfo', field) || '<unknown>';
}
