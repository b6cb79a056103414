// `-o`: which form an answer takes, and the forms that are data: JSON, and the same as YAML. Tables are each command's own.

import { UsageError } from './arguments.ts';
import type { OptionSpec } from './arguments.ts';
import type { CommandContext } from './command.ts';
import { readBody, send } from './http.ts';
import { pass, write } from './output.ts';

/** YAML is made of a whole answer, in memory; JSON passes through as it comes and has no limit. */
const MAX_YAML_BYTES = 16 * 1024 * 1024;

export type DataFormat = 'json' | 'yaml';

/** `table` is what the command calls its form for people: `text`, `summary`. */
export function describeOutputOption(table: string): OptionSpec {
  return { name: '--output', short: '-o', value: 'FORMAT', help: `json, yaml or ${table} (the table; default)` };
}

export function readFormat<Table extends string>(
  options: ReadonlyMap<string, string>,
  table: Table,
): DataFormat | Table {
  const format = options.get('--output') ?? table;
  if (format === 'json' || format === 'yaml') return format;
  if (format === table) return table;
  throw new UsageError(`--output is ${format}; expected json, yaml or ${table}`);
}

/** With its closing line end. */
export async function renderData(value: unknown, format: DataFormat): Promise<string> {
  if (format === 'json') return `${JSON.stringify(value, undefined, 2)}\n`;
  // Loaded only here: a command that prints a table starts without it.
  const { stringify } = await import('yaml');
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** Prints what the daemon answers to a GET of a path, which may be a whole table. */
export async function printAnswer(
  { socketPath, output }: CommandContext,
  path: string,
  format: DataFormat | 'text',
): Promise<void> {
  const separator = path.includes('?') ? '&' : '?';
  const response = await send({
    socketPath,
    method: 'GET',
    path: `${path}${separator}format=${format === 'text' ? 'text' : 'json'}`,
    accept: `${format === 'text' ? 'text/plain' : 'application/json'}, application/problem+json`,
  });
  if (format !== 'yaml') return pass(response, output.stdout);
  const body = await readBody(response, MAX_YAML_BYTES);
  if (body === undefined) {
    throw new UsageError('the answer is too large for YAML (more than 16 MiB): ask for less of it, or for -o json');
  }
  const parsed: unknown = JSON.parse(body);
  await write(output.stdout, await renderData(parsed, format));
}
