// Waggle, FRR and BIRD are killed and come back, and nobody notices. Two rounds of each crash; `npm run chaos` plays ten.
import test from 'ava';
import { testChecks, useLab } from './lab-run.ts';
import { labNeeds } from './lab-tool.ts';
import { complaintsOf, count, hasAttribute, sentWhile } from './wire.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { restartIsBack } from '#lab/checks/restart.ts';
import { startNamed } from '#lab/life.ts';
import { nodePaths } from '#lab/paths.ts';
import { killDaemon, stopDaemon } from '#lab/processes.ts';
import { restart } from '#lab/topologies/restart.ts';
import { needs } from '../support/skip.ts';

process.env['WAGGLE_LAB_ROUNDS'] ??= '2';
const lab = useLab(test, 'restart');
testChecks(test, lab);

test.serial(
  'tshark, of a crash and a stop of waggle: OPEN, UPDATE, KEEPALIVE and NOTIFICATION, nothing malformed',
  needs(labNeeds, async (t) => {
    t.timeout(150_000);
    const waggle = nodePaths(lab, 'waggle');
    const frames = await sentWhile('restart', async () => {
      await killDaemon(waggle, 'waggle');
      await startNamed(lab, restart, 'waggle', 'waggle');
      t.deepEqual(await restartIsBack(lab), []);
      // A KEEPALIVE comes every three seconds.
      await sleep(4_000);
      await stopDaemon(waggle, 'waggle', 10_000);
      await startNamed(lab, restart, 'waggle', 'waggle');
      t.deepEqual(await restartIsBack(lab), []);
    });
    t.true(count(frames, 'Open') >= 20, 'ten neighbors, twice');
    t.true(count(frames, 'Keepalive') >= 20);
    t.true(count(frames, 'Update') >= 20);
    t.true(hasAttribute(frames, 3) && hasAttribute(frames, 14), 'routes of both families');
    // plain is told 6/2 at the stop; anywhere else only a collision may be settled, which ends no session.
    t.true(
      count(
        frames.filter(({ link }) => link === 'waggle-plain'),
        'Notification',
      ) >= 2,
    );
    t.deepEqual(complaintsOf(frames), []);
  }),
);
