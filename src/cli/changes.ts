// `waggle clear bgp …` and `waggle bgp shutdown|no-shutdown …`: the requests that change something.

import { UsageError } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { readBody, send } from './http.ts';
import { readList, readObject } from './json.ts';
import { write } from './output.ts';

const clearUsage = 'clear bgp ADDRESS|* [soft [in|out]]';

async function runClear({ arguments: { words }, socketPath, output }: CommandContext): Promise<number> {
  const [family, address, soft, direction, ...rest] = words;
  const isKnown = soft === undefined || soft === 'soft';
  const isDirection = direction === undefined || direction === 'in' || direction === 'out';
  if (family !== 'bgp' || address === undefined || !isKnown || !isDirection || rest.length > 0) {
    throw new UsageError(`expected waggle ${clearUsage}`);
  }
  const path = ['', 'clear', 'bgp', encodeURIComponent(address), soft, direction].filter((word) => word !== undefined);
  const response = await send({ socketPath, method: 'POST', path: path.join('/'), accept: 'application/json' });
  const cleared = readList(readObject(await readBody(response))['cleared']).map(String);
  await write(output.stdout, cleared.length === 0 ? 'no neighbors\n' : `cleared ${cleared.join(' ')}\n`);
  return 0;
}

export const clearCommand: Command = {
  name: 'clear',
  usage: clearUsage,
  about: 'Resets a session, or with soft applies the policies again without a reset.',
  options: [],
  run: runClear,
};

function shutdownCommand(verb: 'shutdown' | 'no-shutdown', usage: string, about: string): Command {
  return {
    name: `bgp ${verb}`,
    usage,
    about,
    options: [],
    run: async ({ arguments: { words }, socketPath, output }) => {
      const [address, ...text] = words;
      if (address === undefined || (verb === 'no-shutdown' && text.length > 0)) {
        throw new UsageError(`expected waggle ${usage}`);
      }
      const path = `/bgp/${verb}/${encodeURIComponent(address)}`;
      const body = text.length === 0 ? {} : { body: { message: text.join(' ') } };
      const response = await send({ socketPath, method: 'POST', path, accept: 'application/json', ...body });
      await readBody(response);
      await write(output.stdout, `${address} is ${verb === 'shutdown' ? 'shut down' : 'no longer shut down'}\n`);
      return 0;
    },
  };
}

export const shutdownCommands: readonly Command[] = [
  shutdownCommand(
    'shutdown',
    'bgp shutdown ADDRESS [TEXT]',
    'Shuts a neighbor down until no-shutdown or a restart; TEXT is told to the peer (RFC 9003).',
  ),
  shutdownCommand('no-shutdown', 'bgp no-shutdown ADDRESS', 'Ends the shutdown.'),
];
