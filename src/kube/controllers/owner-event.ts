// What is told of a reference to an owner that cannot be where it is said to be: an Event, as upstream's garbage collector words it.

import { createHash } from 'node:crypto';
import type { KubeObject, OwnerReference } from '../api/object.ts';

/** The same each time, so that it is there once. A kind without namespaces has its events in `default`. */
export function makeOwnerEvent(dependent: KubeObject, owner: OwnerReference, nowText: string): KubeObject {
  const { apiVersion, kind, metadata } = dependent;
  const { name = '', namespace = '', uid = '' } = metadata;
  const words = `[${owner.apiVersion}/${owner.kind}, namespace: ${namespace}, name: ${owner.name}, uid: ${owner.uid}]`;
  const mark = createHash('sha256').update(`${uid}/${owner.uid}/${owner.name}`).digest('hex').slice(0, 16);
  const component = 'garbage-collector-controller';
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name.slice(0, 200)}.${mark}`, namespace: namespace === '' ? 'default' : namespace },
    involvedObject: { kind, apiVersion, name, uid, ...(namespace === '' ? {} : { namespace }) },
    type: 'Warning',
    reason: 'OwnerRefInvalidNamespace',
    message: `ownerRef ${words} does not exist in namespace "${namespace}"`,
    source: { component },
    reportingComponent: component,
    reportingInstance: '',
    firstTimestamp: nowText,
    lastTimestamp: nowText,
    count: 1,
  };
}
