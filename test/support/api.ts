// A real API over a speaker of the test's choice, on a socket in a temporary folder and on a free TCP port of 127.0.0.1, and a plain
// HTTP request to either.

import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Api, type ApiDeps, createApi } from '#api/api.ts';
import type { SpeakerPort } from '#speaker/port.ts';
import { FIXTURE_WALL_MS } from './frr-fixtures.ts';

export interface RunningApi {
  readonly api: Api;
  readonly runDir: string;
  readonly socketPath: string;
  readonly port: number;
  readonly faults: unknown[];
  close(): Promise<void>;
}

export async function startApi(speaker: SpeakerPort, deps: Partial<ApiDeps> = {}): Promise<RunningApi> {
  const runDir = await mkdtemp(join(tmpdir(), 'waggle-api-'));
  const faults: unknown[] = [];
  const api = createApi(
    { runDir, listen: [{ address: '127.0.0.1', port: 0 }], nodeName: 'alpha', version: '0.1.0' },
    {
      speaker,
      status: () => [],
      configured: () => [],
      wallMs: () => FIXTURE_WALL_MS,
      reportFault: (error) => faults.push(error),
      ...deps,
    },
  );
  const [bound] = await api.listen();
  return {
    api,
    runDir,
    socketPath: api.socketPath,
    port: bound.port,
    faults,
    close: async () => {
      await api.close();
      await rm(runDir, { recursive: true, force: true });
    },
  };
}

export interface HttpAnswer {
  readonly status: number;
  readonly type: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface HttpAsk {
  readonly socketPath?: string;
  readonly port?: number;
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export function ask({ socketPath, port, method = 'GET', path, headers = {}, body }: HttpAsk): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const target = socketPath === undefined ? { host: '127.0.0.1', port } : { socketPath };
    const outgoing = request({ ...target, method, path, headers: { ...headers }, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.once('error', reject);
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers['content-type'] ?? '',
          headers: response.headers,
          body: text,
        }),
      );
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}
