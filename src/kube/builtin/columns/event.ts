// `kubectl get events`: an event is told by what happened, its name comes last and only with `-o wide`. The groups '' and events.k8s.io
// have different names for the same fields; either is read.

import type { JsonObject } from '../../api/object.ts';
import type { PrinterColumn } from '../../api/resource.ts';
import { at, numberAt, textAt } from '../read-fields.ts';
import { column, showAge, wideColumn } from './column.ts';

export const eventColumns: readonly PrinterColumn[] = [
  column('Last Seen', 'Time since it was last seen.', (object, nowMs) => lastSeen(object, nowMs)),
  column('Type', 'Normal or Warning.', (object) => textAt(object, 'type')),
  column('Reason', 'Why, in one word.', (object) => textAt(object, 'reason')),
  column('Object', 'What it is about.', (object) => {
    const kind = aboutOf(object, 'kind').toLowerCase();
    const name = aboutOf(object, 'name');
    return name === '' ? kind : `${kind}/${name}`;
  }),
  wideColumn('Subobject', 'The part that it is about.', (object) => aboutOf(object, 'fieldPath')),
  wideColumn('Source', 'Who tells it.', (object) => sourceOf(object)),
  column('Message', 'What happened.', (object) => (textAt(object, 'message') || textAt(object, 'note')).trim()),
  wideColumn('First Seen', 'Time since it was first seen.', (object, nowMs) => firstSeen(object, nowMs)),
  wideColumn('Count', 'How often it was seen.', (object) => String(countOf(object))),
  wideColumn('Name', 'Name of the event.', (object) => textAt(object, 'metadata', 'name')),
];

function aboutOf(event: JsonObject, field: string): string {
  return textAt(event, 'involvedObject', field) || textAt(event, 'regarding', field);
}

function firstSeen(event: JsonObject, nowMs: number): string {
  const first = at(event, 'firstTimestamp') ?? at(event, 'deprecatedFirstTimestamp');
  return showAge(first ?? at(event, 'eventTime'), nowMs);
}

function lastSeen(event: JsonObject, nowMs: number): string {
  if (at(event, 'series') !== undefined) return showAge(at(event, 'series', 'lastObservedTime'), nowMs);
  const last = at(event, 'lastTimestamp') ?? at(event, 'deprecatedLastTimestamp');
  return last === undefined ? firstSeen(event, nowMs) : showAge(last, nowMs);
}

function countOf(event: JsonObject): number {
  if (at(event, 'series') !== undefined) return numberAt(event, 'series', 'count');
  return numberAt(event, 'count') || numberAt(event, 'deprecatedCount') || 1;
}

function sourceOf(event: JsonObject): string {
  const source = at(event, 'source') ?? at(event, 'deprecatedSource');
  const reporter = textAt(event, 'reportingComponent') || textAt(event, 'reportingController');
  const component = textAt(source, 'component') || reporter;
  const host = textAt(source, 'host') || textAt(event, 'reportingInstance');
  return host === '' ? component : `${component}, ${host}`;
}
