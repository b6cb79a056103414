// Who serves a Service, as proxies and old clients read it. After the API reference of EndpointSlice (discovery.k8s.io/v1) and
// Endpoints, and the documentation of Services.

import test, { type ExecutionContext } from 'ava';
import type { JsonObject, KubeObject } from '#kube/api/object.ts';
import { at, listAt, mapsAt, numberAt, textAt, textsAt } from '#kube/builtin/read-fields.ts';
import { EndpointsController } from '#kube/controllers/endpoints-controller.ts';
import { Setting } from './setting.ts';

const [services, pods, endpoints] = ['services', 'pods', 'endpoints'].map((plural) => ({ plural, namespace: 'home' }));
const slices = { plural: 'endpointslices', group: 'discovery.k8s.io', namespace: 'home' };

async function begin(t: ExecutionContext): Promise<Setting> {
  const setting = new Setting(t);
  await setting.makeNamespace('home');
  const controller = new EndpointsController(setting.deps);
  t.teardown(() => controller.close());
  controller.start();
  return setting;
}

const spec = (fields: JsonObject = {}): JsonObject => ({
  spec: {
    type: 'ClusterIP',
    clusterIP: '10.96.0.10',
    clusterIPs: ['10.96.0.10'],
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    selector: { app: 'web' },
    ports: [{ name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' }],
    ...fields,
  },
});

const container = { name: 'web', image: 'web', ports: [{ name: 'web', containerPort: 8_888, protocol: 'TCP' }] };

async function run(
  setting: Setting,
  name: string,
  addresses: readonly string[],
  isReady = true,
  fields: JsonObject = {},
): Promise<KubeObject> {
  await setting.create(
    pods,
    { name, labels: { app: 'web' } },
    { spec: { containers: [container], nodeName: 'worker', ...fields } },
  );
  return setState(setting, name, addresses, isReady);
}

function setState(
  setting: Setting,
  name: string,
  addresses: readonly string[],
  isReady: boolean,
  phase = 'Running',
): Promise<KubeObject> {
  return setting.setStatus(pods, name, {
    phase,
    podIP: addresses[0],
    podIPs: addresses.map((ip) => ({ ip })),
    conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
  });
}

/** Of all slices: `address ready/serving/terminating`. */
function states(setting: Setting): readonly string[] {
  return setting
    .objects(slices)
    .flatMap((slice) => mapsAt(slice, 'endpoints'))
    .map((one) => {
      const conditions = ['ready', 'serving', 'terminating'].map((name) => at(one, 'conditions', name) === true);
      return `${textsAt(one, 'addresses').join(',')} ${conditions.join('/')}`;
    })
    .toSorted();
}

test('a ready Pod is told with its address, node, zone and port, in a slice that the service owns', async (t) => {
  const setting = await begin(t);
  await setting.create({ plural: 'nodes' }, { name: 'worker', labels: { 'topology.kubernetes.io/zone': 'west' } });
  const service = await setting.create(services, { name: 'web', labels: { tier: 'front' } }, spec());
  const pod = await run(setting, 'a', ['10.0.0.1', 'fd00::1']);
  await setting.settle();
  const [slice, ...more] = setting.objects(slices);
  t.deepEqual(more, []);
  t.regex(slice.metadata.name ?? '', /^web-/);
  t.deepEqual(slice.metadata.labels, {
    tier: 'front',
    'kubernetes.io/service-name': 'web',
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
  });
  const { uid } = service.metadata;
  t.deepEqual(slice.metadata.ownerReferences, [
    { apiVersion: 'v1', kind: 'Service', name: 'web', uid, controller: true, blockOwnerDeletion: true },
  ]);
  t.is(slice['addressType'], 'IPv4');
  t.deepEqual(slice['ports'], [{ name: 'http', port: 8080, protocol: 'TCP' }]);
  const targetRef = { kind: 'Pod', namespace: 'home', name: 'a', uid: pod.metadata.uid };
  t.deepEqual(slice['endpoints'], [
    {
      addresses: ['10.0.0.1'],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: 'worker',
      targetRef,
      zone: 'west',
    },
  ]);
  const old = setting.get(endpoints, 'web');
  t.deepEqual(old['subsets'], [
    {
      addresses: [{ ip: '10.0.0.1', nodeName: 'worker', targetRef }],
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    },
  ]);
  t.deepEqual(setting.failures, []);
});

test('readiness, termination and the end of a Pod are told as they come', async (t) => {
  const setting = await begin(t);
  await setting.create(services, { name: 'web' }, spec());
  await run(setting, 'a', ['10.0.0.1'], false, {});
  await setting.settle();
  t.deepEqual(states(setting), ['10.0.0.1 false/false/false']);
  t.is(mapsAt(mapsAt(setting.get(endpoints, 'web'), 'subsets')[0], 'notReadyAddresses')[0]['ip'], '10.0.0.1');
  await setState(setting, 'a', ['10.0.0.1'], true);
  await setting.settle();
  t.deepEqual(states(setting), ['10.0.0.1 true/true/false']);
  const holding = { finalizers: ['example.com/drain'] };
  await setting.change(pods, 'a', (live) => ({ ...live, metadata: { ...live.metadata, ...holding } }));
  await setting.delete(pods, 'a');
  await setting.settle();
  t.deepEqual(states(setting), ['10.0.0.1 false/true/true']);
  t.is(setting.get(endpoints, 'web')['subsets'], undefined);
  await setState(setting, 'a', ['10.0.0.1'], false, 'Succeeded');
  await setting.settle();
  t.deepEqual(states(setting), []);
});

test('a service that publishes Pods that are not ready tells them as ready', async (t) => {
  const setting = await begin(t);
  await setting.create(services, { name: 'web' }, spec({ publishNotReadyAddresses: true }));
  await run(setting, 'a', ['10.0.0.1'], false);
  await setting.settle();
  t.deepEqual(states(setting), ['10.0.0.1 true/false/false']);
  t.is(mapsAt(mapsAt(setting.get(endpoints, 'web'), 'subsets')[0], 'addresses').length, 1);
});

test('a service of two families has slices of both, and Endpoints of the first', async (t) => {
  const setting = await begin(t);
  const clusterIPs = ['fd00:96::10', '10.96.0.10'];
  const families = {
    clusterIP: clusterIPs[0],
    clusterIPs,
    ipFamilies: ['IPv6', 'IPv4'],
    ipFamilyPolicy: 'RequireDualStack',
  };
  await setting.create(services, { name: 'web' }, spec(families));
  await run(setting, 'a', ['10.0.0.1', 'fd00::1']);
  await run(setting, 'b', ['10.0.0.2']);
  await setting.settle();
  const byType = new Map(setting.objects(slices).map((slice) => [slice['addressType'], slice]));
  const addresses = (type: string): readonly unknown[] =>
    mapsAt(byType.get(type), 'endpoints').flatMap((one) => listAt(one, 'addresses'));
  t.is(byType.size, 2);
  t.deepEqual(addresses('IPv6'), ['fd00::1']);
  t.deepEqual(addresses('IPv4'), ['10.0.0.1', '10.0.0.2']);
  const [subset] = mapsAt(setting.get(endpoints, 'web'), 'subsets');
  t.deepEqual(
    mapsAt(subset, 'addresses').map(({ ip }) => ip),
    ['fd00::1'],
  );
});

test('a named port is looked up in each Pod, and Pods of other ports are in other slices', async (t) => {
  const setting = await begin(t);
  await setting.create(services, { name: 'web' }, spec({ ports: [{ port: 80, targetPort: 'web', protocol: 'TCP' }] }));
  await run(setting, 'a', ['10.0.0.1']);
  const ports = [{ name: 'web', containerPort: 9_999, protocol: 'TCP' }];
  await run(setting, 'b', ['10.0.0.2'], true, { containers: [{ ...container, ports }] });
  await setting.settle();
  const shown = setting.objects(slices).map((slice) => [
    mapsAt(slice, 'ports')
      .map((port) => `${textAt(port, 'name')}:${numberAt(port, 'port')}`)
      .join(','),
    mapsAt(slice, 'endpoints')
      .flatMap((one) => textsAt(one, 'addresses'))
      .join(','),
  ]);
  t.deepEqual(
    shown.toSorted(([a], [b]) => (a < b ? -1 : 1)),
    [
      [':8888', '10.0.0.1'],
      [':9999', '10.0.0.2'],
    ],
  );
  t.is(mapsAt(setting.get(endpoints, 'web'), 'subsets').length, 2);
});

test('a slice has at most a hundred endpoints, and one Pod that changes is one slice that changes', async (t) => {
  const setting = await begin(t);
  await setting.create(services, { name: 'web' }, spec());
  const count = 250;
  await Promise.all(Array.from({ length: count }, (_, index) => run(setting, `pod-${index}`, [`10.0.1.${index}`])));
  await setting.settle();
  const before = setting.objects(slices);
  t.deepEqual(
    before.map((slice) => mapsAt(slice, 'endpoints').length).toSorted((a, b) => b - a),
    [100, 100, 50],
  );
  t.is(new Set(states(setting)).size, count);
  await setState(setting, 'pod-7', ['10.0.1.7'], false);
  await setting.settle();
  const versions = new Map(before.map(({ metadata }) => [metadata.name, metadata.resourceVersion]));
  const changed = setting.objects(slices).filter(({ metadata: m }) => versions.get(m.name) !== m.resourceVersion);
  t.is(changed.length, 1);
  t.is(states(setting).filter((state) => state.includes('false/false')).length, 1);
});

test('a service without Pods has one empty slice, which is filled when a Pod comes', async (t) => {
  const setting = await begin(t);
  await setting.create(services, { name: 'web' }, spec());
  await setting.settle();
  const [empty] = setting.objects(slices);
  t.deepEqual(empty['endpoints'], []);
  t.is(setting.get(endpoints, 'web')['subsets'], undefined);
  await run(setting, 'a', ['10.0.0.1']);
  await setting.settle();
  t.deepEqual(states(setting), ['10.0.0.1 true/true/false']);
  await setting.delete(pods, 'a');
  await setting.settle();
  t.deepEqual(
    setting.objects(slices).map((slice) => slice['endpoints']),
    [[]],
  );
});

test('a headless service is labelled as one, and names Pods that ask for it', async (t) => {
  const setting = await begin(t);
  await setting.create(services, { name: 'web' }, spec({ clusterIP: 'None', clusterIPs: ['None'] }));
  await run(setting, 'a', ['10.0.0.1'], true, { hostname: 'web-0', subdomain: 'web' });
  await run(setting, 'b', ['10.0.0.2'], true, { hostname: 'web-1', subdomain: 'other' });
  await setting.settle();
  const [slice] = setting.objects(slices);
  t.is(slice.metadata.labels?.['service.kubernetes.io/headless'], '');
  t.deepEqual(
    mapsAt(slice, 'endpoints').map((one) => at(one, 'hostname')),
    ['web-0', undefined],
  );
});

test('Pods that are no longer selected leave, and slices that somebody deleted come back', async (t) => {
  const setting = await begin(t);
  await setting.create(services, { name: 'web' }, spec());
  await run(setting, 'a', ['10.0.0.1']);
  await run(setting, 'b', ['10.0.0.2']);
  await setting.settle();
  await setting.change(pods, 'a', (live) => ({ ...live, metadata: { ...live.metadata, labels: { app: 'old' } } }));
  await setting.settle();
  t.deepEqual(states(setting), ['10.0.0.2 true/true/false']);
  const [slice] = setting.objects(slices);
  await setting.delete(slices, slice.metadata.name ?? '');
  await setting.delete(endpoints, 'web');
  await setting.settle();
  t.deepEqual(states(setting), ['10.0.0.2 true/true/false']);
  t.is(mapsAt(setting.get(endpoints, 'web'), 'subsets').length, 1);
});

test('endpoints of services without a selector are left to whoever wrote them', async (t) => {
  const setting = await begin(t);
  const { selector: _, ...rest } = Object(spec()['spec']);
  await setting.create(services, { name: 'web' }, { spec: rest });
  const theirs = { subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 80, protocol: 'TCP' }] }] };
  await setting.create(endpoints, { name: 'web' }, theirs);
  await setting.settle();
  t.deepEqual(setting.list(slices), []);
  await setting.delete(services, 'web');
  await setting.settle();
  t.deepEqual(setting.get(endpoints, 'web')['subsets'], theirs.subsets);
});

test('Endpoints go with their service', async (t) => {
  const setting = await begin(t);
  await setting.create(services, { name: 'web' }, spec());
  await setting.settle();
  t.deepEqual(setting.list(endpoints), ['home/web']);
  await setting.delete(services, 'web');
  await setting.until(() => setting.list(endpoints).length === 0, 'they are gone');
  t.deepEqual(setting.failures, []);
});
