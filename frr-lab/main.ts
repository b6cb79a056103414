// The lab's command line: picks the topology and hands over to the command. Installing, exec and shell have been dealt with
// by the shell script that starts this.
import { commandCapture } from './command-capture.ts';
import { commandDemo, commandDown, commandList, commandStatus, commandUp } from './commands.ts';
import { LabError } from './lab-error.ts';
import { listLabs } from './paths.ts';
import { getTopology } from './topologies/index.ts';
import { findLink } from './topology.ts';

const usage = `usage: lab [-t TOPOLOGY] [--no-install] COMMAND
  up [TOPOLOGY]            install what is missing, build the lab, start everything, wait until it works, show what was checked
  down [TOPOLOGY]          remove everything that up made
  status                   nodes, programs and whether they run
  list                     the topologies there are
  demo [TOPOLOGY]          the checks one by one, in words: expected and seen
  exec NODE COMMAND...     run a command inside a node, for example: lab exec tor1 vtysh -c 'show bgp summary'
  shell NODE               a shell inside a node
  capture LINK [FILTER]    packets of a link (tshark); with output into a file or pipe: pcapng
  install                  only install what is missing
  kubectl ARGS...          not yet: needs the embedded Kubernetes API
up and demo take quickstart unless another topology is named; down takes the lab that is up. -t is needed when more than one is up:
for down, and for exec, shell and capture if both have a node or link of that name. status shows all; its exit code is 1 if
something does not run.`;

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
  const [command = 'help', ...rest] = words;
  if (['up', 'down', 'status', 'list', 'demo'].includes(command) && rest.length > 1) {
    throw new UsageError(`lab ${command} takes one topology, not: ${rest.join(' ')}`);
  }
  if (rest[0]?.startsWith('-') === true && command !== 'capture') throw new UsageError(`unknown option ${rest[0]}`);
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
    case 'help':
    case '-h':
    case '--help':
      process.stdout.write(`${usage}\n`);
      return 0;
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
