// Words and options of the client commands: where the daemon's socket is, which output is wanted, and the usage error (exit code 2)
// that names what is wrong. Which words mean what is each command's business.

import { join } from 'node:path';

/** The command line is wrong: exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

export interface OptionSpec {
  /** Long name with its dashes. */
  readonly name: string;
  readonly short?: string;
  /** What the value is called in help; absent for a switch. */
  readonly value?: string;
  readonly help: string;
}

export interface ParsedArguments {
  readonly words: readonly string[];
  /** By long name; switches are 'true'. */
  readonly options: ReadonlyMap<string, string>;
}

export const commonOptions: readonly OptionSpec[] = [
  { name: '--socket', value: 'PATH', help: "the daemon's unix socket (default <run-dir>/waggle.sock)" },
  { name: '--run-dir', value: 'DIR', help: 'default $WAGGLE_RUN_DIR, else /run/waggle' },
  { name: '--help', short: '-h', help: 'this text' },
];

/** Options may stand anywhere; `--` ends them. Throws UsageError. */
export function parseArguments(argv: readonly string[], specs: readonly OptionSpec[]): ParsedArguments {
  const words: string[] = [];
  const options = new Map<string, string>();
  let isEnded = false;
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index];
    if (isEnded || !word.startsWith('-') || word === '-') {
      words.push(word);
      continue;
    }
    if (word === '--') {
      isEnded = true;
      continue;
    }
    const equals = word.indexOf('=');
    const name = equals < 0 ? word : word.slice(0, equals);
    const spec = specs.find((candidate) => candidate.name === name || candidate.short === name);
    if (spec === undefined) throw new UsageError(`unknown option ${name}`);
    if (spec.value === undefined) {
      if (equals >= 0) throw new UsageError(`${spec.name} takes no value`);
      options.set(spec.name, 'true');
      continue;
    }
    const value = equals >= 0 ? word.slice(equals + 1) : argv[++index];
    if (value === undefined || value === '') throw new UsageError(`${spec.name} needs a value: ${spec.value}`);
    options.set(spec.name, value);
  }
  return { words, options };
}

/** Flag, then environment, then default. */
export function findSocketPath(options: ReadonlyMap<string, string>, environment: NodeJS.ProcessEnv): string {
  const socket = options.get('--socket');
  if (socket !== undefined) return socket;
  const runDir = options.get('--run-dir') ?? environment['WAGGLE_RUN_DIR'];
  return join(runDir === undefined || runDir === '' ? '/run/waggle' : runDir, 'waggle.sock');
}

export function renderHelp(usage: string, about: string, specs: readonly OptionSpec[], more = ''): string {
  const names = specs.map((spec) => {
    const long = spec.value === undefined ? spec.name : `${spec.name} ${spec.value}`;
    return spec.short === undefined ? `    ${long}` : `${spec.short}, ${long}`;
  });
  const width = Math.max(...names.map((name) => name.length)) + 2;
  const lines = specs.map((spec, index) => `  ${names[index].padEnd(width)}${spec.help}`);
  return `Usage: waggle ${usage}\n\n${about}\n${more === '' ? '' : `\n${more}\n`}\nOptions:\n${lines.join('\n')}\n`;
}
