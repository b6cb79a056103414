// `waggle cleanup`: takes away what a router that is gone for good left behind, which are its routes in the kernel and what the state
// directory holds about them. Not while a waggle runs on the directories: its routes are in use.

import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { textOf } from '#daemon/options.ts';
import { removeStateFiles } from '#daemon/state-file.ts';
import { readOwnRoutes } from '#fib/read-own-routes.ts';
import { formatRoute, removeOwnRoutes } from '#fib/remove-own-routes.ts';
import { KernelError } from '#kernel/errors.ts';
import { DirectoryInUseError, DirectoryLock } from '#kernel/file-lock.ts';
import { ConfigFile } from '#router/config-file.ts';

const cleanupHelp = `Usage: waggle cleanup [--config FILE] [--dry-run] [options]

Removes the routes that waggle left in the kernel (protocol number 87; no other one is touched), and what the state
directory says of the last process. Prints what it removed; exit code 1 when something stays. Needs CAP_NET_ADMIN
when there are routes. A waggle that runs keeps its routes: stop it first. It is known by its --run-dir and
--state-dir alone, for a route in the kernel does not say whose process wrote it: of one that runs on other
directories in this network namespace, name them, or give --config so that only tables of your own are touched.

Options:
  --config FILE    only in the tables that the instances of this router file install routes in; default: all tables
  --dry-run        prints what would be removed, and removes nothing
  --run-dir DIR    of the daemon that left them (WAGGLE_RUN_DIR; default: /run/waggle)
  --state-dir DIR  (WAGGLE_STATE_DIR; default: /var/lib/waggle)
  --help           this text
`;

const flags = {
  config: { type: 'string' },
  'dry-run': { type: 'boolean' },
  'run-dir': { type: 'string' },
  'state-dir': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** What is removed comes in lines; a pipe is written to in blocks. */
const linesPerWrite = 1_000;

interface Job {
  readonly configFile: string | undefined;
  readonly isDry: boolean;
  readonly runDir: string;
  readonly stateDir: string;
}

export async function runCleanup(args: readonly string[]): Promise<number> {
  const job = parse(args);
  if (job === undefined) {
    process.stdout.write(cleanupHelp);
    return 0;
  }
  if (typeof job === 'string') {
    process.stderr.write(`waggle cleanup: ${job}: see 'waggle cleanup --help'\n`);
    return 2;
  }
  const tables = job.configFile === undefined ? undefined : await readTables(job.configFile);
  if (tables !== undefined && 'faults' in tables) return fail(tables.faults);
  const locks: DirectoryLock[] = [];
  try {
    for (const directory of new Set([job.runDir, job.stateDir])) {
      // What is not there has no holder, and is not made for the sake of cleaning up.
      if (existsSync(directory)) locks.push(DirectoryLock.take(directory));
    }
    return clean(job, tables?.tables);
  } catch (error) {
    const line = explain(error);
    if (line === undefined) throw error;
    return fail([line]);
  } finally {
    for (const lock of locks) lock.release();
  }
}

/** The job, undefined for help, or what is wrong. */
function parse(args: readonly string[]): Job | string | undefined {
  try {
    const { values } = parseArgs({ args: [...args], strict: true, allowPositionals: false, options: flags });
    if (values.help === true) return undefined;
    const { WAGGLE_RUN_DIR, WAGGLE_STATE_DIR } = process.env;
    return {
      configFile: textOf(values.config),
      isDry: values['dry-run'] === true,
      runDir: textOf(values['run-dir']) ?? textOf(WAGGLE_RUN_DIR) ?? '/run/waggle',
      stateDir: textOf(values['state-dir']) ?? textOf(WAGGLE_STATE_DIR) ?? '/var/lib/waggle',
    };
  } catch (error) {
    // ERR_PARSE_ARGS_…: the message names the option.
    if (error instanceof TypeError) return error.message.split('. ')[0];
    throw error;
  }
}

async function readTables(
  path: string,
): Promise<{ readonly tables: readonly number[] } | { readonly faults: readonly string[] }> {
  const file = new ConfigFile(path);
  const read = await file.read();
  if ('fault' in read) return { faults: [read.fault] };
  const checked = file.check(read.text);
  if ('faults' in checked) return checked;
  const tables = checked.settings.speaker.instances.flatMap(({ fib }) => (fib === undefined ? [] : [fib.table]));
  if (tables.length > 0) return { tables };
  return {
    faults: [`${path} names no table (it has no fib: kernel): without --config routes of all tables are removed`],
  };
}

function clean({ isDry, stateDir }: Job, tables: readonly number[] | undefined): number {
  const lines: string[] = [];
  const verb = isDry ? 'would remove' : 'removed';
  const say = (what: string): void => {
    lines.push(`${verb} ${what}`);
    if (lines.length >= linesPerWrite) process.stdout.write(`${lines.splice(0).join('\n')}\n`);
  };
  const readings = (tables ?? [undefined]).map((table) => readOwnRoutes(table));
  const found = readings.flatMap(({ routes }) => routes);
  const isComplete = readings.every((reading) => reading.isComplete);
  let count = 0;
  const told = (route: (typeof found)[number]): void => {
    count++;
    say(formatRoute(route));
  };
  if (isDry) found.forEach(told);
  const refused = isDry ? [] : removeOwnRoutes(found, 'cleanup', told);
  // The last process's word on its routes goes after them: were it gone first, nothing would be known of those that stay.
  const files = refused.length > 0 || !isComplete ? [] : removeStateFiles(stateDir, isDry);
  files.forEach(say);
  lines.push(`${verb} ${count} routes and ${files.length} files`);
  process.stdout.write(`${lines.join('\n')}\n`);
  if (!isComplete)
    return fail(["the kernel's routes changed each time that they were read, and some may be left: run it again"]);
  if (refused.length === 0) return 0;
  const [{ route, reason }] = refused;
  return fail([`${refused.length} routes stay, such as ${formatRoute(route)}: ${reason}`]);
}

function fail(lines: readonly string[]): number {
  for (const line of lines) process.stderr.write(`waggle cleanup: ${line}\n`);
  return 1;
}

/** What the world refused, in one line; undefined for faults of our own. */
function explain(error: unknown): string | undefined {
  if (error instanceof DirectoryInUseError) {
    const who = error.holder === undefined ? 'a waggle' : `a waggle (process ${error.holder})`;
    return `${who} runs on ${error.directory}, and its routes are in use: stop it first`;
  }
  return error instanceof KernelError ? error.message : undefined;
}
