// The long run of the comparison of whole speakers with the slow one: `node test/bgp/whole/play.ts [histories] [events]`.

import { takeSeed } from '#support/seed.ts';
import { playWholeHistories } from './history.ts';
import type { Tally } from './stage.ts';

const histories = Number(process.argv[2] ?? 5000);
const events = Number(process.argv[3] ?? 200);
const seed = takeSeed();
console.log(`seed ${seed}: ${histories} histories of ${events} events`);
const tally: Tally = {};
const started = Date.now();
try {
  playWholeHistories(seed, histories, events, tally);
} catch (error) {
  console.log(error instanceof Error ? error.message : error);
  process.exit(1);
}
const counts = Object.entries(tally).map(([what, count]) => `${what} ${count}`);
console.log(`agreed, ${((Date.now() - started) / 1000).toFixed(1)} s: ${counts.join(', ')}`);
