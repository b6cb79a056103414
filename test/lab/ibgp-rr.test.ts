// iBGP between loopbacks over OSPF; Waggle as a reflector's client and as a reflector.
import test from 'ava';
import { testChecks, useLab } from './lab-run.ts';
import { labNeeds, runLab } from './lab-tool.ts';
import { complaintsOf, count, hasAttribute, sentWhile } from './wire.ts';
import { waitForAll } from '#lab/checks/check.ts';
import { checksOf } from '#lab/checks/index.ts';
import { startNamed } from '#lab/life.ts';
import { nodePaths } from '#lab/paths.ts';
import { stopDaemon } from '#lab/processes.ts';
import { ibgpRr } from '#lab/topologies/ibgp-rr.ts';
import { needs } from '../support/skip.ts';

const lab = useLab(test, 'ibgp-rr');
testChecks(test, lab);

test.serial(
  'tshark, of a stop and a start of client and reflector: every kind of message, reflected attributes, nothing malformed',
  needs(labNeeds, async (t) => {
    t.timeout(150_000);
    const frames = await sentWhile('ibgp-rr', async () => {
      for (const node of ['rr2', 'edge1']) {
        await stopDaemon(nodePaths(lab, node), 'waggle', 10_000);
        await startNamed(lab, ibgpRr, node, 'waggle');
      }
      const outcomes = await waitForAll(checksOf(lab), 60_000);
      t.deepEqual(
        outcomes.filter((outcome) => !outcome.isOk).map((outcome) => `${outcome.check.name}: ${outcome.seen}`),
        [],
      );
      const cleared = await runLab(['-t', 'ibgp-rr', 'exec', 'rr2', 'waggle', 'clear', 'bgp', '*', 'soft', 'in']);
      t.is(cleared.code, 0, cleared.output);
    });
    t.true(count(frames, 'Open') >= 4, 'four sessions');
    t.true(count(frames, 'Keepalive') >= 4);
    t.true(count(frames, 'Update') >= 4);
    t.true(count(frames, 'Notification') >= 4, 'Cease at each stop');
    t.true(count(frames, 'RouteRefresh') >= 3);
    t.true(hasAttribute(frames, 9) && hasAttribute(frames, 10), 'ORIGINATOR_ID and CLUSTER_LIST');
    t.deepEqual(complaintsOf(frames), []);
  }),
);
