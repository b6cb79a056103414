// A process of its own in the peers' network namespace: the generator and the receiver of one run. Started by load.ts as
//   node table-peers.ts ROUTES SEED TRANSIT
// It says `established`, waits for `start`, sends the table, says `received` when enough prefixes were counted (the bench
// reads the device's memory then), and verifies afterwards. If something is still missing it goes on reading.

import { BenchError } from './bench-error.ts';
import { encodeTable } from './encode.ts';
import { parseCommand } from './messages.ts';
import type { Report } from './messages.ts';
import { generatorPlan, receiverPlan } from './plan.ts';
import { probe, probeCount, rehearse } from './probe.ts';
import { openSession } from './session.ts';
import { Verifier } from './verify.ts';
import type { Transit } from './verify.ts';
import { buildWorkload } from './workload.ts';

const holdTimeSec = 180;
/** Nothing new for so long: what is missing then will not come. */
const silenceLimitMs = 60_000;
/** After the last prefix was counted: time for what should not come (a withdrawal, a correction) to come. */
const afterthoughtMs = 1000;

async function main(): Promise<void> {
  const [routes, seed, transitName] = process.argv.slice(2);
  const transit: Transit = transitName === 'unchanged' ? 'unchanged' : 'ebgp';
  const workload = buildWorkload(Number(routes), Number(seed));
  const table = encodeTable(workload);
  const verifier = new Verifier(workload, transit);

  await rehearse();
  const [receiver, generator] = await Promise.all([
    openSession({
      plan: receiverPlan,
      holdTimeSec,
      keepsBytes: true,
      capacityBytes: (1 << 20) + workload.routeCount * 160,
    }),
    openSession({ plan: generatorPlan, holdTimeSec, keepsBytes: false, capacityBytes: 1 << 20 }),
  ]);

  let lastReadMs = 0;
  let sentMs = 0;
  let countWhenVerified = 0;
  const failed = (error: BenchError): void => fail(error.message);
  receiver.onEnd = failed;
  generator.onEnd = failed;

  // Verifying blocks this thread, so it waits for the count, and starts only after the bench was told.
  const check = (isFinal: boolean): void => {
    countWhenVerified = receiver.log.prefixes;
    const verdict = verifier.verify(receiver.log);
    if (verdict.missing > 0 && !isFinal) {
      setTimeout(watch, afterthoughtMs);
      return;
    }
    send({ type: 'verdict', sentMs, verdict });
  };
  const watch = (): void => {
    const isSilent = performance.now() - lastReadMs > silenceLimitMs;
    const isNew = receiver.log.prefixes > countWhenVerified;
    if (receiver.log.prefixes >= workload.routeCount && isNew) {
      send({ type: 'received', atMs: lastReadMs });
      setTimeout(check, afterthoughtMs, false);
    } else if (isSilent) check(true);
    else setTimeout(watch, 20);
  };
  let isCounted = false;
  receiver.onRead = (atMs) => {
    lastReadMs = atMs;
    if (isCounted || receiver.log.prefixes < workload.routeCount) return;
    isCounted = true;
    watch();
  };

  process.on('message', (message) => {
    const command = parseCommand(message);
    if (command === 'finish') process.exit(0);
    if (command === 'probe') {
      probe(generator, receiver).then(
        (delaysMs) => send({ type: 'probed', delaysMs, sent: probeCount }),
        (error: unknown) => fail(String(error)),
      );
      return;
    }
    sentMs = performance.now();
    lastReadMs = sentMs;
    generator.write(table);
    const guard = setInterval(() => {
      if (isCounted) clearInterval(guard);
      else if (performance.now() - lastReadMs > silenceLimitMs) {
        isCounted = true;
        clearInterval(guard);
        check(true);
      }
    }, 1000);
  });
  send({ type: 'established' });
}

function send(report: Report): void {
  process.send?.(report);
}

function fail(message: string): void {
  send({ type: 'failed', message });
}

process.on('disconnect', () => process.exit(1));
process.on('uncaughtException', (error) => fail(error.stack ?? error.message));
main().catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)));
