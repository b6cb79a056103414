// What Waggle sends, as tshark reads it: every Waggle of a lab is stopped and started and asks for all routes again. Every kind of
// message has to be among it, and nothing that tshark calls malformed or warns of.
import { asRecord, at, readString } from '../json.ts';
import { startNamed } from '../life.ts';
import { type LabPaths, nodePaths } from '../paths.ts';
import { stopDaemon } from '../processes.ts';
import { endsOf, hostPart, isIpv6, type Topology } from '../topology.ts';
import { type BgpFrame, complaintsOf, countMessages, describeCounts, record } from '../wire.ts';
import { type Check, notOk, ok, type Seen, waitForAll } from './check.ts';
import { readFrom } from './lab-reader.ts';
import { readWaggleSummary } from './session.ts';

const backLimitMs = 60_000;

type Plan = {
  /** What has to hold again before the recording ends. */
  readonly steady: readonly Check[];
  /** Type codes of path attributes that have to be among what is sent. */
  readonly attributes: readonly number[];
  /** Makes Waggle withdraw and announce again while it is recorded; prefixes of both families then have to be withdrawn. */
  readonly withdraw?: () => Promise<void>;
};

export function onTheWireCheck(lab: LabPaths, topology: Topology, { steady, attributes, withdraw }: Plan): Check {
  const nodes = topology.nodes.filter(({ kind }) => kind.startsWith('waggle'));
  const names = nodes.map(({ name }) => name);
  const ours = new Set(
    nodes.flatMap(({ name, loopback = [] }) => [
      ...loopback.map(hostPart),
      ...endsOf(topology, name).flatMap((end) => end.addresses.map(hostPart)),
    ]),
  );
  return {
    name: `what ${names.join(' and ')} sent while stopped, started and asking for all routes again, read by tshark`,
    expected:
      `OPEN, UPDATE and KEEPALIVE on every session, NOTIFICATION, ROUTE-REFRESH, attributes ${attributes.join(' and ')}` +
      `${withdraw === undefined ? '' : ', withdrawals in both families'}; nothing malformed`,
    isDisruptive: true,
    look: async () => {
      const counts = await Promise.all(names.map(async (node) => await countSessions(lab, node)));
      const sessions = counts.reduce((sum, count) => sum + count, 0);
      const recording = await record(lab, topology, names);
      let failed: readonly string[] = [];
      let frames: readonly BgpFrame[];
      try {
        await Promise.all(names.map((node) => stopDaemon(nodePaths(lab, node), 'waggle', 10_000)));
        await Promise.all(names.map((node) => startNamed(lab, topology, node, 'waggle')));
        const outcomes = await waitForAll(steady, backLimitMs);
        failed = outcomes.filter(({ isOk }) => !isOk).map(({ check, seen }) => `${check.name}: ${seen}`);
        await withdraw?.();
        for (const node of names) await readFrom(lab, node, ['waggle', 'clear', 'bgp', '*', 'soft', 'in']);
      } finally {
        frames = await recording.stop();
      }
      const sent = frames.filter(({ source }) => ours.has(source));
      return judge(sent, { sessions, attributes, failed, isWithdrawing: withdraw !== undefined });
    },
  };
}

type Wanted = {
  readonly sessions: number;
  readonly attributes: readonly number[];
  readonly failed: readonly string[];
  readonly isWithdrawing: boolean;
};

function judge(sent: readonly BgpFrame[], wanted: Wanted): Seen {
  const atLeast = {
    Open: wanted.sessions,
    Update: wanted.sessions,
    Keepalive: wanted.sessions,
    Notification: 1,
    RouteRefresh: 1,
  } as const;
  const seenAttributes = new Set(sent.flatMap(({ attributes }) => attributes));
  const withdrawn = sent.flatMap((frame) => frame.withdrawn);
  const isEnough = (['Open', 'Update', 'Keepalive', 'Notification', 'RouteRefresh'] as const).every(
    (name) => countMessages(sent, name) >= Math.max(1, atLeast[name]),
  );
  const wrong = [
    ...(isEnough ? [] : [`too few for ${wanted.sessions} sessions`]),
    ...wanted.attributes.filter((code) => !seenAttributes.has(String(code))).map((code) => `no attribute ${code}`),
    ...(wanted.isWithdrawing && !(withdrawn.some(isIpv6) && !withdrawn.every(isIpv6))
      ? ['not both families withdrawn']
      : []),
    ...complaintsOf(sent),
    ...wanted.failed,
  ];
  const counts = `${describeCounts(sent)}, ${withdrawn.length} prefixes withdrawn, on ${wanted.sessions} sessions`;
  return wrong.length > 0 ? notOk(`${counts}; ${wrong.join('; ')}`) : ok(`${counts}, nothing malformed`);
}

async function countSessions(lab: LabPaths, node: string): Promise<number> {
  const summary = asRecord(await readWaggleSummary(lab, node));
  // A session that carries both families is listed under both.
  const established = Object.values(summary).flatMap((table) =>
    Object.entries(asRecord(at(table, 'peers')))
      .filter(([, peer]) => readString(peer, 'state') === 'Established')
      .map(([address]) => address),
  );
  return new Set(established).size;
}
