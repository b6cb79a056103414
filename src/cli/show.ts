// `waggle show WORDS…`: the words go to the daemon as a path, its table comes back. The list below is help for when no daemon runs;
// test/cli holds it against the show tree.

import type { Command, CommandContext } from './command.ts';
import { UsageError } from './arguments.ts';
import { send } from './http.ts';
import { pass } from './output.ts';

export const showForms: readonly string[] = [
  'bgp [instance NAME] [ipv4|ipv4 unicast|ipv6|ipv6 unicast] summary [established|failed]',
  'bgp [instance NAME] [ipv4|ipv4 unicast|ipv6|ipv6 unicast] neighbors [ADDRESS]',
  'bgp [instance NAME] [ipv4|ipv4 unicast|ipv6|ipv6 unicast] neighbors ADDRESS (advertised-routes|received-routes|routes)',
  'bgp [instance NAME] (ipv4|ipv6) [unicast]',
  'bgp [instance NAME] (ipv4|ipv6) [unicast] PREFIX [longer-prefixes]',
  'ip bgp …: as bgp ipv4 …',
];

async function runShow({ arguments: { words, options }, socketPath, output }: CommandContext): Promise<number> {
  const isJson = options.has('--json') || options.get('--output') === 'json' || words.at(-1) === 'json';
  const format = options.get('--output');
  if (format !== undefined && format !== 'json' && format !== 'text') {
    throw new UsageError(`--output is ${format}; expected json or text`);
  }
  const shown = words.at(-1) === 'json' ? words.slice(0, -1) : words;
  const path = `/show/${shown.map(encodeURIComponent).join('/')}?format=${isJson ? 'json' : 'text'}`;
  const accept = `${isJson ? 'application/json' : 'text/plain'}, application/problem+json`;
  await pass(await send({ socketPath, method: 'GET', path, accept }), output.stdout);
  return 0;
}

export const showCommand: Command = {
  name: 'show',
  usage: 'show WORDS… [json] [--json]',
  about: "Shows what the daemon knows, in FRR's tables; words may be cut short while they stay unique.",
  options: [
    { name: '--json', help: "FRR's JSON; so does a trailing word json" },
    { name: '--output', short: '-o', value: 'FORMAT', help: 'json or text' },
  ],
  more: `Commands:\n${showForms.map((form) => `  show ${form}`).join('\n')}`,
  run: runShow,
};
