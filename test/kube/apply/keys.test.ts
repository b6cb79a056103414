// Server-side apply of what a client may send and nobody would write: names that prototypes have, and very long lists.

import test from 'ava';
import { apply } from '#kube/apply/apply.ts';
import { fieldsOf } from '#kube/apply/fields-of.ts';
import { writeFields } from '#kube/apply/fields-v1.ts';
import { track } from '#kube/apply/track.ts';
import type { JsonObject, KubeObject } from '#kube/api/object.ts';
import { builtinResources } from '#kube/builtin/index.ts';

const configMaps = builtinResources.find(({ kind }) => kind === 'ConfigMap');
const writer = (name: string) => ({ name, subresource: undefined, nowText: '2026-01-01T00:00:00Z' }) as const;
const configMap = (data: JsonObject, finalizers: readonly string[] = []): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'c', ...(finalizers.length === 0 ? {} : { finalizers }) },
  data,
});

test('constructor and __proto__ are keys like others: applied, kept by an apply of somebody else, taken away', (t) => {
  if (configMaps === undefined) throw new Error('no ConfigMaps');
  const odd: JsonObject = JSON.parse('{"constructor": "a", "__proto__": "b"}');
  const live = track(undefined, configMap({ k: 'v' }), configMaps, writer('first'));
  const applied = apply(live, configMap(odd), configMaps, writer('one'), false);
  t.deepEqual(applied['data'], JSON.parse('{"k": "v", "constructor": "a", "__proto__": "b"}'));
  const other = apply(applied, configMap({ l: 'w' }), configMaps, writer('two'), false);
  t.deepEqual(other['data'], JSON.parse('{"k": "v", "constructor": "a", "__proto__": "b", "l": "w"}'));
  const gone = apply(other, configMap({}), configMaps, writer('two'), false);
  t.deepEqual(gone['data'], applied['data']);
});

test('a set of 60,000 values takes another value between its own', (t) => {
  if (configMaps === undefined) throw new Error('no ConfigMaps');
  const names = Array.from({ length: 60_000 }, (_, at) => `example.com/f${at}`);
  const live = apply(undefined, configMap({}, names), configMaps, writer('one'), false);
  const applied = apply(live, configMap({}, ['example.com/new', ...names]), configMaps, writer('one'), false);
  t.is(applied.metadata.finalizers?.length, 60_001);
  t.is(applied.metadata.finalizers?.[0], 'example.com/new');
});

test("a pod's addresses have owners one by one, those of its host as a whole", (t) => {
  const pods = builtinResources.find(({ kind }) => kind === 'Pod');
  const status = { podIPs: [{ ip: '10.0.0.7' }], hostIPs: [{ ip: '192.0.2.1' }] };
  const fields = fieldsOf(status, pods?.schema?.properties?.['status']);
  t.deepEqual(writeFields(fields), {
    'f:hostIPs': {},
    'f:podIPs': { 'k:{"ip":"10.0.0.7"}': { '.': {}, 'f:ip': {} } },
  });
});
