// Which BGP instance a show command is about. One instance needs no name; several need `instance NAME`, as FRR's VRFs do,
// because an answer that left some out would be wrong and one that mixed them would not be FRR's shape.

import { parseAddress } from '#bgp/net/address.ts';
import type { InstanceView, NeighborView } from '#bgp/views.ts';
import { badArgument, noSuchNeighbor, ProblemError, problemTypes } from '../problem.ts';
import type { ShowContext, ShowRequest } from './command.ts';

/** What a table says when there is none: before the first configuration, or while nothing asks for one. */
export const noInstanceText = '% No BGP instance is configured (yet); waggle status tells more\n';

/** undefined: none runs. Throws ProblemError when it is not clear which one is meant. */
export async function findInstance(context: ShowContext, request: ShowRequest): Promise<InstanceView | undefined> {
  const instances = await context.speaker.instances();
  if (request.instance !== undefined) {
    const found = instances.find((instance) => instance.instance === request.instance);
    if (found !== undefined) return found;
    throw new ProblemError({
      type: problemTypes.noSuchInstance,
      title: 'No such instance',
      status: 404,
      detail: `BGP instance not found: ${request.instance}`,
      suggestions: instances.map((instance) => instance.instance),
    });
  }
  if (instances.length > 1) {
    const behind = request.words.indexOf('bgp') + 1;
    const before = ['show', ...request.words.slice(0, behind), 'instance'];
    const commands = instances.map((view) => [...before, view.instance, ...request.words.slice(behind)].join(' '));
    throw badArgument(`${instances.length} BGP instances run: say which one`, commands);
  }
  return instances[0];
}

export function findNeighbor(instance: InstanceView | undefined, address: string): NeighborView {
  const [host, zone] = address.split('%');
  const canonical = `${parseAddress(host)?.toString() ?? host}${zone === undefined ? '' : `%${zone}`}`;
  const found = instance?.neighbors.find((neighbor) => neighbor.address === canonical);
  if (found === undefined) throw noSuchNeighbor(address);
  return found;
}
