// `npm run fuzz -- [--part codec|sessions|all] [--count N] [--seed S]`: mutated BGP messages through the codec (wire.ts) and through
// whole speakers with live sessions, where a second decoder has the last word (sessions.ts); what must hold stands there. N messages
// for each part. Exits 1 on the first message that breaks a rule and prints the seed, so that the run can be repeated.

import { parseArgs } from 'node:util';

import { fuzzSessions } from './sessions.ts';
import { fuzzWire } from './wire.ts';

const { values } = parseArgs({
  options: {
    part: { type: 'string', default: 'all' },
    count: { type: 'string', default: '1000000' },
    seed: { type: 'string' },
  },
});
const count = Number(values.count);
const seed = values.seed === undefined ? Math.floor(Math.random() * 0x7fff_ffff) : Number(values.seed);
if (!Number.isInteger(count) || count < 1 || !Number.isInteger(seed)) {
  console.error(
    `fuzz: --count ${values.count} and --seed ${values.seed ?? ''} must be whole numbers, --count at least 1`,
  );
  process.exit(2);
}
if (!['codec', 'sessions', 'all'].includes(values.part)) {
  console.error(`fuzz: --part ${values.part}: codec, sessions and all exist`);
  process.exit(2);
}

/** Runs one part and says how long it took. */
function play(name: string, run: () => string): void {
  console.log(`fuzz: ${name}, ${count} messages, seed ${seed}`);
  const startedMs = performance.now();
  const result = run();
  console.log(`fuzz: ${result}; ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
}

if (values.part !== 'sessions') {
  play('codec', () => {
    const result = fuzzWire(count, seed);
    const refused = [...result.refused.entries()]
      .toSorted((a, b) => a[0].localeCompare(b[0]))
      .map(([code, times]) => `${code}: ${times}`);
    return (
      `${result.answered} answered (${result.treatedAsWithdraw} treated as withdraw, ${result.routes} routes), ` +
      `${result.messages - result.answered} refused (${refused.join(', ')}); slowest ${result.slowestMs.toFixed(2)} ms`
    );
  });
}
if (values.part !== 'codec') {
  play('sessions', () => {
    const result = fuzzSessions(count, seed);
    return (
      `${result.sessions} sessions, ${result.kept} messages kept theirs (${result.treatedAsWithdraw} treated as withdraw, ` +
      `${result.disabled} families disabled), ${result.reset} ended it, all as the second decoder says; ` +
      `${result.badBeginnings} bad beginnings, ${result.longMessages} messages beyond 4096 octets; ` +
      `${result.comparedRoutes} routes compared, ${result.comparedStale} of them stale; ${result.passedOn} UPDATEs passed on, each perfect; ` +
      `slowest ${result.slowestMs.toFixed(1)} ms of processor time; ` +
      `heap grew by ${(result.heapGrowthBytes / 2 ** 20).toFixed(1)} MiB`
    );
  });
}
