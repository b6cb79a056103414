// `npm run fuzz -- --count N --seed S`: mutated BGP messages through the codec (wire.ts says what must hold). Exits 1 on the first
// message that breaks a rule and prints the seed, so that the run can be repeated.

import { parseArgs } from 'node:util';

import { fuzzWire } from './wire.ts';

const { values } = parseArgs({ options: { count: { type: 'string', default: '1000000' }, seed: { type: 'string' } } });
const count = Number(values.count);
const seed = values.seed === undefined ? Math.floor(Math.random() * 0x7fff_ffff) : Number(values.seed);
if (!Number.isInteger(count) || count < 1 || !Number.isInteger(seed)) {
  console.error(
    `fuzz: --count ${values.count} and --seed ${values.seed ?? ''} must be whole numbers, --count at least 1`,
  );
  process.exit(2);
}
console.log(`fuzz: ${count} messages, seed ${seed}`);
const startedMs = performance.now();
const result = fuzzWire(count, seed);
const refused = [...result.refused.entries()]
  .toSorted((a, b) => a[0].localeCompare(b[0]))
  .map(([code, times]) => `${code}: ${times}`);
console.log(
  `fuzz: ${result.answered} answered (${result.treatedAsWithdraw} treated as withdraw, ${result.routes} routes), ` +
    `${result.messages - result.answered} refused (${refused.join(', ')}); slowest ${result.slowestMs.toFixed(2)} ms, ` +
    `${((performance.now() - startedMs) / 1000).toFixed(1)} s`,
);
