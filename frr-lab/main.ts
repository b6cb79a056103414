// The lab's command line: picks the topology and hands over to the command. Installing, exec and shell have been dealt with
// by the shell script that starts this.
import { commandCapture } from './command-capture.ts';
import { commandDemo, commandDown, commandList, commandStatus, commandUp } from './commands.ts';
import { LabError } from './lab-error.ts';
import { listLabs } from './paths.ts';

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
The topology is quickstart unless said otherwise; -t is needed only when more than one lab is up.`;

class UsageError extends Error {
  override readonly name = 'UsageError';
}

function onlyLabUp(): string {
  const labs = listLabs();
  if (labs.length > 1) throw new UsageError(`more than one lab is up (${labs.join(', ')}); say which with -t`);
  return labs[0] ?? 'quickstart';
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
      return await commandCapture(chosen ?? onlyLabUp(), rest);
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
