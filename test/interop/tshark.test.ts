// A third party reads what Waggle sends: tshark finds every kind of message in captures of both topologies, and nothing to complain of.
import test, { type ExecutionContext } from 'ava';
import { labNeeds, runLab } from '../lab/lab-tool.ts';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitForAll } from '#lab/checks/check.ts';
import { checksOf } from '#lab/checks/index.ts';
import { labPaths, nodePaths } from '#lab/paths.ts';
import { stopDaemon } from '#lab/processes.ts';
import { startNamed } from '#lab/life.ts';
import { getTopology } from '#lab/topologies/index.ts';
import { findUnmet, needs } from '../support/skip.ts';
import { type BgpFrame, makeCaptureDirectory, MessageType, readFrames, startCapture } from './capture.ts';

/** tshark's words for what it may complain of, each with the reason why it is no fault of the message. None so far. */
const exceptions: ReadonlyMap<string, string> = new Map();

const quickstart = labPaths('quickstart');
const zoo = labPaths('zoo');

test.serial.before('both labs come up', async (t) => {
  t.timeout(400_000);
  if (findUnmet(labNeeds) !== undefined) return;
  for (const topology of ['quickstart', 'zoo']) {
    const { code, output } = await runLab(['up', topology]);
    t.is(code, 0, output);
  }
});

test.serial.after.always('both labs are gone', async (t) => {
  t.timeout(60_000);
  if (findUnmet(labNeeds) !== undefined) return;
  for (const topology of ['quickstart', 'zoo']) await runLab(['down', topology]);
});

/** Captures all of Waggle's links of one lab while something is done, and gives the frames that Waggle sent. */
async function captureWhile(
  directory: string,
  topology: string,
  act: () => Promise<void>,
): Promise<readonly BgpFrame[]> {
  const { nodes, links } = getTopology(topology);
  const ours = new Set(nodes.filter((node) => node.kind.startsWith('waggle')).map((node) => node.name));
  const watched = links.filter((link) => link.ends.some((end) => ours.has(end.node)));
  const captures = await Promise.all(watched.map((link) => startCapture(directory, topology, link.name)));
  await act();
  // tshark writes what it has read in batches.
  await sleep(1_500);
  await Promise.all(captures.map((capture) => capture.stop()));
  const addresses = new Set(
    watched
      .flatMap((link) => link.ends.filter((end) => ours.has(end.node)).flatMap((end) => end.addresses))
      .map((each) => each.split('/')[0]),
  );
  const frames = await Promise.all(captures.map((capture) => readFrames(capture.file)));
  return frames.flat().filter((frame) => addresses.has(frame.source));
}

/** Ends Waggle on the nodes and starts it again, until every check holds. */
async function restart(
  t: ExecutionContext<unknown>,
  topology: 'quickstart' | 'zoo',
  nodes: readonly string[],
): Promise<void> {
  const lab = topology === 'zoo' ? zoo : quickstart;
  for (const node of nodes) await stopDaemon(nodePaths(lab, node), 'waggle');
  for (const node of nodes) await startNamed(lab, getTopology(topology), node, 'waggle');
  const checks = checksOf(lab).filter((check) => check.isDisruptive !== true);
  const failed = (await waitForAll(checks, 60_000)).filter((outcome) => !outcome.isOk);
  t.deepEqual(
    failed.map((outcome) => `${outcome.check.name}: ${outcome.seen}`),
    [],
  );
}

test.serial(
  'tshark reads OPEN, UPDATE in both families, KEEPALIVE, NOTIFICATION and ROUTE-REFRESH of ours without a complaint',
  needs(labNeeds, async (t) => {
    t.timeout(240_000);
    const directory = makeCaptureDirectory();
    t.teardown(directory.remove);
    const fromAgents = await captureWhile(directory.path, 'quickstart', async () => {
      await restart(t, 'quickstart', ['node1', 'node2']);
      const file = `${quickstart.manifests}/peering-node1.yaml`;
      const text = readFileSync(file, 'utf8');
      // Takes both pod networks back and announces them again.
      writeFileSync(file, text.replace('exportPodCIDR: true', 'exportPodCIDR: false'));
      await sleep(2_500);
      writeFileSync(file, text);
      await sleep(2_500);
      const cleared = await runLab(['-t', 'quickstart', 'exec', 'node2', 'waggle', 'clear', 'bgp', '*', 'soft', 'in']);
      t.is(cleared.code, 0, cleared.output);
    });
    const fromRouter = await captureWhile(directory.path, 'zoo', async () => {
      await restart(t, 'zoo', ['waggle']);
      const cleared = await runLab(['-t', 'zoo', 'exec', 'waggle', 'waggle', 'clear', 'bgp', '*', 'soft', 'in']);
      t.is(cleared.code, 0, cleared.output);
    });
    for (const [name, frames] of [
      ['agents', fromAgents],
      ['router', fromRouter],
    ] as const) {
      t.log(`${name}: ${describeCounts(frames)}`);
    }
    const frames = [...fromAgents, ...fromRouter];
    t.true(count(frames, MessageType.Open) >= 5, describeCounts(frames));
    t.true(count(frames, MessageType.Update) >= 20, describeCounts(frames));
    t.true(count(frames, MessageType.Keepalive) >= 5, describeCounts(frames));
    t.true(count(frames, MessageType.Notification) >= 5, describeCounts(frames));
    t.true(count(frames, MessageType.RouteRefresh) >= 2, describeCounts(frames));
    // Type codes: 3 NEXT_HOP, 14 MP_REACH_NLRI, 15 MP_UNREACH_NLRI.
    t.true(
      frames.some((frame) => frame.attributes.includes('3')),
      'IPv4 routes are announced',
    );
    t.true(
      frames.some((frame) => frame.attributes.includes('14')),
      'IPv6 routes are announced',
    );
    t.true(
      frames.some((frame) => frame.hasIpv4Withdraw),
      'IPv4 routes are withdrawn',
    );
    t.true(
      frames.some((frame) => frame.attributes.includes('15')),
      'IPv6 routes are withdrawn',
    );
    const complaints = frames.flatMap((frame) => frame.complaints).filter((complaint) => !exceptions.has(complaint));
    t.deepEqual([...new Set(complaints)], []);
  }),
);

function count(frames: readonly BgpFrame[], type: string): number {
  return frames.flatMap((frame) => frame.types).filter((each) => each === type).length;
}

function describeCounts(frames: readonly BgpFrame[]): string {
  return Object.entries(MessageType)
    .map(([name, type]) => `${name} ${count(frames, type)}`)
    .join(', ');
}
