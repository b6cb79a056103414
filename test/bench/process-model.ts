// The measurement behind the process model (ARCHITECTURE.md): does the speaker need a thread of its
// own? A stand-in for the speaker reads a stream from a real socket and works on typed arrays; three
// readers render large JSON answers in slices, and a Kubernetes-like client parses a list every 500 ms.
// Once everything shares one loop, once the readers and the client have the main thread for themselves.
// Run: node test/bench/process-model.ts [--rounds 3]

import { createServer, connect, type AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

const STREAM_BYTES = 96 * 1024 * 1024;
const CHUNK = Buffer.alloc(64 * 1024, 7);
const LIST = JSON.stringify(
  Array.from({ length: 12_000 }, (_, index) => ({
    metadata: { name: `pod-${index}`, namespace: 'default', labels: { app: `a${index % 50}` } },
    spec: { nodeName: `node-${index % 40}`, containers: [{ name: 'c', image: 'registry/x:1' }] },
    status: { podIP: `10.0.${index >> 8}.${index & 255}`, phase: 'Running' },
  })),
);

interface Figures {
  readonly loadSec: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Reads the stream, hashing each chunk into columns as a speaker would; resolves when all came. */
async function speak(): Promise<Figures> {
  const columns = new Int32Array(4 << 20);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const server = createServer((socket) => {
    const write = (): void => {
      let left = true;
      while (left && sent < STREAM_BYTES) {
        sent += CHUNK.length;
        left = socket.write(CHUNK);
      }
    };
    let sent = 0;
    socket.on('drain', write);
    write();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  delay.enable();
  const begin = performance.now();
  await new Promise<void>((resolve) => {
    let received = 0;
    let hash = 1;
    const socket = connect(port, '127.0.0.1');
    socket.on('data', (chunk) => {
      // About 12 bytes and 100 ns a route.
      for (let offset = 0; offset < chunk.length; offset += 2) {
        hash = (Math.imul(hash, 0x01000193) ^ chunk[offset]) | 0;
        columns[hash & 0x3fffff]++;
      }
      received += chunk.length;
      if (received >= STREAM_BYTES) {
        socket.destroy();
        resolve();
      }
    });
  });
  const loadSec = (performance.now() - begin) / 1000;
  delay.disable();
  server.close();
  return { loadSec, p99Ms: delay.percentile(99) / 1e6, maxMs: delay.max / 1e6 };
}

/** Three readers of a large table in slices of 5 ms, and a client that parses lists. */
function disturb(): () => void {
  let isStopped = false;
  let bytes = 0;
  const renderSlice = (): void => {
    if (isStopped) return;
    const until = performance.now() + 5;
    while (performance.now() < until) {
      const rows = [];
      for (let row = 0; row < 64; row++) {
        rows.push(JSON.stringify({ prefix: `10.${row}.0.0/16`, valid: true, path: '65001 65002' }));
      }
      bytes += rows.join(',').length;
    }
    setImmediate(renderSlice);
  };
  for (let reader = 0; reader < 3; reader++) setImmediate(renderSlice);
  const lists = setInterval(() => {
    bytes += (JSON.parse(LIST) as unknown[]).length;
  }, 500);
  return () => {
    isStopped = true;
    clearInterval(lists);
  };
}

async function run(isSeparate: boolean): Promise<Figures> {
  const stop = disturb();
  try {
    if (!isSeparate) return await speak();
    const worker = new Worker(new URL(import.meta.url));
    return await new Promise<Figures>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
  } finally {
    stop();
  }
}

function median(values: readonly number[]): string {
  return [...values].sort((a, b) => a - b)[values.length >> 1].toFixed(1);
}

if (isMainThread) {
  const flag = process.argv.indexOf('--rounds');
  const rounds = flag < 0 ? 3 : Number(process.argv[flag + 1]);
  const results: Record<string, Figures[]> = { 'one loop': [], 'own thread': [] };
  for (let round = 0; round < rounds; round++) {
    results['one loop'].push(await run(false));
    results['own thread'].push(await run(true));
  }
  console.log('| model | load s | event-loop delay p99 ms | max ms |\n|---|---|---|---|');
  for (const [model, figures] of Object.entries(results)) {
    const cell = (pick: (f: Figures) => number): string => median(figures.map(pick));
    console.log(`| ${model} | ${cell((f) => f.loadSec)} | ${cell((f) => f.p99Ms)} | ${cell((f) => f.maxMs)} |`);
  }
} else {
  parentPort?.postMessage(await speak());
}
