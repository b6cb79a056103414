// Events have two groups and are one kind: the same objects, under the field names of the core group or of events.k8s.io. Stored as the
// core group has them. Upstream: the conversions of events.k8s.io/v1.

import type { JsonObject, KubeObject } from '../api/object.ts';
import type { StoredAs } from '../api/resource.ts';
import { textAt } from './read-fields.ts';

/** Of the core group, and of events.k8s.io; all other fields have one name. */
const pairs: readonly (readonly [core: string, newer: string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
];
const newerOf = new Map(pairs);
const coreOf = new Map(pairs.map(([core, newer]) => [newer, core]));

const rename = (object: KubeObject, names: ReadonlyMap<string, string>, apiVersion: string): KubeObject => {
  const { kind, metadata } = object;
  const fields = Object.entries(object).map(([name, value]) => [names.get(name) ?? name, value]);
  return { ...Object.fromEntries(fields), apiVersion, kind, metadata };
};

export const eventStoredAs: StoredAs = {
  group: '',
  plural: 'events',
  // There every event is about something, if about nothing in particular.
  toStored: (event) => ({ involvedObject: {}, ...rename(event, coreOf, 'v1') }),
  fromStored: (event) => rename(event, newerOf, 'events.k8s.io/v1'),
};

const about = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];

/** As field selectors name them. */
export const coreEventFields: readonly string[] = [
  ...about.map((name) => `.involvedObject.${name}`),
  '.reason',
  '.reportingComponent',
  '.source',
  '.type',
];
export const newerEventFields: readonly string[] = [
  ...about.map((name) => `.regarding.${name}`),
  '.reason',
  '.reportingController',
  '.source',
  '.type',
];

/** Who tells it: the component of its source, or who reports it. Either group's event. */
export function readEventSource(event: JsonObject): string {
  const component = textAt(event, 'source', 'component') || textAt(event, 'deprecatedSource', 'component');
  return component || textAt(event, 'reportingComponent') || textAt(event, 'reportingController');
}
