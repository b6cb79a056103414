// `show bgp memory`: what the tables take. FRR prints counts of its structures; here they are columns, and the bytes are those
// that were reserved for them.

import { familyByName } from '#bgp/net/family.ts';
import type { MemoryView } from '#bgp/views.ts';
import { stringifyJson } from '../escape.ts';
import type { ShowAnswer, ShowContext, ShowRequest } from './command.ts';
import { findInstance, noInstanceText } from './instance.ts';

export async function answerMemory(context: ShowContext, request: ShowRequest): Promise<ShowAnswer> {
  const instance = await findInstance(context, request);
  const memory = (await context.speaker.memory()).find((view) => view.instance === instance?.instance);
  return {
    json: () => `${stringifyJson(memory === undefined ? {} : describe(memory), 2)}\n`,
    text: () => (memory === undefined ? noInstanceText : render(memory)),
  };
}

function describe({ families, attributeSets, attributeBytes, neighbors }: MemoryView): object {
  return {
    addressFamilies: Object.fromEntries(
      families.map(({ family, ...figures }) => [familyByName(family)?.jsonKey ?? family, figures]),
    ),
    attributeSets,
    attributeBytes,
    peers: neighbors,
  };
}

function render({ families, attributeSets, attributeBytes, neighbors }: MemoryView): string {
  const lines = families.flatMap((view) => {
    const title = familyByName(view.family)?.title ?? view.family;
    return [
      `${view.prefixes} ${title} prefixes with ${view.paths} paths, using ${formatBytes(view.tableBytes)} of memory`,
      `${view.updateGroups} ${title} update groups, using ${formatBytes(view.updateGroupBytes)} of memory`,
    ];
  });
  lines.push(
    `${attributeSets} BGP attribute sets, using ${formatBytes(attributeBytes)} of memory`,
    `${neighbors} peers`,
  );
  return `${lines.join('\n')}\n`;
}

function formatBytes(bytes: number): string {
  if (bytes >= 1 << 20) return `${(bytes / (1 << 20)).toFixed(1)} MiB`;
  return bytes >= 1024 ? `${(bytes / 1024).toFixed(1)} KiB` : `${bytes} bytes`;
}
