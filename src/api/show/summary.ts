// `show bgp summary`: every family, or one when the words name it. Layout is in summary-json.ts and summary-text.ts.

import type { Family } from '#bgp/net/family.ts';
import type { InstanceView } from '#bgp/views.ts';
import { stringifyJson } from '../escape.ts';
import type { ShowAnswer, ShowContext, ShowRequest } from './command.ts';
import { findInstance, noInstanceText } from './instance.ts';
import { describeSummary, listFamilies, type SummaryFilter } from './summary-json.ts';
import { renderSummary } from './summary-text.ts';
import { findRequestedFamily } from './requested-family.ts';

function findFilter(request: ShowRequest): SummaryFilter {
  if (request.hasWord('failed')) return 'failed';
  return request.hasWord('established') ? 'established' : 'all';
}

export async function answerSummary(context: ShowContext, request: ShowRequest): Promise<ShowAnswer> {
  const instance = await findInstance(context, request);
  const requested = findRequestedFamily(request);
  const filter = findFilter(request);
  // With the family's every word FRR leaves the outer object and the title away.
  const isBare = requested !== undefined && request.hasWord('unicast');
  const families = instance === undefined ? [] : listFamilies(instance);
  const shown = families.filter((family) => requested === undefined || family === requested);
  const wallMs = context.wallMs();
  return {
    json: () => `${stringifyJson(describe(instance, shown, filter, wallMs, isBare), 2)}\n`,
    text: () => render(instance, shown, filter, wallMs, isBare),
  };
}

function describe(
  instance: InstanceView | undefined,
  families: readonly Family[],
  filter: SummaryFilter,
  wallMs: number,
  isBare: boolean,
): object {
  if (instance === undefined) return {};
  if (isBare && families.length > 0) return describeSummary(instance, families[0], filter, wallMs);
  return Object.fromEntries(
    families.map((family) => [family.jsonKey, describeSummary(instance, family, filter, wallMs)]),
  );
}

function render(
  instance: InstanceView | undefined,
  families: readonly Family[],
  filter: SummaryFilter,
  wallMs: number,
  isBare: boolean,
): string {
  if (instance === undefined) return noInstanceText;
  if (families.length === 0) return '% No BGP neighbors found in VRF default\n';
  return families
    .map(
      (family) => `${isBare ? '' : `\n${family.title} Summary:\n`}${renderSummary(instance, family, filter, wallMs)}`,
    )
    .join('');
}
