// The command line of the bench.

import { parseArgs } from 'node:util';

import { BenchError } from './bench-error.ts';
import { devices } from './devices/index.ts';

export const usage = `npm run bench:bgp -- [options]   (root: it makes network namespaces)
  --scenario table|fanout|busy|all  table: one table in and out, then one prefix at a time through it; fanout: many peers, to all;
                             every device; busy: waggle under load and queries (default all)
  --devices a,b              of ${[...devices.keys()].join(', ')} (default: all that are installed)
  --routes N                 routes in the table (default 1000000)
  --runs N                   rounds, devices interleaved; the median counts (default 3)
  --seed N                   of the table (default 1)
  --json                     one JSON document instead of Markdown
`;

export const scenarios = ['table', 'fanout', 'busy', 'all'] as const;
export type Scenario = (typeof scenarios)[number];

export interface Options {
  readonly scenario: Scenario;
  readonly deviceNames: readonly string[];
  /** Whether the user named the devices: then a missing one is an error. */
  readonly areDevicesNamed: boolean;
  readonly routes: number;
  readonly runs: number;
  readonly seed: number;
  readonly json: boolean;
  readonly help: boolean;
}

export function parseOptions(args: readonly string[]): Options {
  const values = parseWords(args);
  const scenario = scenarios.find((name) => name === values.scenario);
  if (scenario === undefined) throw new BenchError(`--scenario ${values.scenario}: ${scenarios.join(', ')} exist`);
  const deviceNames = values.devices?.split(',') ?? [...devices.keys()];
  for (const name of deviceNames) {
    if (!devices.has(name)) throw new BenchError(`--devices ${name}: ${[...devices.keys()].join(', ')} exist`);
  }
  return {
    scenario,
    deviceNames,
    areDevicesNamed: values.devices !== undefined,
    routes: parseCount('routes', values.routes, 4_000_000),
    runs: parseCount('runs', values.runs, 100),
    seed: parseCount('seed', values.seed, 0x7fff_ffff),
    json: values.json,
    help: values.help,
  };
}

function parseCount(name: string, text: string, limit: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= limit) return value;
  throw new BenchError(`--${name} ${text}: an integer from 1 to ${limit} is wanted`);
}

function parseWords(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        scenario: { type: 'string', default: 'all' },
        devices: { type: 'string' },
        routes: { type: 'string', default: '1000000' },
        runs: { type: 'string', default: '3' },
        seed: { type: 'string', default: '1' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    if (error instanceof TypeError) throw new BenchError(error.message, usage, { cause: error });
    throw error;
  }
}
