// `lab capture LINK [FILTER]`: what passes one link, seen from its first end; as text on a terminal, as pcapng into a pipe.
import { spawn } from 'node:child_process';
import { LabError } from './lab-error.ts';
import { labPaths, nodePaths } from './paths.ts';
import { inside, nodeEnvironment } from './run.ts';
import { getTopology } from './topologies/index.ts';
import { findLink } from './topology.ts';

export async function commandCapture(topologyName: string, words: readonly string[]): Promise<number> {
  const topology = getTopology(topologyName);
  const [name, ...filter] = words;
  const link = name === undefined ? undefined : findLink(topology, name);
  if (link === undefined) {
    throw new LabError(`no link ${name ?? 'given'}; there are: ${topology.links.map((each) => each.name).join(', ')}`);
  }
  const lab = labPaths(topologyName);
  const [end] = link.ends;
  const output = process.stdout.isTTY ? ['-l'] : ['-w', '-', '-q'];
  const filterWords = filter.length > 0 ? ['-f', filter.join(' ')] : [];
  const [program = '', ...args] = inside(nodePaths(lab, end.node), [
    'tshark',
    '-n',
    '-i',
    end.interface,
    ...output,
    ...filterWords,
  ]);
  const child = spawn(program, args, { stdio: 'inherit', env: nodeEnvironment(lab, end.node) });
  // The terminal signals the whole group; the capture closes its file by itself and we wait for that.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return await new Promise((resolve, reject) => {
    child.on('error', (cause) => reject(new LabError(`cannot run tshark: ${cause.message}`, { cause })));
    child.on('close', (code) => resolve(code ?? 1));
  });
}
