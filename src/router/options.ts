// The command line of `waggle router`: every option, its help text, and what is wrong with one in words.

import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { logFormats, logLevels } from '#io/log.ts';
import type { LogFormat, LogLevel } from '#io/log.ts';

export interface RouterOptions {
  readonly configFile: string;
  readonly runDir: string;
  readonly stateDir: string;
  readonly nodeName: string;
  readonly logFormat: LogFormat;
  readonly logLevel: LogLevel;
}

export const routerHelp = `Usage: waggle router --config FILE [options]

Runs a BGP speaker and its API without Kubernetes. The file is read again when it changes and on SIGHUP;
a broken file changes nothing. 'waggle config check FILE' finds the faults of one before it runs.

Options:
  --config FILE       router.yaml (WAGGLE_CONFIG)
  --node-name NAME    name of this node (WAGGLE_NODE_NAME, NODE_NAME; default: the hostname)
  --run-dir DIR       unix socket and lock (WAGGLE_RUN_DIR; default: /run/waggle)
  --state-dir DIR     what survives a restart (WAGGLE_STATE_DIR; default: /var/lib/waggle)
  --log-format FORMAT json or text (WAGGLE_LOG_FORMAT; default: json)
  --log-level LEVEL   ${logLevels.join(', ')} (WAGGLE_LOG_LEVEL; default: info)
  --help              this text
`;

/** The options, `help`, or the one line that says what is wrong. */
export type ParsedOptions =
  | { readonly type: 'run'; readonly options: RouterOptions }
  | { readonly type: 'help' }
  | { readonly type: 'wrong'; readonly message: string };

type Environment = Readonly<Record<string, string | undefined>>;

export function parseRouterOptions(args: readonly string[], environment: Environment): ParsedOptions {
  const wrong = (message: string): ParsedOptions => ({ type: 'wrong', message });
  const parsed = parse(args);
  if (typeof parsed === 'string') return wrong(parsed);
  if (parsed.help === true) return { type: 'help' };
  const configFile = parsed.config ?? nonEmpty(environment.WAGGLE_CONFIG);
  if (configFile === undefined) return wrong('--config FILE is missing');
  const format = parsed['log-format'] ?? nonEmpty(environment.WAGGLE_LOG_FORMAT) ?? 'json';
  const logFormat = logFormats.find((known) => known === format);
  if (logFormat === undefined) return wrong(`--log-format ${format}: expected ${logFormats.join(' or ')}`);
  const level = parsed['log-level'] ?? nonEmpty(environment.WAGGLE_LOG_LEVEL) ?? 'info';
  const logLevel = logLevels.find((known) => known === level);
  if (logLevel === undefined) return wrong(`--log-level ${level}: expected one of ${logLevels.join(', ')}`);
  return {
    type: 'run',
    options: {
      configFile,
      runDir: parsed['run-dir'] ?? nonEmpty(environment.WAGGLE_RUN_DIR) ?? '/run/waggle',
      stateDir: parsed['state-dir'] ?? nonEmpty(environment.WAGGLE_STATE_DIR) ?? '/var/lib/waggle',
      nodeName:
        parsed['node-name'] ?? nonEmpty(environment.WAGGLE_NODE_NAME) ?? nonEmpty(environment.NODE_NAME) ?? hostname(),
      logFormat,
      logLevel,
    },
  };
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        config: { type: 'string' },
        'node-name': { type: 'string' },
        'run-dir': { type: 'string' },
        'state-dir': { type: 'string' },
        'log-format': { type: 'string' },
        'log-level': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    return values;
  } catch (error) {
    // ERR_PARSE_ARGS_…: the message names the option.
    if (error instanceof TypeError) return error.message.split('. ')[0];
    throw error;
  }
}
