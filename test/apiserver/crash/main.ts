// `npm run crash:apiserver -- [--minutes 5] [--rate 200] [--seed N]`: kill -9 of `waggle apiserver` at random times, under writes and
// watches over HTTPS, for so long. Exit code 1 when something that was acknowledged is not there, or a watch was told wrong.

import { parseArgs } from 'node:util';
import { randomFrom, takeSeed } from '#support/seed.ts';
import { formatSpread, spreadOf } from '../../bench/spread.ts';
import { ServerProcess } from '../server-process.ts';
import { runCrashes } from './crash-run.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    rate: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(takeSeed()) },
  },
});
const [minutes, rate, seed] = [Number(values.minutes), Number(values.rate), Number(values.seed)];
if (!(minutes > 0) || !(rate > 0) || !Number.isInteger(seed)) {
  process.stderr.write(
    `crash: --minutes ${values.minutes}, --rate ${values.rate}, --seed ${values.seed} must be numbers\n`,
  );
  process.exit(2);
}
process.stdout.write(`seed ${seed}\n`);
const endings: (() => Promise<void>)[] = [];
try {
  const server = new ServerProcess({ teardown: (end) => void endings.push(end) });
  const { kills, acknowledged, changes, told, readyMs, faults } = await runCrashes(server, {
    seconds: minutes * 60,
    writesPerSecond: rate,
    random: randomFrom(seed),
  });
  for (const fault of faults.slice(0, 50)) process.stdout.write(`${fault}\n`);
  process.stdout.write(
    `${kills} kills, ${acknowledged} writes acknowledged, ${changes} changes told ${told} times, ${faults.length} faults; ` +
      `serves again after ${formatSpread(spreadOf(readyMs), 0)} ms\n`,
  );
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  for (const end of endings) await end();
}
