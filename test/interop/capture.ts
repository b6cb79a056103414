// Captures the packets of lab links and lets tshark, which owes us nothing, say what it sees in them.
import { spawn } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { mustRun } from '#lab/run.ts';
import { labPath } from '../lab/lab-tool.ts';

export type Capture = { readonly link: string; readonly file: string; readonly stop: () => Promise<void> };

/** Resolves once tshark says that it captures. */
export async function startCapture(directory: string, topology: string, link: string): Promise<Capture> {
  const file = join(directory, `${topology}-${link}.pcapng`);
  const child = spawn(labPath, ['-t', topology, 'capture', link, 'tcp port 179'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = child.stdout.pipe(createWriteStream(file));
  const ended = new Promise((resolve) => child.on('exit', resolve));
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('Capture started')) resolve();
    });
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`capture of ${link} ended with ${String(code)}: ${said}`)));
  });
  return {
    link,
    file,
    stop: async () => {
      child.kill('SIGINT');
      await ended;
      await finished(output);
    },
  };
}

export function makeCaptureDirectory(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'waggle-capture-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export const MessageType = { Open: '1', Update: '2', Notification: '3', Keepalive: '4', RouteRefresh: '5' } as const;

/** A captured frame with BGP messages in it. */
export type BgpFrame = {
  readonly source: string;
  /** One entry a message. */
  readonly types: readonly string[];
  /** Type codes of the path attributes of all its updates. */
  readonly attributes: readonly string[];
  readonly hasIpv4Withdraw: boolean;
  readonly complaints: readonly string[];
};

const fields = [
  'ip.src',
  'ipv6.src',
  'bgp.type',
  'bgp.update.path_attribute.type_code',
  'bgp.update.withdrawn_routes.length',
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
      const cells = line.split('\t').map((cell) => cell.split('|').filter(Boolean));
      const [ipv4, ipv6, types, attributes, withdrawn, severities, messages, malformed] = cells;
      return {
        source: ipv4[0] ?? ipv6[0] ?? '',
        types,
        attributes,
        hasIpv4Withdraw: withdrawn.some((length) => length !== '0'),
        complaints: [
          ...(malformed ?? []).map(() => 'malformed'),
          ...severities.flatMap((severity, index) =>
            Number(severity) >= warning ? [messages[index] ?? severity] : [],
          ),
        ],
      };
    });
}
