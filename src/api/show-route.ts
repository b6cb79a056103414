// `GET /show/<words>`: the words of the path go through the show tree; JSON unless text is asked for by `?format=text` or the
// Accept header. Answers in pieces are streamed.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { badArgument } from './problem.ts';
import type { ShowAnswer } from './show/command.ts';
import { findCommand } from './show/pattern.ts';
import { showTree } from './show/tree.ts';
import { type ApiRoute, queryParameter, readQueryParameter, type RouteContext } from './route.ts';
import { faultTeller } from './server-faults.ts';
import { sendSlices } from './slices.ts';

export type Format = 'json' | 'text';

/** `text/plain` only when it is preferred to JSON; `*` and browsers get JSON. */
export function chooseFormat(asked: string | undefined, accept: string | undefined): Format {
  if (asked === 'json' || asked === 'text') return asked;
  if (asked !== undefined) throw badArgument(`format is ${JSON.stringify(asked)}; expected json or text`);
  const quality = (type: string): number => {
    const range = (accept ?? '').split(',').find((entry) => entry.split(';')[0].trim().toLowerCase() === type);
    if (range === undefined) return -1;
    const weight = /;\s*q=([\d.]+)/i.exec(range)?.[1];
    return weight === undefined ? 1 : Number(weight);
  };
  return quality('text/plain') > Math.max(0, quality('application/json')) ? 'text' : 'json';
}

export const contentTypes: Readonly<Record<Format, string>> = {
  json: 'application/json; charset=utf-8',
  text: 'text/plain; charset=utf-8',
};

/** The words after `/show/`, each decoded on its own, so that `203.0.113.0%2F24` is one word. */
export function readWords(url: string): string[] {
  const path = url.split('?')[0].replace(/^\/show\/?/, '');
  try {
    return path
      .split('/')
      .filter((word) => word !== '')
      .map(decodeURIComponent);
  } catch {
    throw badArgument('the path is not valid percent-encoded UTF-8');
  }
}

async function handleShow(context: RouteContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const words = readWords(request.url);
  // As on FRR's command line, a trailing `json` asks for JSON.
  const asked = words.at(-1) === 'json' ? 'json' : readQueryParameter(request, 'format');
  if (words.at(-1) === 'json') words.pop();
  const format = chooseFormat(asked, request.headers.accept);
  const { command, request: showRequest } = findCommand(showTree, words);
  const leave = command.size === 'stream' ? context.streams.enter() : undefined;
  let answer: ShowAnswer | undefined;
  const end = (): void => {
    leave?.();
    answer?.close?.();
  };
  try {
    const { deps, nodeName } = context;
    answer = await command.answer({ speaker: deps.speaker, nodeName, wallMs: deps.wallMs }, showRequest);
    const body = format === 'json' ? answer.json() : answer.text();
    void reply.type(contentTypes[format]).header('vary', 'accept').header('cache-control', 'no-store');
    if (typeof body !== 'string') return await sendSlices(reply, body, end, faultTeller(context, request));
    end();
    return body;
  } catch (error) {
    end();
    throw error;
  }
}

export const showRoute: ApiRoute = {
  method: 'GET',
  path: '/show/*',
  summary: 'Every show command, as a path of the same words',
  parameters: [queryParameter('format', 'json (default) or text, the table', ['json', 'text'])],
  answer: { description: "FRR's JSON" },
  isChange: false,
  handle: handleShow,
};
