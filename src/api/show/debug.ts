// `show bgp debug`, FRR's `show debugging`: which messages of which neighbors are logged. Of every instance, unless one is named.

import type { DebugKind } from '#bgp/views.ts';
import { stringifyJson } from '../escape.ts';
import type { ShowAnswer, ShowContext, ShowRequest } from './command.ts';
import { findInstance } from './instance.ts';

interface Debugged {
  readonly instance: string;
  readonly neighbor: string;
  readonly debug: readonly DebugKind[];
}

export async function answerDebug(context: ShowContext, request: ShowRequest): Promise<ShowAnswer> {
  const named = request.instance === undefined ? undefined : await findInstance(context, request);
  const instances = named === undefined ? await context.speaker.instances() : [named];
  const debugged = instances.flatMap(({ instance, neighbors }) =>
    neighbors.flatMap(({ address, debug }): Debugged[] =>
      debug.length === 0 ? [] : [{ instance, neighbor: address, debug }],
    ),
  );
  const render = ({ instance, neighbor, debug }: Debugged): string =>
    `  ${neighbor}${instances.length > 1 ? ` (${instance})` : ''}: ${debug.join(' ')}\n`;
  return {
    json: () => `${stringifyJson({ debugging: debugged }, 2)}\n`,
    text: () =>
      debugged.length === 0
        ? 'BGP debugging is off\n'
        : `BGP debugging status (messages that are logged):\n${debugged.map(render).join('')}`,
  };
}
