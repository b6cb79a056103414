// The client half of the waggle command: finds the command that argv names, runs it, turns every failure into one line on stderr and
// an exit code: 0 done, 1 failed, 2 wrong usage. Starts no daemon and loads none of the daemon's packages.

import { commonOptions, findSocketPath, parseArguments, renderHelp, UsageError } from './arguments.ts';
import { bgpCommands } from './bgp.ts';
import { clearCommand, shutdownCommands } from './changes.ts';
import type { Command } from './command.ts';
import { matchFirstWord } from './first-word.ts';
import { DaemonError, NoDaemonError } from './http.ts';
import { ClosedOutputError, type Output, write } from './output.ts';
import { showCommand } from './show.ts';
import { statusCommand } from './status.ts';

export const clientCommands: readonly Command[] = [
  showCommand,
  clearCommand,
  ...bgpCommands,
  ...shutdownCommands,
  statusCommand,
];

/** Problem types that mean the words were wrong, not the state of the world. */
const usageProblems: readonly string[] = [
  'urn:waggle:problem:unknown-command',
  'urn:waggle:problem:ambiguous-command',
  'urn:waggle:problem:incomplete-command',
  'urn:waggle:problem:bad-argument',
];

export function renderClientHelp(commands = clientCommands): string {
  const width = Math.max(...commands.map((command) => command.name.length)) + 2;
  return commands.map((command) => `  ${command.name.padEnd(width)}${command.about}\n`).join('');
}

/** The command that the first words name; of several the longest name. */
function findCommand(words: readonly string[]): Command {
  const found = clientCommands
    .filter((command) => command.name.split(' ').every((word, index) => words[index] === word))
    .toSorted((a, b) => b.name.length - a.name.length)[0];
  if (found !== undefined) return found;
  const first = clientCommands.filter((command) => command.name.startsWith(`${words[0]} `));
  const names = (first.length > 0 ? first : clientCommands).map((command) => command.name);
  const others = first.length > 0 ? '' : " (daemons and checks: see 'waggle help')";
  throw new UsageError(`unknown command: ${words.join(' ')}; expected one of ${names.join(', ')}${others}`);
}

/** The words with the first one written out. Throws UsageError when several commands begin so. */
function completeFirstWord([typed, ...rest]: readonly string[]): readonly string[] {
  const meant = matchFirstWord(typed);
  if (meant.length > 1) throw new UsageError(`ambiguous command: ${typed}; expected one of ${meant.join(', ')}`);
  return [meant[0] ?? typed, ...rest];
}

/** Options of any command, so that words can be told from their values wherever they stand. */
const allOptions = [...commonOptions, ...clientCommands.flatMap((command) => command.options)];

/** Never throws for what a user, the daemon or the reader of stdout did. */
export async function runClient(
  argv: readonly string[],
  output: Output = { stdout: process.stdout, stderr: process.stderr },
): Promise<number> {
  try {
    return await run(argv, output);
  } catch (error) {
    if (error instanceof ClosedOutputError) return 0;
    const { message, code } = explain(error);
    await write(output.stderr, message);
    return code;
  }
}

async function run(argv: readonly string[], output: Output): Promise<number> {
  const { words: typed, options } = parseArguments(argv, allOptions);
  const isHelp = options.has('--help');
  if (typed.length === 0) {
    await write(output.stdout, `Usage: waggle COMMAND …\n\nCommands of the client:\n${renderClientHelp()}`);
    return isHelp ? 0 : 2;
  }
  const words = completeFirstWord(typed);
  const group = clientCommands.filter((command) => command.name.startsWith(`${words[0]} `));
  if (isHelp && words.length === 1 && group.length > 0) {
    const help = `Usage: waggle ${words[0]} COMMAND …\n\n${renderClientHelp(group)}`;
    await write(output.stdout, `${help}\n'waggle ${words[0]} COMMAND --help' tells more.\n`);
    return 0;
  }
  const command = findCommand(words);
  const specs = [...command.options, ...commonOptions];
  if (isHelp) {
    await write(output.stdout, renderHelp(command.usage, command.about, specs, command.more));
    return 0;
  }
  const stray = [...options.keys()].find((name) => !specs.some((spec) => spec.name === name));
  if (stray !== undefined) throw new UsageError(`waggle ${command.name} has no option ${stray}`);
  const rest = words.slice(command.name.split(' ').length);
  const socketPath = findSocketPath(options, process.env);
  return command.run({ arguments: { words: rest, options }, socketPath, output });
}

function explain(error: unknown): { message: string; code: number } {
  if (error instanceof UsageError) return { message: `waggle: ${error.message}\n`, code: 2 };
  if (error instanceof NoDaemonError) return { message: `waggle: ${error.message}\n`, code: 1 };
  if (error instanceof DaemonError) {
    const { type, detail, suggestions } = error.problem;
    const hint = suggestions?.length ? `\n  ${suggestions.join('\n  ')}` : '';
    return { message: `% ${detail}${hint}\n`, code: usageProblems.includes(type) ? 2 : 1 };
  }
  return { message: `waggle: ${error instanceof Error ? error.message : String(error)}\n`, code: 1 };
}
