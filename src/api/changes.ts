// The requests that change something: clear sessions, shut neighbors down (RFC 9003), drain them (RFC 8326), debug their messages. Served over the unix socket only; that TCP
// refuses them is access.ts's business, what they do is the speaker's.

import type { FastifyRequest } from 'fastify';
import { parseAddress } from '#bgp/net/address.ts';
import { type DebugKind, debugKinds } from '#bgp/views.ts';
import type { ClearKind } from '#speaker/port.ts';
import { badArgument, noSuchNeighbor } from './problem.ts';
import { type ApiRoute, pathParameter, readPathParameter, type RouteContext } from './route.ts';

/** RFC 9003 §2: the message of an administrative shutdown is at most 255 octets of UTF-8. */
const MAX_SHUTDOWN_TEXT_BYTES = 255;

/** Canonical text, as the speaker names its neighbors; undefined: all of them. */
function readTarget(request: FastifyRequest): string | undefined {
  const text = readPathParameter(request, 'address');
  if (text === '*' || text === 'all') return undefined;
  const [host, ...zone] = text.split('%');
  const address = parseAddress(host);
  if (address === undefined) throw badArgument(`${text} is not an IPv4 or IPv6 address, nor * or all`);
  return [address.toString(), ...zone].join('%');
}

async function clear(context: RouteContext, request: FastifyRequest, kind: ClearKind): Promise<object> {
  const address = readTarget(request);
  const cleared = await context.deps.speaker.clear(address, kind);
  if (address !== undefined && cleared.length === 0) throw noSuchNeighbor(address);
  return { cleared };
}

function readMessage(body: unknown): string | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body !== 'object' || Array.isArray(body)) throw badArgument('the body is not a JSON object');
  for (const [key, value] of Object.entries(body)) {
    if (key !== 'message') throw badArgument(`unknown field ${JSON.stringify(key)}; expected message`);
    if (typeof value !== 'string') throw badArgument('message is not a text');
    const bytes = Buffer.byteLength(value, 'utf8');
    if (bytes > MAX_SHUTDOWN_TEXT_BYTES) {
      throw badArgument(`message is ${bytes} octets long; at most ${MAX_SHUTDOWN_TEXT_BYTES} fit (RFC 9003)`);
    }
    return value === '' ? undefined : value;
  }
  return undefined;
}

/** Changes one neighbor, or each that there is now; one that has gone meanwhile needs it no more. */
async function forEach(
  { deps }: RouteContext,
  address: string | undefined,
  change: (neighbor: string) => Promise<boolean>,
): Promise<void> {
  if (address !== undefined) {
    if (!(await change(address))) throw noSuchNeighbor(address);
    return;
  }
  const instances = await deps.speaker.instances();
  const addresses = new Set(instances.flatMap(({ neighbors }) => neighbors.map((neighbor) => neighbor.address)));
  for (const neighbor of addresses) await change(neighbor);
}

async function setShutdown(context: RouteContext, request: FastifyRequest, isShutdown: boolean): Promise<object> {
  const address = readTarget(request);
  const message = isShutdown ? readMessage(request.body) : undefined;
  await forEach(context, address, (neighbor) => context.deps.speaker.shutdown(neighbor, isShutdown, message));
  return { neighbor: address ?? '*', shutdown: isShutdown };
}

async function drain(context: RouteContext, request: FastifyRequest, isDraining: boolean): Promise<object> {
  const address = readTarget(request);
  const isKnown = await context.deps.speaker.drain(address, isDraining);
  if (address !== undefined && !isKnown) throw noSuchNeighbor(address);
  return { neighbor: address ?? '*', draining: isDraining };
}

async function setDebug(context: RouteContext, request: FastifyRequest): Promise<object> {
  const address = readTarget(request);
  const asked = readPathParameter(request, 'kinds');
  const kinds = asked === 'off' ? [] : asked === 'all' ? debugKinds : asked.split(',').map(readDebugKind);
  await forEach(context, address, (neighbor) => context.deps.speaker.debug(neighbor, kinds));
  return { neighbor: address ?? '*', debug: kinds };
}

function readDebugKind(text: string): DebugKind {
  const kind = debugKinds.find((known) => known === text);
  if (kind === undefined)
    throw badArgument(`${text} is no kind of message: all, off, or some of ${debugKinds.join(', ')}`);
  return kind;
}

const kinds = pathParameter('kinds', 'all, off, or some of open, update, keepalive, notification, route-refresh');
const address = pathParameter('address', 'the neighbor, or * or all for all of them');
const clearedSchema = {
  type: 'object',
  properties: { cleared: { type: 'array', items: { type: 'string' } } },
  required: ['cleared'],
};
const shutdownSchema = {
  type: 'object',
  properties: { neighbor: { type: 'string' }, shutdown: { type: 'boolean' } },
  required: ['neighbor', 'shutdown'],
};

const drainSchema = {
  type: 'object',
  properties: { neighbor: { type: 'string' }, draining: { type: 'boolean' } },
  required: ['neighbor', 'draining'],
};
const debugSchema = {
  type: 'object',
  properties: { neighbor: { type: 'string' }, debug: { type: 'array', items: { type: 'string' } } },
  required: ['neighbor', 'debug'],
};

function drainRoute(verb: 'drain' | 'undrain', summary: string): ApiRoute {
  return {
    method: 'POST',
    path: `/bgp/${verb}/:address`,
    summary,
    parameters: [address],
    answer: drainSchema,
    isChange: true,
    handle: (context, request) => drain(context, request, verb === 'drain'),
  };
}

function clearRoute(path: string, summary: string, kind: ClearKind): ApiRoute {
  return {
    method: 'POST',
    path,
    summary,
    parameters: [address],
    answer: clearedSchema,
    isChange: true,
    handle: (context, request) => clear(context, request, kind),
  };
}

export const changeRoutes: readonly ApiRoute[] = [
  clearRoute('/clear/bgp/:address', 'Reset the session', 'hard'),
  clearRoute('/clear/bgp/:address/soft', 'Apply the policies again in both directions', 'soft'),
  clearRoute('/clear/bgp/:address/soft/in', 'Apply the import policy again', 'soft-in'),
  clearRoute('/clear/bgp/:address/soft/out', 'Send everything again', 'soft-out'),
  {
    method: 'POST',
    path: '/bgp/shutdown/:address',
    summary: 'Shut the neighbor down, with an optional message to it (RFC 9003)',
    parameters: [address],
    body: {
      type: 'object',
      properties: {
        message: { type: 'string', description: 'told to the peer (RFC 9003): at most 255 octets of UTF-8' },
      },
      additionalProperties: false,
    },
    answer: shutdownSchema,
    isChange: true,
    handle: (context, request) => setShutdown(context, request, true),
  },
  drainRoute('drain', 'Announce everything with GRACEFUL_SHUTDOWN, so that traffic leaves (RFC 8326)'),
  drainRoute('undrain', 'End that'),
  {
    method: 'POST',
    path: '/bgp/debug/:address/:kinds',
    summary: 'Log the messages of a neighbor as they come and go',
    parameters: [address, kinds],
    answer: debugSchema,
    isChange: true,
    handle: setDebug,
  },
  {
    method: 'POST',
    path: '/bgp/no-shutdown/:address',
    summary: 'End the shutdown',
    parameters: [address],
    answer: shutdownSchema,
    isChange: true,
    handle: (context, request) => setShutdown(context, request, false),
  },
];
