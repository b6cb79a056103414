// Columns of the core group that say little more than what is in the object. Pods, services, nodes and events have files of their
// own.

import type { JsonObject } from '../../api/object.ts';
import type { PrinterColumn } from '../../api/resource.ts';
import { listAt, mapAt, mapsAt, numberAt, textAt } from '../read-fields.ts';
import { ageColumn, column, orNone, showSome } from './column.ts';
import { eventColumns } from './event.ts';
import { nodeColumns } from './node.ts';
import { podColumns } from './pod.ts';
import { serviceColumns } from './service.ts';

const countKeys = (...fields: readonly string[]): PrinterColumn['read'] => {
  return (object) => fields.reduce((sum, field) => sum + Object.keys(mapAt(object, field)).length, 0);
};

const namespaceColumns: readonly PrinterColumn[] = [
  column('Status', 'Whether the namespace is there or is going.', (object) => textAt(object, 'status', 'phase')),
  ageColumn,
];

const secretColumns: readonly PrinterColumn[] = [
  column('Type', 'What the secret is for.', (object) => textAt(object, 'type')),
  column('Data', 'How many values it has.', countKeys('data'), { type: 'integer' }),
  ageColumn,
];

const configMapColumns: readonly PrinterColumn[] = [
  column('Data', 'How many values it has.', countKeys('data', 'binaryData'), { type: 'integer' }),
  ageColumn,
];

const serviceAccountColumns: readonly PrinterColumn[] = [
  column('Secrets', 'How many secrets may be used.', (object) => listAt(object, 'secrets').length, { type: 'integer' }),
  ageColumn,
];

const endpointsColumns: readonly PrinterColumn[] = [
  column('Endpoints', 'Addresses and ports behind the service.', (object) =>
    orNone(showSome(mapsAt(object, 'subsets').flatMap((subset) => listEndpoints(subset)))),
  ),
  ageColumn,
];

function listEndpoints(subset: JsonObject): readonly string[] {
  const addresses = mapsAt(subset, 'addresses').map((address) => textAt(address, 'ip'));
  const ports = mapsAt(subset, 'ports').map((port) => numberAt(port, 'port'));
  // A headless service may have no ports.
  if (ports.length === 0) return addresses;
  return ports.flatMap((port) => addresses.map((ip) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)));
}

export const coreColumns: ReadonlyMap<string, readonly PrinterColumn[]> = new Map([
  ['/ConfigMap', configMapColumns],
  ['/Endpoints', endpointsColumns],
  ['/Event', eventColumns],
  ['events.k8s.io/Event', eventColumns],
  ['/Namespace', namespaceColumns],
  ['/Node', nodeColumns],
  ['/Pod', podColumns],
  ['/Secret', secretColumns],
  ['/Service', serviceColumns],
  ['/ServiceAccount', serviceAccountColumns],
]);
