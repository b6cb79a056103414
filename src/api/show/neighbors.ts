// `show bgp neighbors [ADDRESS]`: all of them, or one.

import { stringifyJson } from '../escape.ts';
import type { ShowAnswer, ShowContext, ShowRequest } from './command.ts';
import { findInstance, findNeighbor, noInstanceText } from './instance.ts';
import { findFamily } from './neighbor-state.ts';
import { describeNeighborDetail } from './neighbors-json.ts';
import { renderNeighbor } from './neighbors-text.ts';
import { findRequestedFamily } from './requested-family.ts';

export async function answerNeighbors(context: ShowContext, request: ShowRequest): Promise<ShowAnswer> {
  const instance = await findInstance(context, request);
  const family = findRequestedFamily(request);
  const all = instance?.neighbors ?? [];
  const neighbors =
    request.neighbor === undefined
      ? all.filter((neighbor) => family === undefined || findFamily(neighbor, family.name)?.isShown === true)
      : [findNeighbor(instance, request.neighbor)];
  const wallMs = context.wallMs();
  const selectionDeferralSec = instance?.selectionDeferralSec ?? 0;
  return {
    json: () => {
      const described = neighbors.map((neighbor) => [
        neighbor.address,
        describeNeighborDetail(neighbor, wallMs, selectionDeferralSec),
      ]);
      return `${stringifyJson(Object.fromEntries(described), 2)}\n`;
    },
    text: () => {
      if (instance === undefined) return noInstanceText;
      if (neighbors.length === 0) return '% No BGP neighbors found in VRF default\n';
      return neighbors.map((neighbor) => renderNeighbor(neighbor, wallMs, selectionDeferralSec)).join('');
    },
  };
}
