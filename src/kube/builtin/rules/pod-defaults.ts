// What pods and their templates mean when they do not say it. Some of it is filled in for pods alone: a template keeps what its author
// wrote, and each pod made from it gets the rest.

import type { Json, JsonObject } from '../../api/object.ts';
import { at, mapAt, mapsAt, textAt } from '../read-fields.ts';
import { fillFields, mapItems, withoutAbsent } from './fill.ts';

/** 0644 */
const fileMode = 420;

export function fillPodSpec(spec: JsonObject): JsonObject {
  const isOnHost = at(spec, 'hostNetwork') === true;
  const fillAll = (list: Json | undefined): Json | undefined =>
    mapItems(list, (container) => fillContainer(container, isOnHost));
  const account = textAt(spec, 'serviceAccountName') || textAt(spec, 'serviceAccount');
  return fillFields(
    {
      ...spec,
      ...withoutAbsent({
        containers: fillAll(spec['containers']),
        initContainers: fillAll(spec['initContainers']),
        ephemeralContainers: fillAll(spec['ephemeralContainers']),
        volumes: mapItems(spec['volumes'], (volume) => fillVolume(volume)),
        // The old name says the same.
        ...(account === '' ? {} : { serviceAccountName: account, serviceAccount: account }),
      }),
    },
    {
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      securityContext: {},
      schedulerName: 'default-scheduler',
    },
  );
}

/** Of pods alone. */
export function fillPod(spec: JsonObject): JsonObject {
  const requestAll = (list: Json | undefined): Json | undefined =>
    mapItems(list, (container) => {
      const limits = mapAt(container, 'resources', 'limits');
      if (Object.keys(limits).length === 0) return container;
      const resources = mapAt(container, 'resources');
      return { ...container, resources: { ...resources, requests: fillFields(resources['requests'], limits) } };
    });
  const requested = withoutAbsent({
    containers: requestAll(spec['containers']),
    initContainers: requestAll(spec['initContainers']),
  });
  return fillFields({ ...spec, ...requested }, { enableServiceLinks: true });
}

export function fillTemplate(template: Json | undefined): JsonObject {
  const filled = fillFields(template, { metadata: {} });
  return { ...filled, spec: fillPodSpec(mapAt(filled, 'spec')) };
}

function fillContainer(container: JsonObject, isOnHost: boolean): JsonObject {
  const ports = mapItems(container['ports'], (port) =>
    fillFields(port, { protocol: 'TCP', ...(isOnHost ? { hostPort: at(port, 'containerPort') } : {}) }),
  );
  const env = mapItems(container['env'], (variable) => fillVariable(variable));
  const probes = Object.fromEntries(
    ['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((name) => {
      const probe = at(container, name);
      return probe === undefined ? [] : [[name, fillProbe(mapAt(probe))]];
    }),
  );
  const lifecycle = fillLifecycle(mapAt(container, 'lifecycle'));
  const hasLifecycle = at(container, 'lifecycle') !== undefined;
  return fillFields(
    { ...container, ...withoutAbsent({ ports, env, ...probes, ...(hasLifecycle ? { lifecycle } : {}) }) },
    {
      resources: {},
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
      imagePullPolicy: isLatest(textAt(container, 'image')) ? 'Always' : 'IfNotPresent',
    },
  );
}

/** Without a tag and a digest it is the latest. */
function isLatest(image: string): boolean {
  if (image.includes('@')) return false;
  const tag = /:([^:/]+)$/.exec(image);
  return tag === null || tag[1] === 'latest';
}

function fillVariable(variable: JsonObject): JsonObject {
  const fieldRef = at(variable, 'valueFrom', 'fieldRef');
  if (fieldRef === undefined) return variable;
  return {
    ...variable,
    valueFrom: { ...mapAt(variable, 'valueFrom'), fieldRef: fillFields(fieldRef, { apiVersion: 'v1' }) },
  };
}

function fillProbe(probe: JsonObject): JsonObject {
  const grpc = at(probe, 'grpc');
  const asked = { ...fillHttpGet(probe), ...(grpc === undefined ? {} : { grpc: fillFields(grpc, { service: '' }) }) };
  return fillFields(asked, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
}

function fillLifecycle(lifecycle: JsonObject): JsonObject {
  const hooks = Object.entries(lifecycle).map(([name, hook]) =>
    name === 'postStart' || name === 'preStop' ? [name, fillHttpGet(mapAt(hook))] : [name, hook],
  );
  return Object.fromEntries(hooks);
}

function fillHttpGet(action: JsonObject): JsonObject {
  const httpGet = at(action, 'httpGet');
  return httpGet === undefined ? action : { ...action, httpGet: fillFields(httpGet, { path: '/', scheme: 'HTTP' }) };
}

const filesOf = ['secret', 'configMap', 'downwardAPI', 'projected'];

function fillVolume(volume: JsonObject): JsonObject {
  const isBare = Object.keys(volume).every((field) => field === 'name' || volume[field] === undefined);
  if (isBare) return { ...volume, emptyDir: {} };
  if (at(volume, 'hostPath') !== undefined)
    return { ...volume, hostPath: fillFields(volume['hostPath'], { type: '' }) };
  const kind = filesOf.find((name) => at(volume, name) !== undefined);
  if (kind === undefined) return volume;
  const source = fillFields(volume[kind], { defaultMode: fileMode });
  if (kind === 'downwardAPI') return { ...volume, downwardAPI: fillDownward(source) };
  if (kind !== 'projected') return { ...volume, [kind]: source };
  const sources = mapItems(source['sources'], (one) => fillProjection(one));
  return { ...volume, projected: { ...source, ...(sources === undefined ? {} : { sources }) } };
}

function fillProjection(source: JsonObject): JsonObject {
  const [token, downward] = [at(source, 'serviceAccountToken'), at(source, 'downwardAPI')];
  return {
    ...source,
    ...(token === undefined ? {} : { serviceAccountToken: fillFields(token, { expirationSeconds: 3_600 }) }),
    ...(downward === undefined ? {} : { downwardAPI: fillDownward(mapAt(downward)) }),
  };
}

function fillDownward(source: JsonObject): JsonObject {
  const items = mapItems(source['items'], (item) =>
    at(item, 'fieldRef') === undefined
      ? item
      : { ...item, fieldRef: fillFields(item['fieldRef'], { apiVersion: 'v1' }) },
  );
  return { ...source, ...(items === undefined ? {} : { items }) };
}

/** How soon it has to go when its node runs short (Kubernetes documentation, "Pod Quality of Service Classes"). */
export function findQosClass(spec: JsonObject): 'BestEffort' | 'Burstable' | 'Guaranteed' {
  const containers = [...mapsAt(spec, 'initContainers'), ...mapsAt(spec, 'containers')];
  const isSet = (container: JsonObject, part: string): boolean =>
    ['cpu', 'memory'].some((name) => at(container, 'resources', part, name) !== undefined);
  if (!containers.some((one) => isSet(one, 'requests') || isSet(one, 'limits'))) return 'BestEffort';
  const isGuaranteed = containers.every((container) =>
    ['cpu', 'memory'].every((name) => {
      const limit = at(container, 'resources', 'limits', name);
      return limit !== undefined && at(container, 'resources', 'requests', name) === limit;
    }),
  );
  return isGuaranteed ? 'Guaranteed' : 'Burstable';
}
