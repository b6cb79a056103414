// The client's side of HTTP over the daemon's unix socket: one request, the answer's body as a stream or a text, a problem document
// as an error. node:http only: the command must start fast.

import { type IncomingMessage, request } from 'node:http';
import type { Problem } from '#api/problem.ts';

/** The daemon refused or failed; `problem` is what it said. */
export class DaemonError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = 'DaemonError';
    this.problem = problem;
  }
}

/** Nobody answers on the socket. */
export class NoDaemonError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'NoDaemonError';
  }
}

export interface ClientRequest {
  readonly socketPath: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly accept: string;
  readonly body?: object;
}

/** Resolves once the status is known to be good; the body is still to be read. */
export async function send(options: ClientRequest): Promise<IncomingMessage> {
  const response = await open(options);
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return response;
  throw new DaemonError(readProblem(status, await readBody(response)));
}

function open({ socketPath, method, path, accept, body }: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      host: 'localhost',
      accept,
      connection: 'close',
      ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    };
    const outgoing = request({ socketPath, method, path, headers, agent: false });
    outgoing.once('response', resolve);
    outgoing.once('error', (cause: NodeJS.ErrnoException) => reject(explain(socketPath, cause)));
    outgoing.end(text);
  });
}

function explain(socketPath: string, cause: NodeJS.ErrnoException): Error {
  if (cause.code === 'ENOENT' || cause.code === 'ECONNREFUSED') {
    return new NoDaemonError(`daemon not running: ${socketPath}`, { cause });
  }
  if (cause.code === 'EACCES') {
    return new NoDaemonError(`no permission for ${socketPath}: be root or in the group waggle`, { cause });
  }
  return new NoDaemonError(`${socketPath}: ${cause.message}`, { cause });
}

export async function readBody(response: IncomingMessage): Promise<string>;
/** undefined when the body is longer than the limit. */
export async function readBody(response: IncomingMessage, maxBytes: number): Promise<string | undefined>;
export async function readBody(response: IncomingMessage, maxBytes = Infinity): Promise<string | undefined> {
  response.setEncoding('utf8');
  let text = '';
  try {
    for await (const chunk of response) {
      text += String(chunk);
      if (text.length > maxBytes) return undefined;
    }
  } catch (error) {
    throw new NoDaemonError('the daemon broke off its answer', { cause: error });
  }
  return text;
}

/** The daemon's errors are problem documents; anything else in between is shown by its status. */
function readProblem(status: number, body: string): Problem {
  const fallback: Problem = { type: 'about:blank', title: 'Error', status, detail: `the daemon answered ${status}` };
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== 'object' || parsed === null) return fallback;
    const field = (name: string): unknown => Object.entries(parsed).find(([key]) => key === name)?.[1];
    const [type, title, detail, suggestions] = ['type', 'title', 'detail', 'suggestions'].map(field);
    return {
      type: typeof type === 'string' ? type : fallback.type,
      title: typeof title === 'string' ? title : fallback.title,
      status,
      detail: typeof detail === 'string' ? detail : fallback.detail,
      ...(Array.isArray(suggestions) ? { suggestions: suggestions.map(String) } : {}),
    };
  } catch (error) {
    if (error instanceof SyntaxError) return fallback;
    throw error;
  }
}
