// `waggle apiserver` from its arguments to its exit code, and `waggle apiserver kubeconfig`.

import { join } from 'node:path';
import { exitCodes, runDaemon } from '#daemon/run-daemon.ts';
import { makeClientCertificate } from './certificates.ts';
import { roleGroups } from './default-roles.ts';
import { renderKubeconfig } from './kubeconfig.ts';
import { apiServerHelp, type ApiServerOptions, parseApiServerOptions, parseKubeconfigCommand } from './options.ts';
import { ApiServerDaemon } from './apiserver.ts';
import { readAuthority, stateDirectory, StateError } from './state.ts';

export async function runApiServer(args: readonly string[], version: string): Promise<number> {
  if (args[0] === 'kubeconfig' && !args.includes('--help') && !args.includes('-h'))
    return printKubeconfig(args.slice(1));
  const parsed = parseApiServerOptions(args[0] === 'kubeconfig' ? args.slice(1) : args, process.env);
  switch (parsed.type) {
    case 'help':
      process.stdout.write(apiServerHelp);
      return exitCodes.ok;
    case 'wrong':
      return refuse(parsed.message);
    case 'run': {
      // An agent on the same machine has the directories themselves.
      const { runDir, stateDir } = parsed.options;
      const options: ApiServerOptions = {
        ...parsed.options,
        runDir: join(runDir, 'apiserver'),
        stateDir: stateDirectory(stateDir),
      };
      return runDaemon(
        { what: 'waggle apiserver', version },
        options,
        ({ log }) => new ApiServerDaemon(options, log, version),
      );
    }
  }
}

/** Of the authority that is there: the server makes it at its first start. */
function printKubeconfig(args: readonly string[]): number {
  const command = parseKubeconfigCommand(args, process.env);
  if (typeof command === 'string') return refuse(command);
  const { role, user, server, stateDir } = command;
  try {
    const authority = readAuthority(stateDirectory(stateDir));
    if (authority === undefined) {
      process.stderr.write(
        `waggle apiserver: no server has run with the state directory ${stateDir}: start one, or name its --state-dir\n`,
      );
      return exitCodes.failed;
    }
    const client = makeClientCertificate(authority, { name: user, groups: [roleGroups[role]] }, Date.now());
    process.stdout.write(renderKubeconfig({ server, authority: authority.certificate, user, client }));
    return exitCodes.ok;
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    process.stderr.write(`waggle apiserver: ${error.message}\n`);
    return exitCodes.failed;
  }
}

function refuse(message: string): number {
  process.stderr.write(`waggle apiserver: ${message}: see 'waggle apiserver --help'\n`);
  return exitCodes.usage;
}
