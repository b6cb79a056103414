// What passes the links of nodes while something happens: dumpcap records it, and tshark, which owes us nothing, reads it.
// The records stay in frr-lab/.run/<topology>/capture until the next.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LabError } from './lab-error.ts';
import { type LabPaths, nodePaths } from './paths.ts';
import { inside, mustRun, nodeEnvironment } from './run.ts';
import { endsOf, type Topology } from './topology.ts';

export const MessageType = { Open: '1', Update: '2', Notification: '3', Keepalive: '4', RouteRefresh: '5' } as const;
export type MessageName = keyof typeof MessageType;

/** A frame that completes one or more BGP messages. */
export type BgpFrame = {
  /** Since 1970. */
  readonly atMs: number;
  readonly interface: string;
  readonly source: string;
  readonly destination: string;
  /** One entry a message. */
  readonly types: readonly string[];
  /** Type codes of the path attributes of all its updates. */
  readonly attributes: readonly string[];
  /** Addresses of the prefixes that its updates withdraw, of both families. */
  readonly withdrawn: readonly string[];
  /** Of its NOTIFICATIONs, as `6/2`. */
  readonly errors: readonly string[];
  readonly complaints: readonly string[];
};

export type Recording = { readonly stop: () => Promise<readonly BgpFrame[]> };

/** Longer than dumpcap lets packets lie in the kernel's buffer and in its queues, also on a busy machine. */
const lingerMs = 600;
const startLimitMs = 10_000;

/** Records BGP on every link of some nodes; resolves once that has begun. */
export async function record(lab: LabPaths, topology: Topology, nodes: readonly string[]): Promise<Recording> {
  const directory = join(lab.files, 'capture');
  mkdirSync(directory, { recursive: true });
  const dumps = await Promise.all(
    nodes.map(async (node) => {
      const interfaces = endsOf(topology, node).map((end) => end.interface);
      return await startDump(lab, { node, interfaces, file: join(directory, `${node}.pcapng`) });
    }),
  );
  return {
    stop: async () => {
      await sleep(lingerMs);
      const frames = await Promise.all(
        dumps.map(async ({ file, stop }) => {
          await stop();
          return await readFrames(file);
        }),
      );
      return frames.flat();
    },
  };
}

type Dump = { readonly node: string; readonly interfaces: readonly string[]; readonly file: string };

async function startDump(lab: LabPaths, { node, interfaces, file }: Dump): Promise<Pick<Dump, 'file'> & Stop> {
  const words = interfaces.flatMap((name) => ['-i', name, '-f', 'tcp port 179']);
  const [program = '', ...args] = inside(nodePaths(lab, node), ['dumpcap', '-q', ...words, '-w', file]);
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], env: nodeEnvironment(lab, node) });
  let said = '';
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const started = new Promise<void>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      // It names the file once all interfaces are open.
      if (said.includes('File: ')) resolve();
    });
    child.on('error', (cause) => reject(new LabError(`cannot run dumpcap: ${cause.message}`, { cause })));
    child.on('exit', (code) => reject(new LabError(`dumpcap on ${node} ended with ${String(code)}: ${said.trim()}`)));
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), startLimitMs);
  await started.finally(() => clearTimeout(limit));
  return {
    file,
    stop: async () => {
      child.kill('SIGINT');
      await ended;
      // What it had not yet written when it was told to stop (flushed) came after all that is waited for.
      const lost = [...said.matchAll(/on interface '(.*)': .*\(pcap:(\d+)\/dumpcap:(\d+)\//g)].filter(
        ([, , inKernel, inDumpcap]) => Number(inKernel) + Number(inDumpcap) > 0,
      );
      if (lost.length > 0) throw new LabError(`dumpcap lost packets: ${lost.map(([line]) => line).join('; ')}`);
    },
  };
}

type Stop = { readonly stop: () => Promise<void> };

const fields = [
  'frame.time_epoch',
  'frame.interface_name',
  'ip.src',
  'ipv6.src',
  'ip.dst',
  'ipv6.dst',
  'bgp.type',
  'bgp.update.path_attribute.type_code',
  'bgp.withdrawn_prefix',
  'bgp.mp_unreach_nlri_ipv4_prefix',
  'bgp.mp_unreach_nlri_ipv6_prefix',
  'bgp.notify.major_error',
  'bgp.notify.minor_error',
  'bgp.notify.minor_error_open',
  'bgp.notify.minor_error_update',
  'bgp.notify.minor_error_expired',
  'bgp.notify.minor_error_state',
  'bgp.notify.minor_error_cease',
  'bgp.notify.minor_error_unknown',
  '_ws.expert.severity',
  '_ws.expert.message',
  '_ws.malformed',
] as const;
const warning = 0x600000;

/** Every frame with BGP in it, reassembled by tshark. */
export async function readFrames(file: string): Promise<readonly BgpFrame[]> {
  const layout = ['separator=/t', 'occurrence=a', 'aggregator=|'].flatMap((option) => ['-E', option]);
  const columns = fields.flatMap((field) => ['-e', field]);
  const text = await mustRun(['tshark', '-n', '-r', file, '-Y', 'bgp', '-T', 'fields', ...layout, ...columns]);
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const cells = line.split('\t');
      const list = (...names: readonly (typeof fields)[number][]): readonly string[] =>
        names.flatMap((name) => (cells[fields.indexOf(name)] ?? '').split('|').filter(Boolean));
      const codes = list('bgp.notify.major_error');
      // Each code has a field of its own for its subcodes; a NOTIFICATION is the last message of a connection.
      const subcodes = list(...fields.filter((field) => field.startsWith('bgp.notify.minor_error')));
      const messages = list('_ws.expert.message');
      return {
        atMs: Number(list('frame.time_epoch')[0]) * 1000,
        interface: list('frame.interface_name')[0] ?? '',
        source: list('ip.src', 'ipv6.src')[0] ?? '',
        destination: list('ip.dst', 'ipv6.dst')[0] ?? '',
        types: list('bgp.type'),
        attributes: list('bgp.update.path_attribute.type_code'),
        withdrawn: list('bgp.withdrawn_prefix', 'bgp.mp_unreach_nlri_ipv4_prefix', 'bgp.mp_unreach_nlri_ipv6_prefix'),
        errors: codes.map((code, index) => `${code}/${subcodes[index] ?? '?'}`),
        complaints: [
          ...list('_ws.malformed').map(() => 'malformed'),
          ...list('_ws.expert.severity').flatMap((severity, index) =>
            Number(severity) >= warning ? [messages[index] ?? severity] : [],
          ),
        ],
      };
    });
}

export function countMessages(frames: readonly BgpFrame[], name: MessageName): number {
  return frames.flatMap((frame) => frame.types).filter((type) => type === MessageType[name]).length;
}

/** What tshark calls malformed or warns of, each once, with the node's interface. */
export function complaintsOf(frames: readonly BgpFrame[]): readonly string[] {
  return [...new Set(frames.flatMap((frame) => frame.complaints.map((each) => `${frame.interface}: ${each}`)))];
}

/** `OPEN 4, UPDATE 9, …`. */
export function describeCounts(frames: readonly BgpFrame[]): string {
  const names = { Open: 'OPEN', Update: 'UPDATE', Notification: 'NOTIFICATION', Keepalive: 'KEEPALIVE' } as const;
  return [
    ...(['Open', 'Update', 'Notification', 'Keepalive'] as const).map(
      (name) => `${names[name]} ${countMessages(frames, name)}`,
    ),
    `ROUTE-REFRESH ${countMessages(frames, 'RouteRefresh')}`,
  ].join(', ');
}
