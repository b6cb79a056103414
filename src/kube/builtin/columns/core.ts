// Columns of the core group that say little more than what is in the object, and events, which are told by what happened. Pods,
// services and nodes have files of their own.

import type { JsonObject } from '../../api/object.ts';
import type { PrinterColumn } from '../../api/resource.ts';
import { at, listAt, mapAt, mapsAt, numberAt, textAt } from '../read-fields.ts';
import { ageColumn, column, orNone, showAge, showSome, wideColumn } from './column.ts';
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

/** An event is told by what happened: its name comes last, and only with `-o wide`. */
const eventColumns: readonly PrinterColumn[] = [
  column('Last Seen', 'Time since it was last seen.', (object, nowMs) => lastSeen(object, nowMs)),
  column('Type', 'Normal or Warning.', (object) => textAt(object, 'type')),
  column('Reason', 'Why, in one word.', (object) => textAt(object, 'reason')),
  column('Object', 'What it is about.', (object) => {
    const kind = textAt(object, 'involvedObject', 'kind').toLowerCase();
    const name = textAt(object, 'involvedObject', 'name');
    return name === '' ? kind : `${kind}/${name}`;
  }),
  wideColumn('Subobject', 'The part that it is about.', (object) => textAt(object, 'involvedObject', 'fieldPath')),
  wideColumn('Source', 'Who tells it.', (object) => sourceOf(object)),
  column('Message', 'What happened.', (object) => textAt(object, 'message').trim()),
  wideColumn('First Seen', 'Time since it was first seen.', (object, nowMs) => firstSeen(object, nowMs)),
  wideColumn('Count', 'How often it was seen.', (object) => String(countOf(object))),
  wideColumn('Name', 'Name of the event.', (object) => textAt(object, 'metadata', 'name')),
];

function firstSeen(event: JsonObject, nowMs: number): string {
  return showAge(at(event, 'firstTimestamp') ?? at(event, 'eventTime'), nowMs);
}

function lastSeen(event: JsonObject, nowMs: number): string {
  const series = at(event, 'series', 'lastObservedTime');
  if (at(event, 'series') !== undefined) return showAge(series, nowMs);
  const last = at(event, 'lastTimestamp');
  return last === undefined ? firstSeen(event, nowMs) : showAge(last, nowMs);
}

function countOf(event: JsonObject): number {
  if (at(event, 'series') !== undefined) return numberAt(event, 'series', 'count');
  return numberAt(event, 'count') || 1;
}

function sourceOf(event: JsonObject): string {
  const component = textAt(event, 'source', 'component') || textAt(event, 'reportingComponent');
  const host = textAt(event, 'source', 'host') || textAt(event, 'reportingInstance');
  return host === '' ? component : `${component}, ${host}`;
}

export const coreColumns: ReadonlyMap<string, readonly PrinterColumn[]> = new Map([
  ['/ConfigMap', configMapColumns],
  ['/Endpoints', endpointsColumns],
  ['/Event', eventColumns],
  ['/Namespace', namespaceColumns],
  ['/Node', nodeColumns],
  ['/Pod', podColumns],
  ['/Secret', secretColumns],
  ['/Service', serviceColumns],
  ['/ServiceAccount', serviceAccountColumns],
]);
