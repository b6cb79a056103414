// What an error inside a handler is to the client: a problem document, or, when an answer has begun already, its last line.

import { STATUS_CODES } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { type Problem, ProblemError, problemTypes } from './problem.ts';
import type { RouteContext } from './route.ts';

/** Refusals of the speaker that are nobody's fault, by the code that its errors carry. */
const speakerRefusals: Readonly<Record<string, number>> = {
  'too-many-views': 503,
  'view-overrun': 503,
  expired: 503,
  'unknown-neighbor': 404,
};

/** `contentType` is that of the request, where it may be what is wrong. */
export function toProblem(error: unknown, contentType?: string): Problem {
  if (error instanceof ProblemError) return error.problem;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (error instanceof Error && code in speakerRefusals) {
    const status = speakerRefusals[code];
    const type = status === 503 ? problemTypes.busy : problemTypes.noSuchNeighbor;
    return { type, title: STATUS_CODES[status] ?? 'Error', status, detail: error.message };
  }
  const status = readStatus(error);
  const title = STATUS_CODES[status] ?? 'Error';
  if (status === 415) {
    const sent = contentType === undefined ? 'no content-type' : `content-type: ${contentType}`;
    const detail = `the body came with ${sent}; expected JSON with the header content-type: application/json`;
    return { type: problemTypes.blank, title, status, detail };
  }
  const detail =
    status < 500 && error instanceof Error ? error.message : 'the daemon met a fault of its own; see its log';
  return { type: problemTypes.blank, title, status, detail };
}

/** The status that Fastify gives its own errors; 500 for what it does not know. */
function readStatus(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return 500;
  const { statusCode } = error;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 600 ? statusCode : 500;
}

/** Tells why an answer that has begun ends here; a fault of our own is reported too. */
export function faultTeller({ deps }: RouteContext, request: FastifyRequest): (error: unknown) => string {
  return (error) => {
    const problem = toProblem(error);
    if (problem.status === 500) deps.reportFault(error, `${request.method} ${request.url}`);
    return problem.detail;
  };
}
