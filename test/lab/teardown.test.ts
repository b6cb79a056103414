// `lab down` removes everything that `lab up` made, however `lab up` ended.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { labNeeds, labPath, runLab } from './lab-tool.ts';
import { compareSnapshots, takeSnapshot } from '#lab/leaks.ts';
import { randomFrom, takeSeed } from '../support/seed.ts';
import { needs } from '../support/skip.ts';

const topologies = ['quickstart', 'restart', 'quickstart', 'ibgp-rr', 'quickstart'] as const;

test.serial.before('nothing is left of an earlier run', async () => {
  for (const topology of new Set(topologies)) await runLab(['down', topology]);
});

test.serial(
  '`lab down` after `lab up` leaves no mount, namespace, link, process, unit or file',
  needs(labNeeds, async (t) => {
    t.timeout(240_000);
    const before = await takeSnapshot();
    const up = await runLab(['up', 'quickstart']);
    t.is(up.code, 0, up.output);
    t.not(
      compareSnapshots(before, await takeSnapshot()).length,
      0,
      'a lab that is up can be seen, so the comparison works',
    );
    const again = performance.now();
    t.is((await runLab(['up', 'quickstart'])).code, 0);
    t.true(performance.now() - again < 30_000, 'a second `lab up` takes less than 30 s');
    const down = await runLab(['down', 'quickstart']);
    t.is(down.code, 0, down.output);
    t.deepEqual(compareSnapshots(before, await takeSnapshot()), []);
  }),
);

test.serial(
  '`lab down` leaves nothing after `kill -9` of `lab up` at five random moments',
  needs(labNeeds, async (t) => {
    t.timeout(240_000);
    const seed = takeSeed();
    t.log(`seed ${seed} (WAGGLE_SEED=${seed} repeats it)`);
    const random = randomFrom(seed);
    const before = await takeSnapshot();
    const spanMs = 3_000;
    for (const [round, topology] of topologies.entries()) {
      // One moment in each part of the time in which things are made; together they cover it.
      const ms = Math.round(((round + random()) * spanMs) / topologies.length);
      const { output } = await runLab(['up', topology], { after: 'lab: making', ms });
      t.regex(output, /lab: making/, topology);
      const down = await runLab(['down', topology]);
      t.is(down.code, 0, `${topology} after ${ms} ms: ${down.output}`);
      t.deepEqual(compareSnapshots(before, await takeSnapshot()), [], `${topology} killed after ${ms} ms`);
    }
  }),
);

test.serial(
  '`lab up` that is interrupted says in one line how to go on',
  needs(labNeeds, async (t) => {
    const before = await takeSnapshot();
    const child = spawn(labPath, ['--no-install', 'up', 'quickstart'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('making')) child.kill('SIGINT');
    });
    const [code] = await once(child, 'exit');
    t.is(code, 130);
    t.is(complaint, 'lab: interrupted; lab up goes on from here, lab down removes what there is\n');
    t.is((await runLab(['down', 'quickstart'])).code, 0);
    t.deepEqual(compareSnapshots(before, await takeSnapshot()), []);
  }),
);

test.serial.after.always('the labs are gone', async () => {
  for (const topology of new Set(topologies)) await runLab(['down', topology]);
});
