// The figures of the API server's bench as Markdown, and whether they are within the limits that the project has set itself.

import type { ListRun, Rate, WatchRun } from './api-load.ts';
import { watches, writers } from './api-load.ts';
import type { Limit } from './limit.ts';
import { formatSpread, type Spread, spreadOf } from './spread.ts';

export interface ApiResult {
  readonly objects: number;
  readonly created: Rate;
  readonly changed: readonly Rate[];
  readonly startMs: readonly number[];
  /** When it has started, before anybody asked. */
  readonly startedRssBytes: number;
  readonly lists: readonly ListRun[];
  readonly watched: readonly WatchRun[];
  readonly watchedWhileListing: readonly WatchRun[];
  readonly rssBytes: number;
  readonly peakRssBytes: number;
}

export function reportApi(result: ApiResult): string {
  const { created, lists, watched, watchedWhileListing } = result;
  const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
  const rows = [
    [`created, ${writers} clients`, `${Math.round(created.writes / created.seconds)} a second`],
    [`patched, ${writers} clients`, `${formatSpread(rates(result), 0)} a second`],
    ['from exec until it serves', `${formatSpread(seconds(result.startMs), 2)} s`],
    [
      `listed, ${mebibytes(lists[0].octets)}, read whole by the client`,
      `${formatSpread(seconds(lists.map(({ ms }) => ms)), 2)} s`,
    ],
    ['one write, on the disk and answered', `${formatSpread(atEach(watched, 'answeredMs', 0.5), 1)} ms`],
    [`and seen by the last of ${watches} watches`, `${formatSpread(atEach(watched, 'toldMs', 0.5), 1)} ms`],
    ['p99 of that', `${formatSpread(atEach(watched, 'toldMs', 0.99), 1)} ms`],
    ['while somebody lists everything', `${formatSpread(atEach(watchedWhileListing, 'toldMs', 0.5), 1)} ms`],
    ['memory after the start; at the end; at most', memoryOf(result).map(mebibytes).join('; ')],
  ];
  return ['| what | figure |', '|---|---|', ...rows.map(([what, figure]) => `| ${what} | ${figure} |`)].join('\n');
}

export function judgeApi(result: ApiResult): readonly Limit[] {
  const start = seconds(result.startMs);
  const list = seconds(result.lists.map(({ ms }) => ms));
  const told = atEach(result.watched, 'toldMs', 0.5);
  const rate = rates(result);
  return [
    {
      claim: 'a list of everything takes less than 1.5 s',
      measured: `${formatSpread(list, 2)} s`,
      isMet: list.median < 1.5,
    },
    {
      claim: `a write is on the disk and seen by ${watches} watches in less than 10 ms`,
      measured: `${formatSpread(told, 1)} ms`,
      isMet: told.median < 10,
    },
    { claim: '2,000 writes a second', measured: formatSpread(rate, 0), isMet: rate.median >= 2_000 },
    { claim: 'it serves within 3 s of its start', measured: `${formatSpread(start, 2)} s`, isMet: start.median < 3 },
  ];
}

function rates({ changed }: ApiResult): Spread {
  return spreadOf(changed.map(({ writes, seconds: taken }) => writes / taken));
}

function seconds(ms: readonly number[]): Spread {
  return spreadOf(ms.map((each) => each / 1_000));
}

function atEach(runs: readonly WatchRun[], what: keyof WatchRun, quantile: number): Spread {
  return spreadOf(runs.map((run) => run[what].toSorted((a, b) => a - b)[Math.floor(run[what].length * quantile)]));
}

function memoryOf({ startedRssBytes, rssBytes, peakRssBytes }: ApiResult): readonly number[] {
  return [startedRssBytes, rssBytes, peakRssBytes];
}
