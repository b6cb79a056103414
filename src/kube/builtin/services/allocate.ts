// What a Service is given when it is written: addresses within the cluster, ports on every node, a port for a balancer's questions. Pure:
// what others have is handed in, and a new object comes out, or ApiError `Invalid` in Kubernetes' words. The service has been validated.

import { parseAddress } from '#bgp/net/address.ts';
import { ApiError, invalid } from '../../api/api-error.ts';
import type { JsonObject, KubeObject } from '../../api/object.ts';
import { Faults } from '../../schema/faults.ts';
import { mapsAt, numberAt, textAt, textsAt } from '../read-fields.ts';
import { isExternalName, needsHealthCheck, needsNodePort, specOf } from '../rules/service-kind.ts';
import { chooseFamilies } from './families.ts';
import { type AddressRange, hasPort, nextPort, type Pick, type PortRange } from './ranges.ts';

export interface ServiceRanges {
  /** The first is the default family; at most one of each. */
  readonly addresses: readonly AddressRange[];
  readonly ports: PortRange;
}

export interface Taken {
  readonly addresses: ReadonlySet<string>;
  readonly ports: ReadonlySet<number>;
}

/** What the services have; leave out the one that is written. */
export function readTaken(services: readonly KubeObject[]): Taken {
  const [addresses, ports] = [new Set<string>(), new Set<number>()];
  for (const service of services) {
    const spec = specOf(service);
    for (const address of textsAt(spec, 'clusterIPs')) if (address !== 'None') addresses.add(canonical(address));
    for (const port of listPorts(spec)) ports.add(port);
  }
  return { addresses, ports };
}

/** Throws ApiError: Invalid, or InternalError when a range is full. */
export function allocateService(
  service: KubeObject,
  before: KubeObject | undefined,
  taken: Taken,
  ranges: ServiceRanges,
  pick: Pick,
): KubeObject {
  const spec = specOf(service);
  if (isExternalName(spec)) return service;
  const old = before === undefined ? undefined : specOf(before);
  const addressed = new AddressAllocation(service, taken.addresses, ranges, pick).run(spec, old);
  return { ...service, spec: new PortAllocation(service, taken.ports, ranges.ports, pick).run(addressed, old) };
}

class AddressAllocation {
  readonly #service: KubeObject;
  readonly #taken: ReadonlySet<string>;
  readonly #ranges: ServiceRanges;
  readonly #pick: Pick;

  constructor(service: KubeObject, taken: ReadonlySet<string>, ranges: ServiceRanges, pick: Pick) {
    this.#service = service;
    this.#taken = taken;
    this.#ranges = ranges;
    this.#pick = pick;
  }

  run(spec: JsonObject, old: JsonObject | undefined): JsonObject {
    const faults = new Faults();
    const served = this.#ranges.addresses.map(({ family }) => family);
    const { policy, families, addresses } = chooseFamilies(spec, old, served, faults);
    refuse(this.#service, faults);
    const dressed = { ...spec, ipFamilyPolicy: policy, ipFamilies: families };
    if (addresses[0] === 'None') return { ...dressed, clusterIPs: addresses };
    const kept = textsAt(old, 'clusterIPs');
    const given = families.map((family, index) => {
      const wanted = addresses[index];
      // Who prefers two families may have got only one, before the server had a range for the second.
      if (wanted === undefined) return this.#next(family);
      if (!kept.includes(wanted)) this.#check(wanted, family, addresses, faults);
      return wanted;
    });
    refuse(this.#service, faults);
    return { ...dressed, clusterIP: given[0] ?? '', clusterIPs: given };
  }

  #next(family: string): string {
    const found = this.#rangeOf(family)?.next((text) => this.#taken.has(text), this.#pick);
    if (found === undefined) throw new ApiError('InternalError', 'failed to allocate a serviceIP: range is full');
    return found;
  }

  #check(wanted: string, family: string, addresses: readonly string[], faults: Faults): void {
    const range = this.#rangeOf(family);
    const prefix = range?.prefix.toString() ?? 'none';
    const why =
      range?.has(wanted) !== true
        ? `provided IP is not in the valid range. The range of valid IPs is ${prefix}`
        : this.#taken.has(canonical(wanted))
          ? 'provided IP is already allocated'
          : undefined;
    if (why !== undefined) faults.invalid('spec.clusterIPs', addresses, `failed to allocate IP ${wanted}: ${why}`);
  }

  #rangeOf(family: string): AddressRange | undefined {
    return this.#ranges.addresses.find((range) => range.family === family);
  }
}

class PortAllocation {
  readonly #service: KubeObject;
  readonly #range: PortRange;
  readonly #pick: Pick;
  /** Of others, and what this one is given. */
  readonly #taken: Set<number>;

  constructor(service: KubeObject, taken: ReadonlySet<number>, range: PortRange, pick: Pick) {
    this.#service = service;
    this.#range = range;
    this.#pick = pick;
    this.#taken = new Set(taken);
  }

  run(spec: JsonObject, old: JsonObject | undefined): JsonObject {
    const type = textAt(spec, 'type');
    const own = new Set(old === undefined ? [] : listPorts(old));
    const isOpen = type === 'NodePort' || type === 'LoadBalancer';
    const ported = isOpen ? { ...spec, ports: this.#nodePorts(spec, own) } : spec;
    return needsHealthCheck(ported) ? this.#healthCheck(ported, old) : ported;
  }

  #nodePorts(spec: JsonObject, own: ReadonlySet<number>): readonly JsonObject[] {
    const ports = mapsAt(spec, 'ports');
    const faults = new Faults();
    // First what is asked for, so that nothing else takes it.
    const asked = new Set<number>();
    for (const [index, port] of ports.entries()) {
      const nodePort = numberAt(port, 'nodePort');
      if (nodePort === 0 || asked.has(nodePort)) continue;
      asked.add(nodePort);
      const why = own.has(nodePort) ? undefined : this.#refusal(nodePort);
      if (why !== undefined) faults.invalid(`spec.ports[${index}].nodePort`, nodePort, why);
    }
    refuse(this.#service, faults);
    for (const nodePort of asked) this.#taken.add(nodePort);
    if (!needsNodePort(spec)) return ports;
    // One number for the same port over TCP and UDP.
    const byPort = new Map<number, number>();
    for (const port of ports) {
      if (numberAt(port, 'nodePort') !== 0) byPort.set(numberAt(port, 'port'), numberAt(port, 'nodePort'));
    }
    return ports.map((port) => {
      if (numberAt(port, 'nodePort') !== 0) return port;
      const number = numberAt(port, 'port');
      const nodePort = byPort.get(number) ?? this.#next('failed to allocate a nodePort');
      byPort.set(number, nodePort);
      return { ...port, nodePort };
    });
  }

  #healthCheck(spec: JsonObject, old: JsonObject | undefined): JsonObject {
    const asked = numberAt(spec, 'healthCheckNodePort');
    const had = old !== undefined && needsHealthCheck(old) ? numberAt(old, 'healthCheckNodePort') : 0;
    if (had !== 0) {
      const faults = new Faults();
      if (asked !== had) faults.invalid('spec.healthCheckNodePort', asked, 'field is immutable');
      refuse(this.#service, faults);
      return spec;
    }
    if (asked === 0) {
      return { ...spec, healthCheckNodePort: this.#next('failed to allocate a HealthCheck NodePort 0') };
    }
    const why = this.#refusal(asked);
    if (why === undefined) return spec;
    throw new ApiError('InternalError', `failed to allocate requested HealthCheck NodePort ${asked}: ${why}`);
  }

  #refusal(port: number): string | undefined {
    const { first, last } = this.#range;
    if (!hasPort(this.#range, port)) {
      return `provided port is not in the valid range. The range of valid ports is ${first}-${last}`;
    }
    return this.#taken.has(port) ? 'provided port is already allocated' : undefined;
  }

  #next(what: string): number {
    const found = nextPort(this.#range, (port) => this.#taken.has(port), this.#pick);
    if (found === undefined) throw new ApiError('InternalError', `${what}: range is full`);
    this.#taken.add(found);
    return found;
  }
}

/** One address, however it is written. */
function canonical(text: string): string {
  return parseAddress(text)?.toString() ?? text;
}

function listPorts(spec: JsonObject): readonly number[] {
  const ports = mapsAt(spec, 'ports').map((port) => numberAt(port, 'nodePort'));
  return [...ports, numberAt(spec, 'healthCheckNodePort')].filter((port) => port !== 0);
}

function refuse({ metadata }: KubeObject, { causes }: Faults): void {
  if (causes.length > 0) throw invalid('', 'Service', metadata.name ?? '', causes);
}
