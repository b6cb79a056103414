// `npm run bench:bgp`: this project's speaker beside BIRD, FRR and GoBGP, each in a network namespace of its own, loading one
// table from one eBGP peer and sending it to another. Prints Markdown (or JSON) and PASS or FAIL for every limit; exit code 1
// if one fails, 2 if the bench could not run. Progress goes to stderr.

import process from 'node:process';

import { BenchError } from './bench-error.ts';
import { formatBusy, judgeBusy, runBusy } from './busy.ts';
import type { BusyResult } from './busy.ts';
import { Cleanup } from './cleanup.ts';
import { devices } from './devices/index.ts';
import type { Device } from './devices/device.ts';
import { fanoutPeers, fanoutRoutes, formatFanout, judgeFanout, runFanout, summarizeFanout } from './fanout.ts';
import type { FanoutRow, FanoutRun } from './fanout.ts';
import { waggle } from './devices/waggle.ts';
import { formatLimit } from './limit.ts';
import type { Limit } from './limit.ts';
import { runLoad } from './load.ts';
import type { LoadResult } from './load.ts';
import { sweepLeftovers } from './leftovers.ts';
import { describeMachine } from './machine.ts';
import { parseOptions, usage } from './options.ts';
import type { Options, Scenario } from './options.ts';
import { formatTable, judgeTable, summarize } from './table-report.ts';
import type { TableRow } from './table-report.ts';

/** A device and its version. */
type FoundDevice = readonly [Device, string];

async function main(options: Options): Promise<number> {
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  if (process.getuid?.() !== 0) throw new BenchError('network namespaces need root');
  const cleanup = new Cleanup();
  sweepLeftovers();
  try {
    const present = findDevices(options);
    tell(options, describeRun(options));
    const rows = isAsked(options, 'table') ? await benchTable(options, present, cleanup) : [];
    if (rows.length > 0) tell(options, formatTable(rows));
    const fanout = isAsked(options, 'fanout') ? await benchFanout(options, present, cleanup) : [];
    if (fanout.length > 0) tell(options, formatFanout(fanout));
    const hasOwn = present.some(([device]) => device === waggle);
    if (options.scenario === 'busy' && !hasOwn) throw new BenchError('the scenario busy needs waggle');
    const busy = isAsked(options, 'busy') && hasOwn ? await runBusy(options, cleanup, progress) : undefined;
    if (busy !== undefined) tell(options, formatBusy(busy));
    return report(options, rows, fanout, busy);
  } finally {
    cleanup.run();
  }
}

async function benchTable(options: Options, present: readonly FoundDevice[], cleanup: Cleanup): Promise<TableRow[]> {
  const results = new Map<Device, LoadResult[]>(present.map(([device]) => [device, []]));
  for (let run = 1; run <= options.runs; run += 1) {
    for (const [device, ofDevice] of results) {
      progress(`round ${run} of ${options.runs}: ${device.name}, ${options.routes} routes`);
      const result = await runLoad(device, options.routes, options.seed, cleanup);
      ofDevice.push(result);
      const p99 = result.probes === undefined ? '' : `; one prefix: p99 ${result.probes.p99Ms.toFixed(2)} ms`;
      progress(`  ${result.seconds.toFixed(2)} s, ${result.verdict.correct} of ${options.routes} right${p99}`);
    }
  }
  return present.map(([device, version]) => summarize(device, version, results.get(device) ?? []));
}

async function benchFanout(options: Options, present: readonly FoundDevice[], cleanup: Cleanup): Promise<FanoutRow[]> {
  // The relay knows no BGP: it cannot tell a hundred peers apart.
  const speakers = present.filter(([device]) => device.transit === 'ebgp');
  const results = new Map<Device, FanoutRun[]>(speakers.map(([device]) => [device, []]));
  for (let run = 1; run <= options.runs; run += 1) {
    for (const [device, ofDevice] of results) {
      progress(`round ${run} of ${options.runs}: ${device.name}, ${fanoutPeers} peers`);
      const result = await fanOut(device, cleanup);
      ofDevice.push(result);
      progress(`  ${result.seconds.toFixed(2)} s, ${result.correct} of ${result.expected} right`);
    }
  }
  return speakers.map(([device, version]) => summarizeFanout(device, version, results.get(device) ?? []));
}

/** Another speaker that did not bring all sessions up in time gets two more chances; ours has none. */
async function fanOut(device: Device, cleanup: Cleanup): Promise<FanoutRun> {
  for (let chances = device === waggle ? 0 : 2; ; chances -= 1) {
    try {
      return await runFanout(device, fanoutPeers, fanoutRoutes, cleanup);
    } catch (error) {
      if (!(error instanceof BenchError) || chances === 0) throw error;
      progress(`  ${error.message}: the round begins anew`);
    }
  }
}

function isAsked(options: Options, scenario: Scenario): boolean {
  return options.scenario === scenario || options.scenario === 'all';
}

function findDevices(options: Options): FoundDevice[] {
  const present: FoundDevice[] = [];
  for (const name of options.deviceNames) {
    const device = devices.get(name);
    const version = device?.findVersion();
    if (device !== undefined && version !== undefined) present.push([device, version]);
    else if (options.areDevicesNamed || device === waggle) throw new BenchError(`${name} does not run here`);
    else progress(`${name} is not installed: left out`);
  }
  if (present.length === 0) throw new BenchError('no device is installed');
  return present;
}

function report(
  options: Options,
  rows: readonly TableRow[],
  fanout: readonly FanoutRow[],
  busy: BusyResult | undefined,
): number {
  const limits: Limit[] = [...judgeTable(rows), ...judgeFanout(fanout), ...(busy === undefined ? [] : judgeBusy(busy))];
  if (options.json) {
    const { routes, runs, seed } = options;
    const machine = describeMachine();
    process.stdout.write(`${JSON.stringify({ machine, routes, runs, seed, rows, fanout, busy, limits }, null, 2)}\n`);
  } else process.stdout.write(`${limits.map(formatLimit).join('\n')}\n`);
  return limits.some((limit) => limit.isMet === false) ? 1 : 0;
}

function describeRun({ routes, runs }: Options): string {
  return `${routes} IPv4 routes, ${runs} runs, median (least–most); ${describeMachine()}`;
}

/** Each scenario's table when it is done: a device that fails in a later one takes nothing along. */
function tell(options: Options, markdown: string): void {
  if (!options.json) process.stdout.write(`${markdown}\n\n`);
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

try {
  process.exitCode = await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  if (error instanceof BenchError) process.stderr.write(`bench: ${error.message}\n${error.details}\n`);
  else process.stderr.write(`bench: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 2;
}
