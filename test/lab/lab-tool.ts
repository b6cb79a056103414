// Runs the lab's command line for the tests, in a space of this checkout's own: labs that somebody works in, and those of tests
// of another checkout, stay as they are. To be imported before anything of frr-lab, which reads the space when it is loaded.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { command, type Need, root } from '../support/skip.ts';

export const labPath = fileURLToPath(new URL('../../frr-lab/lab', import.meta.url));
process.env['WAGGLE_LAB_SPACE'] = `test${createHash('sha256').update(labPath).digest('hex').slice(0, 6)}`;

/** What a lab needs of the host. */
export const labNeeds: readonly Need[] = [
  root,
  command('zebra', 'frr'),
  command('bird', 'bird2'),
  command('gobgpd', 'gobgpd'),
  command('exabgp', 'exabgp'),
  command('bgpctl', 'openbgpd'),
  command('tshark', 'tshark'),
  command('nc', 'netcat-openbsd'),
];

const limitMs = 170_000;

export type LabRun = { readonly code: number | null; readonly output: string };

/** How long after what it said `lab` is killed with SIGKILL. */
export type Kill = { readonly after: string; readonly ms: number };

/** Runs `lab` to its end, or kills it on the way. */
export async function runLab(words: readonly string[], kill?: Kill): Promise<LabRun> {
  const child = spawn(labPath, ['--no-install', ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const wasSaid = kill !== undefined && output.includes(kill.after);
    output += text;
    if (kill !== undefined && !wasSaid && output.includes(kill.after)) setTimeout(() => child.kill('SIGKILL'), kill.ms);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  // `exit`, not `close`: what a killed `lab` had started may still hold its output open.
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('exit', resolve);
    child.on('error', reject);
  });
  const limit = new AbortController();
  const killed = sleep(limitMs, undefined, { signal: limit.signal }).then(
    () => child.kill('SIGKILL'),
    () => false,
  );
  const code = await ended;
  limit.abort();
  await killed;
  return { code, output };
}
