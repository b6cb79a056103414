// A process of its own in the peers' network namespace: many peers, each of which announces its own prefixes and has to get those
// of all the others. Started by fanout.ts as
//   node fanout-peers.ts PEERS ROUTES
// It says `established`, waits for `start`, and says `fanned` when everybody has everything, when nothing came
// for a while, or when it takes too long.

import { setTimeout as sleep } from 'node:timers/promises';

import { encodeRoutes } from './encode.ts';
import { parseCommand } from './messages.ts';
import type { Report } from './messages.ts';
import { deviceAsn, fanoutPlan } from './plan.ts';
import type { PeerPlan } from './plan.ts';
import { readUint16, readUint32 } from './frame-log.ts';
import { openSession } from './session.ts';
import type { Session } from './session.ts';

const holdTimeSec = 180;
const silenceLimitMs = 60_000;
/** A device that is not done by then is cut off, and its time is this or more: some take many minutes. */
const roundLimitMs = 60_000;
const prefixesAMessage = 100;
/** Routes are numbered peer by peer from 11.0.0.0, a /28 each: a hundred peers' thousands end before 12.0.0.0. */
const firstAddress = 0x0b000000;
const prefixLength = 28;
const span = 2 ** (32 - prefixLength);
const maxFaults = 5;

function addressOf(peer: number, route: number, routes: number): number {
  return firstAddress + (peer * routes + route) * span;
}

async function main(): Promise<void> {
  const [peerCount, routes] = process.argv.slice(2).map(Number);
  const { peers } = fanoutPlan(peerCount);
  const expectedEach = (peerCount - 1) * routes;
  const capacityBytes = (1 << 16) + expectedEach * 8;
  let lastReadMs = 0;
  const sessions = await Promise.all(
    peers.map((plan) => openSession({ plan, holdTimeSec, keepsBytes: true, capacityBytes })),
  );
  for (const session of sessions) {
    session.onEnd = (error) => send({ type: 'failed', message: error.message });
    session.onRead = (atMs) => {
      lastReadMs = atMs;
    };
  }
  process.on('message', (message) => {
    if (parseCommand(message) === 'finish') process.exit(0);
    const startMs = performance.now();
    lastReadMs = startMs;
    for (const [index, session] of sessions.entries()) {
      for (let from = 0; from < routes; from += prefixesAMessage) {
        const count = Math.min(prefixesAMessage, routes - from);
        const addresses = Array.from({ length: count }, (_, offset) => addressOf(index, from + offset, routes));
        session.write(encodeRoutes(peers[index], addresses, prefixLength));
      }
    }
    finish(sessions, peers, routes, startMs, () => lastReadMs).catch((error: unknown) => fail(error));
  });
  send({ type: 'established' });
}

async function finish(
  sessions: readonly Session[],
  peers: readonly PeerPlan[],
  routes: number,
  startMs: number,
  lastReadMs: () => number,
): Promise<void> {
  const expectedEach = (sessions.length - 1) * routes;
  const expected = expectedEach * sessions.length;
  const isOver = (): boolean =>
    performance.now() - startMs >= roundLimitMs || performance.now() - lastReadMs() >= silenceLimitMs;
  // Who sends a route twice, or back to where it came from, is counted too early: then the rest is waited for.
  for (let wanted = expectedEach; ; wanted += 1) {
    while (sessions.some((session) => session.log.prefixes < wanted) && !isOver()) await sleep(10);
    const isCut = performance.now() - startMs >= roundLimitMs;
    const seconds = ((isCut ? performance.now() : lastReadMs()) - startMs) / 1000;
    const faults: string[] = [];
    let correct = 0;
    for (const [index, session] of sessions.entries()) correct += verify(session, index, peers, routes, faults);
    if (correct < expected && !isOver()) continue;
    send({ type: 'fanned', seconds, isCut, correct, expected, faults: faults.slice(0, maxFaults) });
    return;
  }
}

/** Routes that one peer has in the end, from their origin, by way of the device, and with its next hop. */
function verify(
  session: Session,
  reader: number,
  peers: readonly PeerPlan[],
  routes: number,
  faults: string[],
): number {
  const bytes = session.log.received;
  const seen = new Uint8Array(peers.length * routes);
  let at = 0;
  while (at + 19 <= bytes.length) {
    const end = at + readUint16(bytes, at + 16);
    // A device that was cut off may be in the middle of a message.
    if (end > bytes.length) break;
    if (bytes[at + 18] === 2) readUpdate(bytes, at + 19, end, { seen, peers, routes, faults });
    at = end;
  }
  let correct = 0;
  for (let route = 0; route < seen.length; route += 1) {
    const isOwn = Math.floor(route / routes) === reader;
    // Some speakers send a route back to where it came from; that it is there does no harm, and does not count.
    if (isOwn) continue;
    if (seen[route] === 1) correct += 1;
    else if (faults.length < maxFaults) faults.push(`peer ${reader} lacks route ${route}`);
  }
  return correct;
}

interface Reading {
  readonly seen: Uint8Array;
  readonly peers: readonly PeerPlan[];
  readonly routes: number;
  readonly faults: string[];
}

function readUpdate(bytes: Buffer, start: number, end: number, { seen, peers, routes, faults }: Reading): void {
  const withdrawnEnd = start + 2 + readUint16(bytes, start);
  for (let at = start + 2; at < withdrawnEnd; at += 1 + ((bytes[at] + 7) >> 3)) {
    const route = routeAt(bytes, at);
    if (route >= 0 && route < seen.length) seen[route] = 0;
  }
  const attributesEnd = withdrawnEnd + 2 + readUint16(bytes, withdrawnEnd);
  const path = readPath(bytes, withdrawnEnd + 2, attributesEnd);
  for (let at = attributesEnd; at < end; at += 1 + ((bytes[at] + 7) >> 3)) {
    const route = routeAt(bytes, at);
    const origin = Math.floor(route / routes);
    if (route < 0 || route >= seen.length || path !== `${deviceAsn} ${peers[origin].asn}`) {
      if (faults.length < maxFaults) faults.push(`route ${route} with path ${path}`);
    } else seen[route] = 1;
  }
}

function readPath(bytes: Buffer, start: number, end: number): string {
  for (let at = start; at + 3 <= end;) {
    const isLong = (bytes[at] & 0x10) !== 0;
    const length = isLong ? readUint16(bytes, at + 2) : bytes[at + 2];
    const value = at + (isLong ? 4 : 3);
    if (bytes[at + 1] === 2) {
      const count = bytes[value + 1];
      return Array.from({ length: count }, (_, index) => readUint32(bytes, value + 2 + index * 4)).join(' ');
    }
    at = value + length;
  }
  return 'none';
}

/** Number of the route at a prefix; -1 for what nobody announced. */
function routeAt(bytes: Buffer, at: number): number {
  if (bytes[at] !== prefixLength) return -1;
  return (readUint32(bytes, at + 1) - firstAddress) / span;
}

function send(report: Report): void {
  process.send?.(report);
}

function fail(error: unknown): void {
  send({ type: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}

process.on('disconnect', () => process.exit(1));
process.on('uncaughtException', fail);
main().catch(fail);
