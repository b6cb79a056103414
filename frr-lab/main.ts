// The lab's command line: picks the topology and hands over to the command. Help, installing, exec and shell have been dealt
// with by the shell script that starts this.
import { commandCapture } from './command-capture.ts';
import { commandDemo, commandDown, commandList, commandStatus, commandUp } from './commands.ts';
import { LabError } from './lab-error.ts';
import { listLabs } from './paths.ts';
import { getTopology } from './topologies/index.ts';
import { findLink } from './topology.ts';

class UsageError extends Error {
  override readonly name = 'UsageError';
}

function onlyLabUp(): string {
  const labs = listLabs();
  if (labs.length > 1) throw new UsageError(`more than one lab is up (${labs.join(', ')}); say which with -t`);
  return labs[0] ?? 'quickstart';
}

/** The lab that is up and has that link; with one lab or none there is nothing to choose. */
function labWithLink(name: string | undefined): string {
  const labs = listLabs();
  const having = labs.filter((lab) => name !== undefined && findLink(getTopology(lab), name) !== undefined);
  return labs.length > 1 && having.length === 1 ? having[0] : onlyLabUp();
}

/** Nothing on the command line is left unread. */
function refuseExcess(command: string, words: readonly string[], chosen: string | undefined): void {
  const option = words.find((word) => word.startsWith('-'));
  if (option !== undefined) throw new UsageError(`unknown option ${option} of lab ${command}`);
  if (command === 'list' && words.length > 0) throw new UsageError(`lab list takes nothing, not: ${words.join(' ')}`);
  if (words.length > 1) throw new UsageError(`lab ${command} takes one topology, not: ${words.join(' ')}`);
  if (words.length > 0 && chosen !== undefined && chosen !== words[0]) {
    throw new UsageError(`lab ${command}: -t ${chosen} and ${words[0]} are two topologies; say one`);
  }
}

/** Says how to go on; what stands so far is found again by `up` and `down` alike. */
function tellWhenInterrupted(): void {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.once(signal, () => {
      process.stderr.write('lab: interrupted; lab up goes on from here, lab down removes what there is\n');
      process.exit(code);
    });
  }
}

async function main(args: readonly string[]): Promise<number> {
  let chosen: string | undefined;
  let words = args;
  while (words[0] === '-t') {
    chosen = words[1];
    words = words.slice(2);
  }
  const [command = '', ...rest] = words;
  if (['up', 'down', 'status', 'list', 'demo'].includes(command)) refuseExcess(command, rest, chosen);
  if (command === 'up' || command === 'demo') tellWhenInterrupted();
  switch (command) {
    case 'up':
      return await commandUp(rest[0] ?? chosen ?? 'quickstart');
    case 'down':
      return await commandDown(rest[0] ?? chosen ?? onlyLabUp());
    case 'demo':
      return await commandDemo(rest[0] ?? chosen ?? 'quickstart');
    case 'status':
      return commandStatus(rest[0] ?? chosen);
    case 'list':
      return commandList();
    case 'capture':
      return await commandCapture(chosen ?? labWithLink(rest[0]), rest);
    default:
      throw new UsageError(`unknown command ${command}; see lab help`);
  }
}

// A reader that left early (`lab status | head`) must not stop `up` or `down` half-way: what is left is not printed.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof LabError) && !(error instanceof UsageError)) throw error;
  process.stderr.write(`lab: ${error.message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
