// The scenario "busy": while the table loads, three HTTP clients fetch all of it as JSON over and over, and a third session
// with a hold time of 9 s watches its KEEPALIVEs. Every round is run twice, without and with the clients, because the memory
// of the answers is the difference. Only this project's speaker is judged: no other one has this API.

import { setTimeout as sleep } from 'node:timers/promises';

import type { PeerProcess } from './child.ts';
import type { Cleanup } from './cleanup.ts';
import { waggle, waggleApiPort, waggleMetricsPort } from './devices/waggle.ts';
import type { Limit } from './limit.ts';
import { load, settleMs } from './load.ts';
import type { Report } from './messages.ts';
import type { Options } from './options.ts';
import { tablePlan } from './plan.ts';
import { readUsage } from './process-usage.ts';
import { formatSpread, spreadOf } from './spread.ts';
import type { Spread } from './spread.ts';
import { withStage } from './stage.ts';

const clientCount = 3;
/** Long enough for three KEEPALIVEs even if the load takes a moment. */
const leastWatchMs = 12_000;

const gapLimitMs = 3500;
const delayLimitSec = 0.05;
const extraLimitBytes = 64 << 20;
const mebibyte = 1 << 20;

interface BusyRun {
  readonly seconds: number;
  readonly correct: number;
  readonly longestGapMs: number;
  readonly keepalives: number;
  readonly p99DelaySec: number | null;
  readonly peakRssBytes: number;
  /** All are whole: one that began during the load is the table of that moment. */
  readonly answers: number;
  /** With every route. */
  readonly completeAnswers: number;
  readonly answerBytes: number;
}

export interface BusyResult {
  readonly routes: number;
  readonly without: readonly BusyRun[];
  readonly with: readonly BusyRun[];
}

export async function runBusy(
  options: Options,
  cleanup: Cleanup,
  progress: (line: string) => void,
): Promise<BusyResult> {
  const runs: { without: BusyRun[]; with: BusyRun[] } = { without: [], with: [] };
  for (let round = 1; round <= options.runs; round += 1) {
    progress(`busy ${round} of ${options.runs}: load alone`);
    runs.without.push(await runOnce(options, cleanup, 0));
    progress(`busy ${round} of ${options.runs}: load and ${clientCount} clients`);
    runs.with.push(await runOnce(options, cleanup, clientCount));
  }
  return { routes: options.routes, ...runs };
}

function runOnce(options: Options, cleanup: Cleanup, clients: number): Promise<BusyRun> {
  return withStage(waggle, tablePlan, cleanup, async (stage) => {
    const peers = stage.startPeer('peers', 'table-peers.ts', options.routes, options.seed, waggle.transit);
    const watcher = stage.startPeer('peers', 'watcher.ts');
    const queries = stage.startPeer('device', 'query-clients.ts', clients, waggleApiPort, waggleMetricsPort);
    await Promise.all([peers.next(), watcher.next()]);
    await sleep(settleMs);

    const startedMs = performance.now();
    watcher.send({ type: 'start' });
    queries.send({ type: 'start' });
    const loaded = await load(stage.device.pid, options.routes, peers);
    queries.send({ type: 'finish' });
    const fetched = await nextOf(queries, 'fetched');
    await sleep(Math.max(0, leastWatchMs - (performance.now() - startedMs)));
    watcher.send({ type: 'finish' });
    const watched = await nextOf(watcher, 'watched');
    return {
      seconds: loaded.seconds,
      correct: loaded.verdict.correct,
      longestGapMs: watched.longestGapMs,
      keepalives: watched.keepalives,
      p99DelaySec: fetched.p99DelaySec,
      peakRssBytes: readUsage(stage.device.pid).peakRssBytes,
      answers: fetched.answers.length,
      completeAnswers: fetched.answers.filter((answer) => answer.routes === options.routes).length,
      answerBytes: Math.max(0, ...fetched.answers.map((answer) => answer.bytes)),
    };
  });
}

async function nextOf<Type extends Report['type']>(
  peer: PeerProcess,
  type: Type,
): Promise<Extract<Report, { readonly type: Type }>> {
  for (;;) {
    const report = await peer.next();
    if (isReportOf(report, type)) return report;
  }
}

function isReportOf<Type extends Report['type']>(
  report: Report,
  type: Type,
): report is Extract<Report, { readonly type: Type }> {
  return report.type === type;
}

export function formatBusy(result: BusyResult): string {
  const spread = (runs: readonly BusyRun[], pick: (run: BusyRun) => number, digits: number): string =>
    formatSpread(spreadOf(runs.map(pick)), digits);
  const lines = [
    '| waggle while the table loads | table in and out, s | longest wait for a KEEPALIVE, s | p99 event-loop delay, ms | peak RSS, MiB | answers, all whole; with the complete table | largest answer, MiB |',
    '| --- | --- | --- | --- | --- | --- | --- |',
  ];
  for (const [name, runs] of [
    ['nobody asks', result.without],
    [`${clientCount} clients fetch the table`, result.with],
  ] as const) {
    const cells = [
      name,
      spread(runs, (run) => run.seconds, 2),
      spread(runs, (run) => run.longestGapMs / 1000, 2),
      runs.some((run) => run.p99DelaySec === null)
        ? 'not published'
        : spread(runs, (run) => (run.p99DelaySec ?? 0) * 1000, 1),
      spread(runs, (run) => run.peakRssBytes / mebibyte, 0),
      `${spread(runs, (run) => run.answers, 0)}; ${spread(runs, (run) => run.completeAnswers, 0)}`,
      spread(runs, (run) => run.answerBytes / mebibyte, 0),
    ];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  return lines.join('\n');
}

export function judgeBusy(result: BusyResult): Limit[] {
  const all = [...result.without, ...result.with];
  const gapMs = Math.max(...all.map((run) => run.longestGapMs));
  const delays = all.map((run) => run.p99DelaySec);
  const worstDelay = delays.includes(null) ? undefined : Math.max(...delays.map((delay) => delay ?? 0));
  const peak = (runs: readonly BusyRun[]): Spread => spreadOf(runs.map((run) => run.peakRssBytes));
  const extra = peak(result.with).median - peak(result.without).median;
  const fewest = Math.min(...result.with.map((run) => run.completeAnswers));
  return [
    {
      claim: 'every prefix is right while clients ask',
      measured: `${Math.min(...all.map((run) => run.correct))} of ${result.routes}`,
      isMet: all.every((run) => run.correct === result.routes),
    },
    {
      claim: `each of the ${clientCount} clients got the complete table, and no answer was broken off`,
      measured: `${fewest} complete tables in the worst run`,
      isMet: fewest >= clientCount,
    },
    {
      claim: `hold time 9 s: no wait for a KEEPALIVE over ${gapLimitMs / 1000} s in any run`,
      measured: `${(gapMs / 1000).toFixed(2)} s`,
      isMet: gapMs <= gapLimitMs,
    },
    {
      claim: `p99 event-loop delay of the speaker at most ${delayLimitSec * 1000} ms in every run`,
      measured: worstDelay === undefined ? 'the metric is not published' : `${(worstDelay * 1000).toFixed(1)} ms`,
      isMet: worstDelay !== undefined && worstDelay <= delayLimitSec,
    },
    {
      claim: `the answers cost at most ${extraLimitBytes / mebibyte} MiB (median of the peaks with, less without)`,
      measured: `${(extra / mebibyte).toFixed(0)} MiB`,
      isMet: extra <= extraLimitBytes,
    },
  ];
}
