// `show bgp update-groups`: who shares what is sent, and what makes them alike. FRR has the same command; the keys are our own,
// since its sub-groups, queues and timers do not exist here.

import { familyByName } from '#bgp/net/family.ts';
import type { UpdateGroupView } from '#bgp/views.ts';
import { escapeText, stringifyJson } from '../escape.ts';
import type { ShowAnswer, ShowContext, ShowRequest } from './command.ts';
import { findInstance, noInstanceText } from './instance.ts';
import { findRequestedFamily } from './requested-family.ts';

export async function answerUpdateGroups(context: ShowContext, request: ShowRequest): Promise<ShowAnswer> {
  const instance = await findInstance(context, request);
  const family = findRequestedFamily(request);
  const groups = (await context.speaker.updateGroups()).filter(
    (group) => group.instance === instance?.instance && (family === undefined || group.family === family.name),
  );
  return {
    json: () => `${stringifyJson({ updateGroups: groups.map(describe) }, 2)}\n`,
    text: () => {
      if (instance === undefined) return noInstanceText;
      return groups.length === 0 ? 'No update group\n' : groups.map(render).join('\n');
    },
  };
}

function describe({ id, family, members, routes, bytes, options }: UpdateGroupView): object {
  return { id, addressFamily: familyByName(family)?.jsonKey ?? family, members, routes, memoryBytes: bytes, options };
}

function render({ id, family, members, routes, bytes, options }: UpdateGroupView): string {
  const lines = [
    `Update-group ${id}, ${familyByName(family)?.title ?? family}:`,
    `  Routes: ${routes}`,
    `  Memory: ${Math.ceil(bytes / 1024)} KiB`,
    `  Members: ${members.map(escapeText).join(' ')}`,
    ...Object.entries(options).map(([name, value]) => `  ${name}: ${escapeText(String(value))}`),
  ];
  return `${lines.join('\n')}\n`;
}
