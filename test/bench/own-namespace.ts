// Daemons have ports that are the same on every machine: a bench that starts one runs in a network namespace of its own, in which nothing
// is up but lo, and which is gone with its last process.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { BenchError } from './bench-error.ts';

const mark = 'WAGGLE_BENCH_NAMESPACE';

/** Runs the script again within a namespace, and answers its exit code; undefined: this is that run. */
export async function runInOwnNamespace(script: string, args: readonly string[]): Promise<number | undefined> {
  if (process.env[mark] === '1') return undefined;
  if (process.getuid?.() !== 0) throw new BenchError('a network namespace is made for it: run it as root');
  const shell = 'ip link set lo up && exec "$@"';
  const words = ['--net', 'sh', '-c', shell, 'sh', process.execPath, script, ...args];
  const child = spawn('unshare', words, { stdio: 'inherit', env: { ...process.env, [mark]: '1' } });
  const [code] = await once(child, 'exit');
  return typeof code === 'number' ? code : 2;
}
