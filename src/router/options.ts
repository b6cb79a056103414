// The command line of `waggle router`: its one option beside those of every daemon.
// What stands in the file it names is control/router's business.

import {
  daemonOptionsHelp,
  parseDaemonOptions,
  textOf,
  type DaemonOptions,
  type Environment,
  type ParsedOptions,
} from '#daemon/options.ts';

export interface RouterOptions extends DaemonOptions {
  readonly configFile: string;
}

export const routerHelp = `Usage: waggle router --config FILE [options]

Runs a BGP speaker and its API without Kubernetes. The file is read again when it changes and on SIGHUP;
a broken file changes nothing. 'waggle config check FILE' finds the faults of one before it runs.

Options:
  --config FILE       router.yaml (WAGGLE_CONFIG)
${daemonOptionsHelp}`;

const ownFlags = { config: { type: 'string' } } as const;

export function parseRouterOptions(args: readonly string[], environment: Environment): ParsedOptions<RouterOptions> {
  return parseDaemonOptions(args, environment, ownFlags, (values) => {
    const configFile = textOf(values.config) ?? textOf(environment.WAGGLE_CONFIG);
    return configFile === undefined ? '--config FILE is missing' : { configFile };
  });
}
