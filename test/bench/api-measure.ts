// The course of the API server's bench: a server that is not started yet is filled, started again, listed and watched, so many times each.

import type { ServerProcess } from '../apiserver/server-process.ts';
import { ApiLoad } from './api-load.ts';
import type { ApiResult } from './api-report.ts';
import { readUsage } from './process-usage.ts';

export async function measureApi(
  server: ServerProcess,
  { objects, runs }: { readonly objects: number; readonly runs: number },
  progress: (line: string) => void,
): Promise<ApiResult> {
  const load = new ApiLoad(server, objects);
  await server.start();
  const repeat = async <Result>(what: string, run: (round: number) => Promise<Result>): Promise<readonly Result[]> => {
    const results: Result[] = [];
    for (let round = 1; round <= runs; round++) {
      progress(`${what}, ${round} of ${runs}`);
      results.push(await run(round));
    }
    return results;
  };
  progress(`${objects} objects are created`);
  const created = await load.create();
  const changed = await repeat('writes', (round) => load.change(Math.min(10_000, objects), round));
  const startMs = await repeat('starts', () => load.restart());
  const startedRssBytes = readUsage(server.pid).rssBytes;
  const lists = await repeat('lists', () => load.list());
  const watched = await repeat('watches', () => load.watch(200));
  const watchedWhileListing = await repeat('watches beside lists', () =>
    load.watch(50, async (isOver) => {
      while (!isOver()) await load.list();
    }),
  );
  const { rssBytes, peakRssBytes } = readUsage(server.pid);
  return {
    objects,
    created,
    changed,
    startMs,
    startedRssBytes,
    lists,
    watched,
    watchedWhileListing,
    rssBytes,
    peakRssBytes,
  };
}
