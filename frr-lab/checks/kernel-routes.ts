// What a node's kernel has for a prefix: whose route it is and where it leads.
import { asArray, at, parseJson, readString } from '../json.ts';
import type { LabPaths } from '../paths.ts';
import { isIpv6 } from '../topology.ts';
import { readFrom } from './lab-reader.ts';

export type KernelRoute = {
  /** Name or number of the routing protocol that made it. */
  readonly protocol: string;
  /** Interfaces, sorted; several for a multipath route. */
  readonly devices: readonly string[];
};

/** A protocol that iproute2 has no name for is a number here, which FRR's and BIRD's never are. */
export async function readKernelRoutes(lab: LabPaths, node: string, prefix: string): Promise<readonly KernelRoute[]> {
  const family = isIpv6(prefix) ? '-6' : '-4';
  const text = await readFrom(lab, node, ['ip', family, '-j', 'route', 'show', prefix]);
  return asArray(parseJson(text)).map((route) => {
    const hops = asArray(at(route, 'nexthops'));
    const devices = (hops.length > 0 ? hops : [route]).map((hop) => readString(hop, 'dev') ?? '');
    return { protocol: String(at(route, 'protocol')), devices: devices.toSorted() };
  });
}

export function describeRoutes(routes: readonly KernelRoute[]): string {
  if (routes.length === 0) return 'no such route';
  return routes.map(({ protocol, devices }) => `protocol ${protocol} dev ${devices.join(' and ')}`).join('; ');
}
