// How checks look into nodes: commands run inside, and Waggle's API over its socket, reached from outside by the agent's own
// root directory, so that a look costs no process.
import { request } from 'node:http';
import { parseJson, readString } from '../json.ts';
import { LabError } from '../lab-error.ts';
import { type LabPaths, nodePaths } from '../paths.ts';
import { findDaemon } from '../processes.ts';
import { inside, nodeEnvironment, type Output, run } from '../run.ts';

const lookLimitMs = 10_000;

export async function runIn(lab: LabPaths, node: string, command: readonly string[]): Promise<Output> {
  return await run(inside(nodePaths(lab, node), command), {
    environment: nodeEnvironment(lab, node),
    limitMs: lookLimitMs,
  });
}

/** The output of a command that has to succeed. */
export async function readFrom(lab: LabPaths, node: string, command: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runIn(lab, node, command);
  if (code !== 0)
    throw new LabError(`${node}: ${command.join(' ')}: ${(stderr || stdout).trim() || `exit code ${code}`}`);
  return stdout;
}

export async function readJsonFrom(lab: LabPaths, node: string, command: readonly string[]): Promise<unknown> {
  const value = parseJson(await readFrom(lab, node, command));
  if (value === undefined) throw new LabError(`${node}: ${command.join(' ')} printed no JSON`);
  return value;
}

/** GET of a path of Waggle's API on a node; an answer other than 200 is an error. */
export async function getFromWaggle(
  lab: LabPaths,
  node: string,
  path: string,
  accept = 'application/json',
): Promise<string> {
  const record = findDaemon(nodePaths(lab, node), 'waggle');
  if (record === undefined) throw new LabError(`${node}: waggle does not run`);
  const socketPath = `/proc/${record.pid}/root/run/waggle/waggle.sock`;
  return await new Promise((resolve, reject) => {
    const fail = (cause: Error): void => reject(new LabError(`${node}: GET ${path}: ${cause.message}`, { cause }));
    const asked = request({ socketPath, path, headers: { accept }, timeout: lookLimitMs }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('error', fail);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text);
        else reject(new LabError(`${node}: GET ${path} answers ${response.statusCode}: ${problemOf(text)}`));
      });
    });
    asked.on('timeout', () => asked.destroy(new LabError('no answer in time')));
    asked.on('error', fail);
    asked.end();
  });
}

/** The sentence in a problem document, or the beginning of what else was answered. */
function problemOf(text: string): string {
  return readString(parseJson(text), 'detail') ?? text.slice(0, 100).replaceAll(/\s+/g, ' ');
}

export async function getJsonFromWaggle(lab: LabPaths, node: string, path: string): Promise<unknown> {
  const value = parseJson(await getFromWaggle(lab, node, path));
  if (value === undefined) throw new LabError(`${node}: GET ${path} gives no JSON`);
  return value;
}
