// argv → command → exit code. Each command's code is loaded only when it is asked for, so that
// `waggle show` does not pay for a daemon. Every word that no command here owns goes to the client.

import { readFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { matchFirstWord } from '#cli/first-word.ts';

const help = `Usage: waggle COMMAND …

Daemons:
  router        a BGP speaker and its API, from one file
  agent         the node agent: the same, from Kubernetes objects
  operator      what a cluster needs once: tells users what is not acted on
  apiserver     the Kubernetes API of one machine or lab, for kubectl

Without a daemon:
  config check  faults of router files and manifests
  config schema JSON Schema of the router file
  cleanup       removes routes that a stopped router left in the kernel
  version       the version of this program
  help          this text

`;

async function readVersion(): Promise<string> {
  const path = findPackageJSON('..', import.meta.url);
  const manifest: unknown = path === undefined ? undefined : JSON.parse(await readFile(path, 'utf8'));
  if (typeof manifest !== 'object' || manifest === null || !('version' in manifest)) return 'unknown';
  return String(manifest.version);
}

async function main(argv: readonly string[]): Promise<number> {
  const [typed, ...args] = argv;
  // The client refuses what is ambiguous.
  const meant = typed === undefined ? [] : matchFirstWord(typed);
  const command = meant.length === 1 ? meant[0] : typed;
  switch (command) {
    case 'router': {
      const { runRouter } = await import('#router/run.ts');
      return runRouter(args, await readVersion());
    }
    case 'agent': {
      const { runAgent } = await import('#agent/run.ts');
      return runAgent(args, await readVersion());
    }
    case 'apiserver': {
      const { runApiServer } = await import('#apiserver/run.ts');
      return runApiServer(args, await readVersion());
    }
    case 'operator': {
      const { runOperator } = await import('#operator/run.ts');
      return runOperator(args, await readVersion());
    }
    case 'config': {
      const { runConfig } = await import('./config-command.ts');
      return runConfig(args);
    }
    case 'cleanup': {
      const { runCleanup } = await import('./cleanup-command.ts');
      return runCleanup(args);
    }
    case 'version':
    case '--version':
      if (args.includes('--help') || args.includes('-h')) process.stdout.write('Usage: waggle version\n');
      else process.stdout.write(`waggle ${await readVersion()} (node ${process.versions.node})\n`);
      return 0;
    case undefined:
    case 'help':
    case '--help':
    case '-h': {
      if (args.length > 0) return main([...args, '--help']);
      const { renderClientHelp } = await import('#cli/client.ts');
      const text = `${help}Clients of a running daemon:\n${renderClientHelp()}\n'waggle COMMAND --help' tells more.\n`;
      (command === undefined ? process.stderr : process.stdout).write(text);
      return command === undefined ? 2 : 0;
    }
    default: {
      const { runClient } = await import('#cli/client.ts');
      return runClient(argv);
    }
  }
}

process.exitCode = await main(process.argv.slice(2));
