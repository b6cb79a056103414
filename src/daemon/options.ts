// The options that every daemon has: flag before environment before default, and what is wrong with one
// in words. What a daemon has of its own it reads itself.

import { hostname } from 'node:os';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { logFormats, logLevels, type LogFormat, type LogLevel } from '#io/log.ts';

export interface DaemonOptions {
  readonly runDir: string;
  readonly stateDir: string;
  readonly nodeName: string;
  readonly logFormat: LogFormat;
  readonly logLevel: LogLevel;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The options, `help`, or the one line that says what is wrong. */
export type ParsedOptions<Options> =
  | { readonly type: 'run'; readonly options: Options }
  | { readonly type: 'help' }
  | { readonly type: 'wrong'; readonly message: string };

/** For each daemon's --help. */
export const daemonOptionsHelp = `\
  --node-name NAME    name of this node (WAGGLE_NODE_NAME, NODE_NAME; default: the hostname)
  --run-dir DIR       unix socket and lock (WAGGLE_RUN_DIR; default: /run/waggle)
  --state-dir DIR     what survives a restart (WAGGLE_STATE_DIR; default: /var/lib/waggle)
  --log-format FORMAT ${logFormats.join(' or ')} (WAGGLE_LOG_FORMAT; default: json)
  --log-level LEVEL   ${logLevels.join(', ')} (WAGGLE_LOG_LEVEL; default: info)
  --help              this text
`;

const daemonFlags = {
  'node-name': { type: 'string' },
  'run-dir': { type: 'string' },
  'state-dir': { type: 'string' },
  'log-format': { type: 'string' },
  'log-level': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

type FlagTable = NonNullable<ParseArgsConfig['options']>;

/** `read` makes the daemon's own options of its own flags; a text it answers is what is wrong. */
export function parseDaemonOptions<Flags extends FlagTable, Own extends object>(
  args: readonly string[],
  environment: Environment,
  flags: Flags,
  read: (values: Readonly<Record<string, unknown>>, environment: Environment) => Own | string,
): ParsedOptions<DaemonOptions & Own> {
  const values = parse(args, { ...daemonFlags, ...flags });
  if (typeof values === 'string') return { type: 'wrong', message: values };
  if (values.help === true) return { type: 'help' };
  const text = (flag: string, ...variables: readonly string[]): string | undefined =>
    textOf(values[flag]) ?? variables.map((name) => textOf(environment[name])).find((value) => value !== undefined);
  const format = text('log-format', 'WAGGLE_LOG_FORMAT') ?? 'json';
  const logFormat = logFormats.find((known) => known === format);
  if (logFormat === undefined) {
    return { type: 'wrong', message: `--log-format ${format}: expected ${logFormats.join(' or ')}` };
  }
  const level = text('log-level', 'WAGGLE_LOG_LEVEL') ?? 'info';
  const logLevel = logLevels.find((known) => known === level);
  if (logLevel === undefined) {
    return { type: 'wrong', message: `--log-level ${level}: expected one of ${logLevels.join(', ')}` };
  }
  const own = read(values, environment);
  if (typeof own === 'string') return { type: 'wrong', message: own };
  const common: DaemonOptions = {
    runDir: text('run-dir', 'WAGGLE_RUN_DIR') ?? '/run/waggle',
    stateDir: text('state-dir', 'WAGGLE_STATE_DIR') ?? '/var/lib/waggle',
    nodeName: text('node-name', 'WAGGLE_NODE_NAME', 'NODE_NAME') ?? hostname(),
    logFormat,
    logLevel,
  };
  return { type: 'run', options: { ...common, ...own } };
}

/** undefined for what is absent or empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function parse(args: readonly string[], options: FlagTable): Readonly<Record<string, unknown>> | string {
  try {
    return parseArgs({ args: [...args], strict: true, allowPositionals: false, options }).values;
  } catch (error) {
    // ERR_PARSE_ARGS_…: the message names the option.
    if (error instanceof TypeError) return error.message.split('. ')[0];
    throw error;
  }
}
