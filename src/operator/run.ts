// `waggle operator` from its arguments to its exit code.

import { join } from 'node:path';
import { exitCodes, runDaemon } from '#daemon/run-daemon.ts';
import { StartError } from '#daemon/start-error.ts';
import { ClusterConfigError, openCluster } from '#kube/cluster/open-cluster.ts';
import { Operator } from './operator.ts';
import { operatorHelp, type OperatorOptions, parseOperatorOptions } from './options.ts';

export async function runOperator(args: readonly string[], version: string): Promise<number> {
  const parsed = parseOperatorOptions(args, process.env);
  switch (parsed.type) {
    case 'help':
      process.stdout.write(operatorHelp);
      return exitCodes.ok;
    case 'wrong':
      process.stderr.write(`waggle operator: ${parsed.message}: see 'waggle operator --help'\n`);
      return exitCodes.usage;
    case 'run': {
      // An agent on the same machine has the directories themselves.
      const { runDir, stateDir } = parsed.options;
      const options = { ...parsed.options, runDir: join(runDir, 'operator'), stateDir: join(stateDir, 'operator') };
      const identity = { what: 'waggle operator', version };
      return runDaemon(identity, options, ({ log }) => open(options, version, log));
    }
  }
}

async function open(
  options: OperatorOptions,
  version: string,
  log: ConstructorParameters<typeof Operator>[2],
): Promise<Operator> {
  try {
    return new Operator(options, await openCluster(options.source, `waggle-operator/${version}`), log, version);
  } catch (error) {
    if (error instanceof ClusterConfigError) throw new StartError(error.message, { cause: error });
    throw error;
  }
}
