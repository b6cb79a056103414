// Where Pods find the API server, and how long events are kept.

import test, { type ExecutionContext } from 'ava';
import { parsePrefix, type Prefix } from '#bgp/net/prefix.ts';
import type { KubeObject } from '#kube/api/object.ts';
import { at } from '#kube/builtin/read-fields.ts';
import { EndpointsController } from '#kube/controllers/endpoints-controller.ts';
import { EventExpiry, listExpired } from '#kube/controllers/event-expiry.ts';
import { KubernetesService } from '#kube/controllers/kubernetes-service.ts';
import { NamespaceController } from '#kube/controllers/namespace-controller.ts';
import { Setting } from './setting.ts';

const [services, endpoints] = ['services', 'endpoints'].map((plural) => ({ plural, namespace: 'default' }));
const slices = { plural: 'endpointslices', group: 'discovery.k8s.io', namespace: 'default' };
const events = { plural: 'events', namespace: 'home' };

const about = { involvedObject: { kind: 'Pod', namespace: 'home', name: 'web' } };

function prefixOf(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new TypeError(text);
  return prefix;
}

function announce(t: ExecutionContext, setting: Setting, range: string, serverAddress: string): KubernetesService {
  const options = { serviceRange: prefixOf(range), serverAddress, serverPort: 6_443 };
  const service = new KubernetesService(options, setting.deps);
  t.teardown(() => service.close());
  service.start();
  return service;
}

async function begin(t: ExecutionContext): Promise<Setting> {
  const setting = new Setting(t);
  const controllers = [new NamespaceController(setting.deps), new EndpointsController(setting.deps)];
  for (const controller of controllers) {
    t.teardown(() => controller.close());
    controller.start();
  }
  return setting;
}

test('the service has the first address of the range, and the server is its endpoint', async (t) => {
  const setting = await begin(t);
  announce(t, setting, '10.96.0.0/16', '192.0.2.7');
  await setting.settle();
  const service = setting.get(services, 'kubernetes');
  t.is(at(service, 'spec', 'clusterIP'), '10.96.0.1');
  t.deepEqual(at(service, 'spec', 'ports'), [{ name: 'https', protocol: 'TCP', port: 443, targetPort: 6443 }]);
  t.deepEqual(service.metadata.labels, { component: 'apiserver', provider: 'kubernetes' });
  t.deepEqual(setting.get(endpoints, 'kubernetes')['subsets'], [
    { addresses: [{ ip: '192.0.2.7' }], ports: [{ name: 'https', port: 6443, protocol: 'TCP' }] },
  ]);
  const slice = setting.get(slices, 'kubernetes');
  t.is(slice['addressType'], 'IPv4');
  t.is(slice.metadata.labels?.['kubernetes.io/service-name'], 'kubernetes');
  t.deepEqual(slice['endpoints'], [{ addresses: ['192.0.2.7'], conditions: { ready: true } }]);
  t.deepEqual(setting.failures, []);
});

test('what somebody deletes or bends of it comes back, and labels of others stay', async (t) => {
  const setting = await begin(t);
  announce(t, setting, '10.96.0.0/16', '192.0.2.7');
  await setting.settle();
  await setting.delete(services, 'kubernetes');
  await setting.delete(slices, 'kubernetes');
  await setting.change(endpoints, 'kubernetes', (live) => ({
    ...live,
    metadata: { ...live.metadata, labels: { theirs: 'yes' } },
    subsets: [],
  }));
  await setting.settle();
  t.is(at(setting.get(services, 'kubernetes'), 'spec', 'clusterIP'), '10.96.0.1');
  t.deepEqual(setting.list(slices), ['default/kubernetes']);
  t.is(setting.get(endpoints, 'kubernetes').metadata.labels?.['theirs'], 'yes');
  t.deepEqual(setting.get(endpoints, 'kubernetes')['subsets'], [
    { addresses: [{ ip: '192.0.2.7' }], ports: [{ name: 'https', port: 6443, protocol: 'TCP' }] },
  ]);
});

test('what a server with a range of another family left is made anew', async (t) => {
  const setting = await begin(t);
  const first = announce(t, setting, '10.96.0.0/16', '192.0.2.7');
  await setting.settle();
  const before = setting.get(services, 'kubernetes').metadata.uid;
  t.is(setting.get(slices, 'kubernetes')['addressType'], 'IPv4');
  first.close();
  announce(t, setting, 'fd00:96::/112', '2001:db8::7');
  await setting.settle();
  t.is(at(setting.get(services, 'kubernetes'), 'spec', 'clusterIP'), 'fd00:96::1');
  t.not(setting.get(services, 'kubernetes').metadata.uid, before);
  t.is(setting.get(slices, 'kubernetes')['addressType'], 'IPv6');
  t.deepEqual(setting.failures, []);
});

test('events go an hour after they were last told', async (t) => {
  const setting = new Setting(t);
  await setting.makeNamespace('home');
  const expiry = new EventExpiry(setting.deps);
  t.teardown(() => expiry.close());
  expiry.start();
  await setting.create(events, { name: 'once' }, about);
  await setting.create(events, { name: 'again' }, about);
  setting.clock.advance(30 * 60_000);
  await setting.settle();
  const lastTimestamp = '2026-11-23T12:30:00Z';
  await setting.change(events, 'again', (live) => ({ ...live, lastTimestamp }));
  setting.clock.advance(29 * 60_000);
  await setting.settle();
  t.deepEqual(setting.list(events), ['home/again', 'home/once']);
  setting.clock.advance(2 * 60_000);
  await setting.settle();
  t.deepEqual(setting.list(events), ['home/again']);
  setting.clock.advance(30 * 60_000);
  await setting.settle();
  t.deepEqual(setting.list(events), []);
});

test('of too many events the oldest go, and a time to come keeps none of them', (t) => {
  const nowMs = Date.parse('2026-11-23T12:00:00Z');
  const tell = (name: string, creationTimestamp: string, fields: object = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, creationTimestamp },
    ...fields,
  });
  const told = [
    tell('new', '2026-11-23T11:59:00Z'),
    tell('older', '2026-11-23T11:30:00Z'),
    tell('ahead', '2026-11-23T10:00:00Z', { lastTimestamp: '2027-11-23T10:00:00Z' }),
    tell('series', '2026-11-23T10:00:00Z', { series: { lastObservedTime: '2026-11-23T11:58:00.123456Z' } }),
  ];
  const names = (maxKept: number): readonly unknown[] =>
    listExpired(told, nowMs, maxKept).map(({ metadata }) => metadata.name);
  t.deepEqual(names(4), ['ahead']);
  t.deepEqual(names(2), ['ahead', 'older']);
});
