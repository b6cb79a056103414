// What the server serves, as clients ask before anything else: by group and version, and all at once (aggregated). Pure.
// Kubernetes API concepts, "Discovery API"; apidiscovery.k8s.io/v2.

import type { JsonObject } from '#kube/api/object.ts';
import type { Resource } from '#kube/api/resource.ts';
import { compareVersions } from '#kube/registry/registry.ts';
import { eviction, hasEviction } from './eviction.ts';

/** A kind that is created and not kept. */
export interface VirtualKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
}

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const subresourceVerbs = ['get', 'patch', 'update'];
const evictionKind = { group: eviction.group, version: eviction.version, kind: eviction.kind };

/** Resources and virtual kinds by group, and by version in the order of preference. '' is the core group. */
export class ServedGroups {
  readonly #groups = new Map<string, ReadonlyMap<string, ServedVersion>>();

  constructor(resources: readonly Resource[], virtual: readonly VirtualKind[]) {
    for (const group of [...new Set([...resources, ...virtual].map((each) => each.group))].toSorted()) {
      const versions = [...resources, ...virtual].flatMap((each) => (each.group === group ? [each.version] : []));
      const inOrder = [...new Set(versions)].toSorted(compareVersions);
      const served = inOrder.map((version): [string, ServedVersion] => {
        const isHere = (each: VirtualKind): boolean => each.group === group && each.version === version;
        return [version, { resources: resources.filter(isHere).toSorted(byPlural), virtual: virtual.filter(isHere) }];
      });
      this.#groups.set(group, new Map(served));
    }
  }

  /** Of /api. `address`: where this server is, as clients without certificates of the cluster see it. */
  coreVersions(address: string): JsonObject {
    return {
      kind: 'APIVersions',
      versions: [...(this.#groups.get('')?.keys() ?? [])],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
    };
  }

  /** Of /apis. */
  groupList(): JsonObject {
    const groups = this.#named().map(([group, versions]) => describeGroup(group, versions));
    return { kind: 'APIGroupList', apiVersion: 'v1', groups };
  }

  /** Of /apis/GROUP. */
  group(group: string): JsonObject | undefined {
    const versions = group === '' ? undefined : this.#groups.get(group);
    return versions === undefined
      ? undefined
      : { kind: 'APIGroup', apiVersion: 'v1', ...describeGroup(group, versions) };
  }

  /** Of /api/VERSION and /apis/GROUP/VERSION. */
  resourceList(group: string, version: string): JsonObject | undefined {
    const served = this.#groups.get(group)?.get(version);
    if (served === undefined) return undefined;
    const resources = [
      ...served.resources.flatMap((resource) => describeResource(resource)),
      ...served.virtual.map(({ plural, kind }) => ({
        name: plural,
        singularName: kind.toLowerCase(),
        namespaced: false,
        kind,
        verbs: ['create'],
      })),
    ];
    return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: groupVersionOf(group, version), resources };
  }

  /** Of /api (the core group) or /apis (all others), in version v2 or v2beta1 of apidiscovery.k8s.io. */
  aggregated(isCore: boolean, version: string): JsonObject {
    const groups = isCore ? [...this.#groups].filter(([group]) => group === '') : this.#named();
    return {
      kind: 'APIGroupDiscoveryList',
      apiVersion: `apidiscovery.k8s.io/${version}`,
      metadata: {},
      items: groups.map(([group, versions]) => ({
        metadata: group === '' ? { creationTimestamp: null } : { name: group, creationTimestamp: null },
        versions: [...versions].map(([name, { resources, virtual }]) => ({
          version: name,
          resources: [
            ...resources.map((resource) => discoverResource(resource)),
            ...virtual.map(({ plural, kind }) => ({
              resource: plural,
              responseKind: { group: '', version: '', kind },
              scope: 'Cluster',
              singularResource: kind.toLowerCase(),
              verbs: ['create'],
            })),
          ],
          freshness: 'Current',
        })),
      })),
    };
  }

  #named(): readonly (readonly [string, ReadonlyMap<string, ServedVersion>])[] {
    return [...this.#groups].filter(([group]) => group !== '');
  }
}

interface ServedVersion {
  readonly resources: readonly Resource[];
  readonly virtual: readonly VirtualKind[];
}

function describeGroup(group: string, versions: ReadonlyMap<string, ServedVersion>): JsonObject {
  const all = [...versions.keys()].map((version) => ({ groupVersion: groupVersionOf(group, version), version }));
  return { name: group, versions: all, preferredVersion: all[0] };
}

function describeResource(resource: Resource): readonly JsonObject[] {
  const { plural, singular, isNamespaced, kind, shortNames, categories, hasStatus, scale } = resource;
  const whole = {
    name: plural,
    singularName: singular,
    namespaced: isNamespaced,
    kind,
    verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
  };
  const below = (name: string, more: JsonObject): JsonObject => ({
    name: `${plural}/${name}`,
    singularName: '',
    namespaced: isNamespaced,
    ...more,
    verbs: subresourceVerbs,
  });
  return [
    whole,
    ...(hasStatus ? [below('status', { kind })] : []),
    ...(scale === undefined ? [] : [below('scale', { group: 'autoscaling', version: 'v1', kind: 'Scale' })]),
    ...(hasEviction(resource) ? [{ ...below(eviction.name, evictionKind), verbs: eviction.verbs }] : []),
  ];
}

function discoverResource(resource: Resource): JsonObject {
  const { group, version, plural, singular, isNamespaced, kind, shortNames, categories, hasStatus, scale } = resource;
  const responseKind = { group, version, kind };
  const subresources = [
    ...(hasStatus ? [{ subresource: 'status', responseKind, verbs: subresourceVerbs }] : []),
    ...(scale === undefined
      ? []
      : [
          {
            subresource: 'scale',
            responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
            verbs: subresourceVerbs,
          },
        ]),
    ...(hasEviction(resource)
      ? [{ subresource: eviction.name, responseKind: evictionKind, verbs: eviction.verbs }]
      : []),
  ];
  return {
    resource: plural,
    responseKind,
    scope: isNamespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
    ...(subresources.length === 0 ? {} : { subresources }),
  };
}

function groupVersionOf(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}

function byPlural(one: Resource, other: Resource): number {
  return one.plural < other.plural ? -1 : 1;
}
