// A process of its own in the peers' network namespace: the third session, with a hold time of 9 s, that does nothing but
// note when KEEPALIVEs come (every 3 s, RFC 4271 §4.4). It says `established`, and on `finish` the longest wait so far,
// the one that still lasts included.

import { encodeKeepalive } from './encode.ts';
import { parseCommand } from './messages.ts';
import type { Report } from './messages.ts';
import { watcherPlan } from './plan.ts';
import { openSession } from './session.ts';

const watcherHoldTimeSec = 9;

async function main(): Promise<void> {
  const session = await openSession({
    plan: watcherPlan,
    holdTimeSec: watcherHoldTimeSec,
    keepsBytes: false,
    capacityBytes: 1 << 16,
  });
  let lastMs = performance.now();
  let longestGapMs = 0;
  let keepalives = 0;
  session.onKeepalive = (atMs) => {
    longestGapMs = Math.max(longestGapMs, atMs - lastMs);
    lastMs = atMs;
    keepalives += 1;
  };
  session.onEnd = (error) => send({ type: 'failed', message: error.message });
  process.on('message', (message) => {
    if (parseCommand(message) === 'start') {
      // The wait from here on is what counts; the device gets one KEEPALIVE more than it needs.
      session.write(encodeKeepalive());
      longestGapMs = 0;
      keepalives = 0;
      return;
    }
    longestGapMs = Math.max(longestGapMs, performance.now() - lastMs);
    send({ type: 'watched', longestGapMs, keepalives });
  });
  send({ type: 'established' });
}

function send(report: Report): void {
  process.send?.(report);
}

process.on('disconnect', () => process.exit(1));
main().catch((error: unknown) =>
  send({ type: 'failed', message: error instanceof Error ? error.message : String(error) }),
);
