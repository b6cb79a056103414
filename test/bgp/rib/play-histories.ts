// The long run of the comparison with the model: `node test/bgp/rib/play-histories.ts [histories] [events]`.

import { takeSeed } from '#support/seed.ts';
import { playHistories } from './histories.ts';

const histories = Number(process.argv[2] ?? process.env['WAGGLE_MODEL_HISTORIES'] ?? 10_000);
const events = Number(process.argv[3] ?? 200);
const seed = takeSeed();
console.log(`seed ${seed}: ${histories} histories of ${events} events`);
const started = Date.now();
try {
  playHistories(seed, histories, events);
} catch (error) {
  console.log(error instanceof Error ? error.message : error);
  process.exit(1);
}
console.log(`agreed after every event, ${((Date.now() - started) / 1000).toFixed(1)} s`);
