// `waggle show WORDS…`: the words go to the daemon as a path, its table comes back. The list below is help for when no daemon runs;
// test/cli holds it against the show tree.

import type { Command, CommandContext } from './command.ts';
import { UsageError } from './arguments.ts';
import { describeOutputOption, printAnswer, readFormat } from './format.ts';

export const showForms: readonly string[] = [
  'bgp [instance NAME] [ipv4|ipv4 unicast|ipv6|ipv6 unicast] summary [established|failed]',
  'bgp [instance NAME] [ipv4|ipv4 unicast|ipv6|ipv6 unicast] neighbors [ADDRESS]',
  'bgp [instance NAME] [ipv4|ipv4 unicast|ipv6|ipv6 unicast] neighbors ADDRESS (advertised-routes|received-routes|routes)',
  'bgp [instance NAME] [ipv4|ipv4 unicast|ipv6|ipv6 unicast]',
  'bgp [instance NAME] [ipv4|ipv4 unicast|ipv6|ipv6 unicast] PREFIX [longer-prefixes]',
  'bgp [instance NAME] [ipv4|ipv4 unicast|ipv6|ipv6 unicast] community [COMMUNITY|COMMUNITY exact-match]',
  'bgp [instance NAME] [ipv4|ipv4 unicast|ipv6|ipv6 unicast] large-community [LARGECOMMUNITY|LARGECOMMUNITY exact-match]',
  'bgp [instance NAME] [ipv4|ipv4 unicast|ipv6|ipv6 unicast] (as-path|regexp) EXPRESSION',
  'bgp [instance NAME] [ipv4 unicast|ipv6 unicast] update-groups',
  'bgp [instance NAME] memory',
  'bgp [instance NAME] debug',
  'debugging [bgp]',
  '(ip|ipv6) route summary',
  'ip bgp …: as bgp ipv4 …',
];

async function runShow(context: CommandContext): Promise<number> {
  const { words, options } = context.arguments;
  const isJson = options.has('--json') || words.at(-1) === 'json';
  const asked = readFormat(options, 'text');
  if (isJson && options.has('--output') && asked !== 'json') {
    throw new UsageError(`json and --output ${asked} exclude each other: leave one of them out`);
  }
  const shown = words.at(-1) === 'json' ? words.slice(0, -1) : words;
  await printAnswer(context, `/show/${shown.map(encodeURIComponent).join('/')}`, isJson ? 'json' : asked);
  return 0;
}

export const showCommand: Command = {
  name: 'show',
  usage: 'show WORDS… [json] [--json] [-o json|yaml|text]',
  about: "Shows what the daemon knows, in FRR's tables; words may be cut short while they stay unique.",
  options: [{ name: '--json', help: "FRR's JSON; so does a trailing word json" }, describeOutputOption('text')],
  more: `Commands:\n${showForms.map((form) => `  show ${form}`).join('\n')}`,
  run: runShow,
};
