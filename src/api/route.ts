// One route of the API as data: what Fastify registers, what openapi.json says of it, and what an unknown path is compared with;
// and reading a request's parameters by it.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SpeakerConfig } from '#bgp/config.ts';
import type { SpeakerPort } from '#speaker/port.ts';
import { badArgument } from './problem.ts';
import type { StatusEntry } from './status.ts';
import type { StreamLimit } from './slices.ts';

export interface ApiDeps {
  readonly speaker: SpeakerPort;
  /** How the components are; asked on every request. */
  readonly status: () => readonly StatusEntry[];
  /** The configuration that runs, for `/v1/bgp/route-policies`. */
  readonly configured: () => readonly SpeakerConfig[];
  /** Milliseconds since 1970 UTC. */
  readonly wallMs: () => number;
  /** Our own faults (status 500): the client gets no details. */
  readonly reportFault: (error: unknown, about: string) => void;
}

export interface RouteContext {
  readonly deps: ApiDeps;
  readonly nodeName: string;
  readonly version: string;
  readonly streams: StreamLimit;
}

export interface RouteParameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly description: string;
  readonly isRequired: boolean;
  readonly values?: readonly string[];
}

export interface ApiRoute {
  readonly method: 'GET' | 'POST';
  /** Fastify's notation: `/clear/bgp/:address`. */
  readonly path: string;
  readonly summary: string;
  readonly parameters: readonly RouteParameter[];
  /** JSON Schema of the answer. */
  readonly answer: object;
  /** JSON Schema of the request's body. */
  readonly body?: object;
  /** Not served over TCP. */
  readonly isChange: boolean;
  readonly handle: (context: RouteContext, request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
}

export function pathParameter(name: string, description: string): RouteParameter {
  return { name, in: 'path', description, isRequired: true };
}

export function queryParameter(name: string, description: string, values?: readonly string[]): RouteParameter {
  return { name, in: 'query', description, isRequired: false, ...(values === undefined ? {} : { values }) };
}

/** A query parameter that the route does not have would be ignored silently. Throws ProblemError. */
export function checkQuery(route: ApiRoute, request: FastifyRequest): void {
  if (typeof request.query !== 'object' || request.query === null) return;
  const names = route.parameters.filter((parameter) => parameter.in === 'query').map((parameter) => parameter.name);
  const unknown = Object.keys(request.query).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const known = names.length === 0 ? 'this path has none' : `expected ${names.join(', ')}`;
  throw badArgument(`unknown query parameter ${JSON.stringify(unknown)}; ${known}`);
}

/** A path parameter of the request; Fastify has decoded it. */
export function readPathParameter(request: FastifyRequest, name: string): string {
  return readText(request.params, name) ?? '';
}

/** A query parameter; the last one when it is given twice. */
export function readQueryParameter(request: FastifyRequest, name: string): string | undefined {
  return readText(request.query, name);
}

function readText(values: unknown, name: string): string | undefined {
  if (typeof values !== 'object' || values === null) return undefined;
  const value: unknown = Object.entries(values).find(([key]) => key === name)?.[1];
  const last: unknown = Array.isArray(value) ? value.at(-1) : value;
  return typeof last === 'string' ? last : undefined;
}
