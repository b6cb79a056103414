// Runs other programs: once and for their output (on the host or inside a node), never a daemon (processes.ts does that).
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { LabError } from './lab-error.ts';
import { adminKubeconfig, managementName } from './topologies/management.ts';
import { type LabPaths, labVariable, type NodePaths, repoDir } from './paths.ts';

export type Output = { readonly code: number; readonly stdout: string; readonly stderr: string };

export type RunOptions = {
  readonly input?: string;
  readonly environment?: NodeJS.ProcessEnv;
  readonly limitMs?: number;
};

/** Runs a program to its end; never throws on a failing exit code. A program past its limit is killed and counts as failed. */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<Output> {
  const [program = '', ...args] = command;
  return await new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: options.environment ?? process.env,
      timeout: options.limitMs ?? 60_000,
      killSignal: 'SIGKILL',
      stdio: 'pipe',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', (cause) => reject(new LabError(`cannot run ${program}: ${cause.message}`, { cause })));
    child.on('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
    // A program that ends without reading its input is its own affair.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

/** Runs a program that has to succeed and gives its output. */
export async function mustRun(command: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(command, options);
  if (code !== 0) {
    const why = (stderr.trim() || stdout.trim()).split('\n').at(-1) ?? '';
    throw new LabError(`${command.join(' ')}: ${why || `exit code ${code}`}`);
  }
  return stdout;
}

/** The command line that runs a command inside a node, replacing itself by it, so that the process id stays. */
export function inside(node: NodePaths, command: readonly string[]): readonly string[] {
  return ['nsenter', `--net=${node.net}`, `--uts=${node.uts}`, `--mount=${node.mnt}`, '--wdns=/', '--', ...command];
}

/** What a program in a node finds in its environment: our `waggle` first on PATH, and whose lab it belongs to. */
export function nodeEnvironment(lab: LabPaths, node: string): NodeJS.ProcessEnv {
  const path = [join(repoDir, 'bin'), join(repoDir, 'node_modules/.bin'), '/usr/local/sbin', '/usr/local/bin'];
  return {
    PATH: [...path, '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(delimiter),
    HOME: process.env['HOME'] ?? '/root',
    LANG: 'C.UTF-8',
    TERM: process.env['TERM'] ?? 'dumb',
    NODE_NAME: node,
    [labVariable]: lab.mark,
    // kubectl works as the administrator, and what it keeps goes with the node.
    ...(node === managementName ? { KUBECONFIG: adminKubeconfig, KUBECACHEDIR: '/run/lab/kubectl' } : {}),
  };
}
