// Who serves a Service: EndpointSlices and Endpoints of the Pods that it selects, kept as these come, become ready, and go. What they
// say is worked out in endpoint-slices.ts and endpoints-object.ts; here is when, and how it is written.

import type { Target } from '../api/api-port.ts';
import type { KubeObject } from '../api/object.ts';
import { isSameJson } from '../api/same-json.ts';
import {
  type Controller,
  type ControllerDeps,
  deleteOnly,
  everything,
  findResource,
  getIfThere,
  isReason,
  keyOf,
  targetOf,
  unlessAlready,
  writeAs,
} from './controller.ts';
import { groupEndpoints, managedByLabel, manager, planSlices, serviceNameLabel } from './endpoint-slices.ts';
import { writeEndpoints } from './endpoints-object.ts';
import { type Changed, ObservedKind } from './observed-kind.ts';
import { isSelected, readSelector } from './service-pods.ts';
import { WorkQueue } from './work-queue.ts';

const asSliceController = writeAs('endpointslice-controller');
const asEndpointController = writeAs('endpoint-controller');
const zoneLabel = 'topology.kubernetes.io/zone';

export class EndpointsController implements Controller {
  readonly #deps: ControllerDeps;
  readonly #queue: WorkQueue;
  readonly #services: ObservedKind;
  readonly #pods: ObservedKind;
  readonly #nodes: ObservedKind;
  readonly #written: readonly ObservedKind[];

  constructor(deps: ControllerDeps) {
    this.#deps = deps;
    this.#queue = new WorkQueue({
      clock: deps.clock,
      work: (key) => this.#sync(key),
      failed: (key, error) => deps.failed(`endpoints of service ${key}`, error),
    });
    const observe = (group: string, plural: string, changed: Changed): ObservedKind =>
      new ObservedKind({ resource: findResource(deps.api, group, plural), namespace: undefined }, deps, changed);
    const addNamed = (name: string | undefined, { metadata: { namespace = '' } }: KubeObject): void => {
      if (name !== undefined) this.#queue.add(`${namespace}/${name}`);
    };
    this.#services = observe('', 'services', (now, before) => {
      for (const service of [now ?? before]) if (service !== undefined) this.#queue.add(keyOf(service));
    });
    this.#pods = observe('', 'pods', (now, before) => this.#addServicesOf(now, before));
    this.#nodes = observe('', 'nodes', (now, before) => {
      if (now?.metadata.labels?.[zoneLabel] === before?.metadata.labels?.[zoneLabel]) return;
      for (const service of this.#services.objects) this.#queue.add(keyOf(service));
    });
    this.#written = [
      observe('', 'endpoints', (now, before) => {
        for (const one of [now ?? before]) if (one !== undefined) addNamed(one.metadata.name, one);
      }),
      observe('discovery.k8s.io', 'endpointslices', (now, before) => {
        for (const one of [now, before]) if (one !== undefined) addNamed(one.metadata.labels?.[serviceNameLabel], one);
      }),
    ];
  }

  start(): void {
    for (const observed of this.#observed) observed.start();
  }

  close(): void {
    this.#queue.close();
    for (const observed of this.#observed) observed.close();
  }

  get #observed(): readonly ObservedKind[] {
    return [this.#nodes, this.#services, this.#pods, ...this.#written];
  }

  /** Those that select it, and those that did. */
  #addServicesOf(now: KubeObject | undefined, before: KubeObject | undefined): void {
    const namespace = (now ?? before)?.metadata.namespace ?? '';
    for (const service of this.#services.inNamespace(namespace)) {
      const selector = readSelector(service);
      if (selector === undefined) continue;
      if (isSelected(now, selector) || isSelected(before, selector)) this.#queue.add(keyOf(service));
    }
  }

  async #sync(key: string): Promise<void> {
    const { api } = this.#deps;
    const [namespace, name] = key.split('/');
    const resource = findResource(api, '', 'services');
    const service = getIfThere(api, { resource, namespace, name, subresource: undefined });
    if (service === undefined) {
      await this.#forget(namespace, name);
      return;
    }
    const selector = readSelector(service);
    if (selector === undefined || service.metadata.deletionTimestamp !== undefined) return;
    const pods = [...this.#pods.inNamespace(namespace)].filter((pod) => isSelected(pod, selector));
    try {
      await this.#writeSlices(service, pods);
      await this.#writeEndpoints(service, pods);
    } catch (error) {
      if (!isReason(error, 'Forbidden') || !this.#isEnding(namespace)) throw error;
    }
  }

  /** Nothing can be made in it any more, and what is there goes with it. */
  #isEnding(namespace: string): boolean {
    const { api } = this.#deps;
    const resource = findResource(api, '', 'namespaces');
    const found = getIfThere(api, { resource, namespace: undefined, name: namespace, subresource: undefined });
    return found === undefined || found.metadata.deletionTimestamp !== undefined;
  }

  async #writeSlices(service: KubeObject, pods: readonly KubeObject[]): Promise<void> {
    const { api } = this.#deps;
    const { namespace, name = '' } = service.metadata;
    const target: Target = { resource: findResource(api, 'discovery.k8s.io', 'endpointslices'), namespace };
    const labelSelector = `${serviceNameLabel}=${name},${managedByLabel}=${manager}`;
    const existing = api.list(target, { ...everything, labelSelector }).items;
    const zoneOf = (node: string): string => this.#nodes.get('', node)?.metadata.labels?.[zoneLabel] ?? '';
    const plan = planSlices(service, existing, groupEndpoints(service, pods, zoneOf));
    const at = (slice: KubeObject): ReturnType<typeof targetOf> => targetOf(target.resource, slice);
    await Promise.all([
      ...plan.create.map((slice) => api.create(target, slice, asSliceController)),
      ...plan.update.map((slice) => api.update(at(slice), slice, asSliceController)),
      ...plan.delete.map((slice) =>
        unlessAlready(api.delete(at(slice), deleteOnly(slice, undefined), asSliceController), 'NotFound'),
      ),
    ]);
  }

  async #writeEndpoints(service: KubeObject, pods: readonly KubeObject[]): Promise<void> {
    const { api } = this.#deps;
    const { namespace, name = '' } = service.metadata;
    const resource = findResource(api, '', 'endpoints');
    const target = { resource, namespace, name, subresource: undefined };
    const existing = getIfThere(api, target);
    const wanted = writeEndpoints(service, pods, existing);
    if (existing === undefined) await api.create({ resource, namespace }, wanted, asEndpointController);
    else if (!isSameJson(wanted, existing)) await api.update(target, wanted, asEndpointController);
  }

  /** Slices are owned by their service, and are collected with it. */
  async #forget(namespace: string, name: string): Promise<void> {
    const { api } = this.#deps;
    const resource = findResource(api, '', 'endpoints');
    const target = { resource, namespace, name, subresource: undefined };
    const left = getIfThere(api, target);
    // Of somebody else, who may be about to make the service as well.
    if (left?.metadata.labels?.['endpoints.kubernetes.io/managed-by'] !== 'endpoint-controller') return;
    await unlessAlready(api.delete(target, deleteOnly(left, undefined), asEndpointController), 'NotFound');
  }
}
