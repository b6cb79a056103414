// `npm run bench:apiserver`: a real `waggle apiserver` with many objects, over HTTPS, on the disk of the temporary directory: listing,
// writing under watches, writing as fast as it can, starting again, memory. Prints Markdown (or JSON) and PASS or FAIL for every limit;
// exit code 1 if one fails, 2 if the bench could not run. Progress goes to stderr.

import { parseArgs } from 'node:util';
import { ServerProcess } from '../apiserver/server-process.ts';
import { watches, writers } from './api-load.ts';
import { measureApi } from './api-measure.ts';
import { judgeApi, reportApi } from './api-report.ts';
import { BenchError } from './bench-error.ts';
import { formatLimit } from './limit.ts';
import { describeMachine } from './machine.ts';

const usage = `npm run bench:apiserver -- [options]
  --objects N   in the store (default 50000)
  --runs N      of each measurement; the median counts (default 5)
  --json        one JSON document instead of Markdown
`;

async function main(args: readonly string[]): Promise<number> {
  const { objects, runs, json, help } = readOptions(args);
  if (help) {
    process.stdout.write(usage);
    return 0;
  }
  const endings: (() => Promise<void>)[] = [];
  try {
    const server = new ServerProcess({ teardown: (end) => void endings.push(end) });
    const result = await measureApi(server, { objects, runs }, (line) => void process.stderr.write(`${line}\n`));
    const limits = judgeApi(result);
    const machine = describeMachine();
    process.stdout.write(
      json
        ? `${JSON.stringify({ machine, runs, writers, watches, ...result, limits }, undefined, 2)}\n`
        : `${objects} objects, ${runs} runs, median (least–most); ${machine}\n\n${reportApi(result)}\n\n${limits.map(formatLimit).join('\n')}\n`,
    );
    return limits.every(({ isMet }) => isMet !== false) ? 0 : 1;
  } finally {
    for (const end of endings) await end();
  }
}

function readOptions(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        objects: { type: 'string', default: '50000' },
        runs: { type: 'string', default: '5' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const read = (name: 'objects' | 'runs', limit: number): number => {
      const value = Number(values[name]);
      if (Number.isInteger(value) && value >= 1 && value <= limit) return value;
      throw new BenchError(`--${name} ${values[name]}: an integer from 1 to ${limit} is wanted`);
    };
    return { objects: read('objects', 1_000_000), runs: read('runs', 100), json: values.json, help: values.help };
  } catch (error) {
    if (error instanceof TypeError) throw new BenchError(error.message, usage, { cause: error });
    throw error;
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const text = error instanceof BenchError ? `${error.message}\n${error.details}` : String(error);
  process.stderr.write(`bench: ${text}\n`);
  process.exitCode = 2;
}
