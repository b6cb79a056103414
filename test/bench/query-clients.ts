// A process of its own in the device's network namespace: HTTP clients that fetch the whole route table again and again,
// from `start` until `finish`, and once more each after it, when the table is complete. Then it reads the metrics. Started as
//   node query-clients.ts CLIENTS API_PORT METRICS_PORT
// Answers are counted as they stream by and kept nowhere. An answer is whole when it holds as many paths as its own end says: the
// table as it was when it was asked for, which is a part of the later one while that loads. With 0 clients it reads the metrics only.

import http from 'node:http';

import { BenchError } from './bench-error.ts';
import { parseCommand } from './messages.ts';
import type { Answer, Report } from './messages.ts';

const tablePath = '/show/bgp/ipv4/unicast';
const metricPattern = /^waggle_speaker_event_loop_delay_seconds\{[^}]*quantile="0\.99"[^}]*\} (\S+)/m;
const silenceLimitMs = 60_000;
/** Stands once in every path of the JSON. */
const pathMark = Buffer.from('"prefixLen"');
const totalPattern = /"totalPaths": (\d+)\n\}\n$/;
const endBytes = 64;

const [clients, apiPort, metricsPort] = process.argv.slice(2).map(Number);
const answers: Answer[] = [];
let isFinishing = false;

process.on('message', (message) => {
  if (parseCommand(message) === 'finish') {
    isFinishing = true;
    return;
  }
  const fetching = Array.from({ length: clients }, (_, client) => fetchRepeatedly(client));
  untilFinishing()
    .then(() => Promise.all(fetching))
    .then(() => fetchText(metricsPort, '/metrics'))
    .then((text) => {
      const seconds = metricPattern.exec(text)?.[1];
      send({ type: 'fetched', answers, p99DelaySec: seconds === undefined ? null : Number(seconds) });
    })
    .catch((error: unknown) =>
      send({ type: 'failed', message: error instanceof Error ? error.message : String(error) }),
    );
});
process.on('disconnect', () => process.exit(1));

async function untilFinishing(): Promise<void> {
  while (!isFinishing) await new Promise((resolve) => setTimeout(resolve, 50));
}

async function fetchRepeatedly(client: number): Promise<void> {
  for (;;) {
    const isLast = isFinishing;
    const startedMs = performance.now();
    let bytes = 0;
    let routes = 0;
    let tail = Buffer.alloc(0);
    let end = Buffer.alloc(0);
    await fetchStream(apiPort, tablePath, (chunk) => {
      bytes += chunk.length;
      routes += countMarks(Buffer.concat([tail, chunk]));
      // A mark cut by the chunk's end is found whole the next time, and a whole one is not found twice.
      tail = Buffer.from(chunk.subarray(Math.max(0, chunk.length - pathMark.length + 1)));
      end = Buffer.concat([end, chunk.subarray(-endBytes)]).subarray(-endBytes);
    });
    const total = totalPattern.exec(end.toString('latin1'))?.[1];
    if (total === undefined)
      throw new BenchError(`${tablePath}: the answer ends in the middle: ${end.toString('latin1')}`);
    if (Number(total) !== routes)
      throw new BenchError(`${tablePath}: ${routes} paths in an answer that speaks of ${total}`);
    answers.push({ client, tookMs: performance.now() - startedMs, bytes, routes });
    if (isLast) return;
  }
}

function countMarks(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(pathMark); at >= 0; at = bytes.indexOf(pathMark, at + pathMark.length)) count += 1;
  return count;
}

async function fetchText(port: number, path: string): Promise<string> {
  let text = '';
  await fetchStream(port, path, (chunk) => {
    text += chunk.toString('utf8');
  });
  return text;
}

function fetchStream(port: number, path: string, onChunk: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = http.get(
      {
        host: '127.0.0.1',
        port,
        path,
        headers: { accept: 'application/json, text/plain' },
        agent: false,
        timeout: silenceLimitMs,
      },
      (response) => {
        if (response.statusCode !== 200)
          reject(new BenchError(`GET ${path} on port ${port}: status ${response.statusCode}`));
        response.on('data', onChunk);
        response.on('end', resolve);
        response.on('error', reject);
      },
    );
    request.on('timeout', () => request.destroy(new BenchError(`GET ${path}: nothing for ${silenceLimitMs} ms`)));
    request.on('error', reject);
  });
}

function send(report: Report): void {
  process.send?.(report);
}
