// A scene of the restart lab: something is killed or stopped while a client pings the servers and the wire is recorded, until all
// routers have found each other again. What may not have happened meanwhile is listed as wrong.
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LabPaths, nodePaths } from '../paths.ts';
import { linkAddresses, observer, restart, serverAddresses, type Site } from '../topologies/restart.ts';
import { endsOf, hostPart } from '../topology.ts';
import { type BgpFrame, complaintsOf, record } from '../wire.ts';
import type { Seen } from './check.ts';
import { type PingCount, startPings } from './pings.ts';
import { waitUntilSettled } from './restart-settled.ts';

/** To each address, at least. */
export const pingCount = 1000;
/** How many of them before anything happens. */
const pingsBefore = 200;
/** For what comes after the last End-of-RIB and is swept because of it. */
const afterglowMs = 500;

export type Scene = {
  /** BGP that Waggle sent, on all links. */
  readonly sent: readonly BgpFrame[];
  readonly pings: readonly PingCount[];
  readonly wrong: readonly string[];
};

type Script = {
  /** Whose servers are pinged, in both families. */
  readonly pinged: readonly Site[];
  readonly act: () => Promise<void>;
  /** Prefixes that the observer shall be told to forget, by address; every other withdrawal is wrong. */
  readonly withdraws?: readonly string[];
};

const ours = new Set(endsOf(restart, 'waggle').flatMap((end) => end.addresses.map(hostPart)));

export async function play(lab: LabPaths, { pinged, act, withdraws = [] }: Script): Promise<Scene> {
  const before = await waitUntilSettled(lab);
  if (!before.isOk) return { sent: [], pings: [], wrong: [`before: ${before.seen}`] };
  const heard = watchWithdrawals(lab);
  const recording = await record(lab, restart, ['waggle']);
  const pinging = startPings(lab, 'client', pinged.flatMap(serverAddresses));
  let back: Seen;
  try {
    await pinging.haveSent(pingsBefore);
    await act();
    back = await waitUntilSettled(lab);
    await sleep(afterglowMs);
    await pinging.haveSent(pingCount);
  } catch (error) {
    await Promise.allSettled([pinging.stop(), recording.stop()]);
    throw error;
  }
  const [pings, frames] = await Promise.all([pinging.stop(), recording.stop()]);
  const sent = frames.filter((frame) => ours.has(frame.source));
  const wrong = [
    ...pings.flatMap(({ address, sent: count, lost }) => [
      ...(lost === 0 ? [] : [`${lost} of ${count} pings to ${address} lost`]),
      ...(count >= pingCount ? [] : [`only ${count} pings to ${address}`]),
    ]),
    ...judgeWithdrawals(withdrawalsOf(sent), heard(), withdraws),
    ...complaintsOf(sent).map((complaint) => `tshark says of ${complaint}`),
    ...(back.isOk ? [] : [`afterwards: ${back.seen}`]),
  ];
  return { sent, pings, wrong };
}

/** `0 of 4212 pings lost`. */
export function tellPings(scenes: readonly Scene[]): string {
  const all = scenes.flatMap(({ pings }) => pings);
  const total = (of: 'lost' | 'sent'): number => all.reduce((count, ping) => count + ping[of], 0);
  return `${total('lost')} of ${total('sent')} pings lost`;
}

/** Addresses of prefixes that Waggle withdrew at the observer, on any of its sessions. */
export function withdrawalsOf(
  sent: readonly BgpFrame[],
): readonly { readonly address: string; readonly atMs: number }[] {
  const observed = new Set(linkAddresses(observer.link).router);
  return sent
    .filter((frame) => observed.has(frame.destination))
    .flatMap(({ withdrawn, atMs }) => withdrawn.map((address) => ({ address, atMs })));
}

/** What was on the wire against what is expected, and against what the observer's bgpd wrote down. */
function judgeWithdrawals(
  onTheWire: ReturnType<typeof withdrawalsOf>,
  written: readonly string[],
  expected: readonly string[],
): readonly string[] {
  const addresses = onTheWire.map(({ address }) => address).toSorted();
  const isRight = String(addresses) === String(expected.toSorted()) && written.length === expected.length;
  return isRight
    ? []
    : [
        `withdrawals at the observer: ${addresses.join(' ') || 'none'} on the wire, ${written.length} in its log ` +
          `(${written.slice(0, 3).join('; ')}), expected ${expected.join(' ') || 'none'}`,
      ];
}

/** From now on: the lines in which the observer's bgpd tells of a withdrawal. */
function watchWithdrawals(lab: LabPaths): () => readonly string[] {
  const file = join(nodePaths(lab, observer.router).logs, 'bgpd.log');
  const from = statSync(file).size;
  return () => {
    const bytes = Buffer.alloc(Math.max(0, statSync(file).size - from));
    const descriptor = openSync(file, 'r');
    try {
      readSync(descriptor, bytes, 0, bytes.length, from);
    } finally {
      closeSync(descriptor);
    }
    return bytes
      .toString('utf8')
      .split('\n')
      .filter((line) => /UPDATE about .* -- withdrawn/.test(line));
  };
}
