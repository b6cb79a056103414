// A client of `waggle apiserver` as programs are one: connections that stay, requests one after another on each, and watches whose
// lines are handed on as they come. What breaks a connection is an error, not an answer.

import { Agent, request } from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Credentials } from './server-process.ts';

export interface Reply {
  readonly code: number;
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
}

export interface Stream {
  /** Resolves when the answer is over or broken off. */
  readonly ended: Promise<void>;
  close(): void;
}

export class HttpsClient {
  readonly #port: number;
  readonly #agent: Agent;

  constructor(port: number, credentials: Credentials, maxSockets = 1) {
    this.#port = port;
    this.#agent = new Agent({ keepAlive: true, maxSockets, scheduling: 'fifo', ...credentials });
  }

  async ask(method: string, path: string, body?: string, media = 'application/json'): Promise<Reply> {
    const response = await this.#send(method, path, body, media);
    const pieces: Buffer[] = [];
    for await (const piece of response) pieces.push(piece);
    return { code: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(pieces).toString() };
  }

  /** Resolves when the answer begins; each line of it is told without its end. Rejects with what was answered instead of a watch. */
  async watch(path: string, told: (line: string) => void): Promise<Stream> {
    const response = await this.#send('GET', path, undefined, 'application/json');
    if (response.statusCode !== 200) {
      let text = '';
      for await (const piece of response) text += String(piece);
      throw new Error(`${response.statusCode} ${text}`);
    }
    let rest = '';
    response.setEncoding('utf8');
    response.on('data', (piece: string) => {
      const lines = (rest + piece).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) told(line);
    });
    const ended = new Promise<void>((resolve) => {
      response.on('error', () => {});
      response.once('close', resolve);
    });
    return { ended, close: () => void response.destroy() };
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(method: string, path: string, body: string | undefined, media: string): Promise<IncomingMessage> {
    const headers = body === undefined ? {} : { 'content-type': media, 'content-length': Buffer.byteLength(body) };
    return new Promise((resolve, reject) => {
      const asking = request({
        host: '127.0.0.1',
        port: this.#port,
        method,
        path,
        agent: this.#agent,
        headers,
      });
      asking.once('response', resolve);
      asking.on('error', reject);
      asking.end(body);
    });
  }
}
