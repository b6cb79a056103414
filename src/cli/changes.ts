// `waggle clear bgp …` and `waggle bgp shutdown|no-shutdown|drain|undrain|debug …`: the requests that change something.
// What they do is the daemon's business; they only ask, over its unix socket.

import { UsageError } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { readBody, send } from './http.ts';
import { readList, readObject } from './json.ts';
import { write } from './output.ts';

const clearUsage = 'clear bgp ADDRESS|*|all [soft] [in|out]';

/** The path of the request that the words mean; `ip bgp` is FRR's older spelling. */
function readClearWords(words: readonly string[]): string {
  const [bgp, target, ...rest] = words[0] === 'ip' ? words.slice(1) : words;
  if (bgp === 'bgp' && (target === 'ipv4' || target === 'ipv6')) {
    throw new UsageError(`clear works on all families of a neighbor, not on ${target} alone: waggle ${clearUsage}`);
  }
  // As in FRR, `in` and `out` are soft also without the word.
  const direction = rest[0] === 'soft' ? rest.slice(1) : rest;
  const isDirection = direction.length === 0 || (direction.length === 1 && ['in', 'out'].includes(direction[0]));
  if (bgp !== 'bgp' || target === undefined || !isDirection) throw new UsageError(`expected waggle ${clearUsage}`);
  return ['', 'clear', 'bgp', encodeURIComponent(target), ...(rest.length === 0 ? [] : ['soft', ...direction])].join(
    '/',
  );
}

async function runClear({ arguments: { words }, socketPath, output }: CommandContext): Promise<number> {
  const path = readClearWords(words);
  const response = await send({ socketPath, method: 'POST', path, accept: 'application/json' });
  const cleared = readList(readObject(await readBody(response))['cleared']).map(String);
  await write(output.stdout, cleared.length === 0 ? 'no neighbors\n' : `cleared ${cleared.join(' ')}\n`);
  return 0;
}

export const clearCommand: Command = {
  name: 'clear',
  usage: clearUsage,
  about: 'Resets a session, or with soft, in or out applies the policies again without a reset.',
  options: [],
  run: runClear,
};

function nameTarget(address: string): string {
  return address === '*' || address === 'all' ? 'every neighbor' : address;
}

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
      await write(
        output.stdout,
        `${nameTarget(address)} is ${verb === 'shutdown' ? 'shut down' : 'no longer shut down'}\n`,
      );
      return 0;
    },
  };
}

function drainCommand(verb: 'drain' | 'undrain', about: string): Command {
  const usage = `bgp ${verb} ADDRESS|*|all`;
  return {
    name: `bgp ${verb}`,
    usage,
    about,
    options: [],
    run: async ({ arguments: { words }, socketPath, output }) => {
      const [address, ...rest] = words;
      if (address === undefined || rest.length > 0) throw new UsageError(`expected waggle ${usage}`);
      const path = `/bgp/${verb}/${encodeURIComponent(address)}`;
      await readBody(await send({ socketPath, method: 'POST', path, accept: 'application/json' }));
      await write(
        output.stdout,
        `${nameTarget(address)} is ${verb === 'drain' ? 'being drained' : 'no longer drained'}\n`,
      );
      return 0;
    },
  };
}

const debugUsage = 'bgp debug ADDRESS|*|all [all|off|open|update|keepalive|notification|route-refresh …]';

const debugCommand: Command = {
  name: 'bgp debug',
  usage: debugUsage,
  about: "Logs a neighbor's messages as they come and go (to the daemon's log, at level info); all without a word.",
  options: [],
  run: async ({ arguments: { words }, socketPath, output }) => {
    const [address, ...kinds] = words;
    if (address === undefined) throw new UsageError(`expected waggle ${debugUsage}`);
    const asked = kinds.length === 0 ? 'all' : kinds.join(',');
    const path = `/bgp/debug/${encodeURIComponent(address)}/${encodeURIComponent(asked)}`;
    const answer = readObject(
      await readBody(await send({ socketPath, method: 'POST', path, accept: 'application/json' })),
    );
    const on = readList(answer['debug']).map(String);
    await write(output.stdout, `debug of ${nameTarget(address)}: ${on.length === 0 ? 'off' : on.join(' ')}\n`);
    return 0;
  },
};

export const shutdownCommands: readonly Command[] = [
  drainCommand(
    'drain',
    'Announces everything with GRACEFUL_SHUTDOWN (RFC 8326), so that traffic leaves before maintenance.',
  ),
  drainCommand('undrain', 'Ends that.'),
  debugCommand,
  shutdownCommand(
    'shutdown',
    'bgp shutdown ADDRESS|*|all [TEXT]',
    'Shuts a neighbor, or every one, down until no-shutdown or a restart; TEXT is told to the peer (RFC 9003).',
  ),
  shutdownCommand(
    'no-shutdown',
    'bgp no-shutdown ADDRESS|*|all',
    'Ends the shutdown; that of the router file too, until its value changes or a restart.',
  ),
];
