// What `show bgp neighbors` and the detail of a prefix tell of rarer sessions and paths than those that FRR's recorded output has:
// capabilities that nobody knows, paths kept for a peer that is away, attributes that are only passed on, peer groups.

import test from 'ava';
import { createFixtureSpeaker, plainFamily, toJson } from '#support/frr-fixtures.ts';
import { PathFlag } from '#bgp/views.ts';
import { show } from '#support/show.ts';
import type { FakeSpeakerPort } from '#support/fake-speaker-port.ts';

const PEER = '10.1.0.2';
const ESC = String.fromCharCode(27);

type Change = (speaker: FakeSpeakerPort) => void;

const withPeer =
  (overrides: Partial<FakeSpeakerPort['instanceViews'][number]['neighbors'][number]>): Change =>
  (speaker) => {
    speaker.instanceViews = speaker.instanceViews.map((view) => ({
      ...view,
      neighbors: view.neighbors.map((neighbor) =>
        neighbor.address === PEER ? { ...neighbor, ...overrides } : neighbor,
      ),
    }));
  };

function peerOf(speaker: FakeSpeakerPort) {
  const neighbor = speaker.instanceViews[0].neighbors.find(({ address }) => address === PEER);
  if (neighbor === undefined) throw new RangeError(PEER);
  return neighbor;
}

async function neighborJson(speaker: FakeSpeakerPort): Promise<Record<string, unknown>> {
  return { ...toJson(toJson(JSON.parse(await show(speaker, `bgp neighbors ${PEER}`, 'json')))[PEER]) };
}

test('capabilities that nobody here knows are listed with their code, length and first octets', async (t) => {
  const speaker = createFixtureSpeaker();
  const unknown = [
    { code: 200, value: Uint8Array.of(1, 2, 3) },
    { code: 201, value: new Uint8Array(0) },
    { code: 202, value: new Uint8Array(40).fill(0x1b) },
  ];
  withPeer({ capabilitiesReceived: [...peerOf(speaker).capabilitiesReceived, ...unknown] })(speaker);
  const { neighborCapabilities } = await neighborJson(speaker);
  t.deepEqual(toJson(neighborCapabilities)['unknownCapabilities'], [
    { code: 200, length: 3, octets: '010203' },
    { code: 201, length: 0, octets: '' },
    { code: 202, length: 40, octets: '1b'.repeat(32) },
  ]);
  const text = await show(speaker, `bgp neighbors ${PEER}`, 'text');
  t.true(text.includes('    Unknown capability 200: received (3 octets: 010203)\n'));
  t.true(text.includes('    Unknown capability 201: received (0 octets)\n'));
  t.true(text.includes(`    Unknown capability 202: received (40 octets: ${'1b'.repeat(32)}…)\n`));
  t.false(text.includes(ESC));
});

test('software versions of both sides stand in the text as in the JSON', async (t) => {
  const speaker = createFixtureSpeaker();
  const version = (text: string) => ({ code: 75, value: Uint8Array.of(text.length, ...Buffer.from(text)) });
  const { capabilitiesSent, capabilitiesReceived } = peerOf(speaker);
  withPeer({
    capabilitiesSent: [...capabilitiesSent, version('waggle/1')],
    capabilitiesReceived: [...capabilitiesReceived, version(`FRR${ESC}[2J/10`)],
  })(speaker);
  const text = await show(speaker, `bgp neighbors ${PEER}`, 'text');
  t.regex(text, /Version Capability: advertised software version \(waggle\/1\) received software version \(FRR/);
  t.false(text.includes(ESC));
});

test('peer groups are counted in the summary, in its text and in frr_exporter’s keys', async (t) => {
  const speaker = createFixtureSpeaker();
  withPeer({ session: { ...peerOf(speaker).session, peerGroup: 'uplinks' } })(speaker);
  const summary = toJson(toJson(JSON.parse(await show(speaker, 'bgp summary', 'json')))['ipv4Unicast']);
  t.deepEqual([summary['peerGroupCount'], summary['peerGroupMemory']], [1, 0]);
  t.true((await show(speaker, 'bgp summary', 'text')).includes('\nPeer groups 1, using 0 '));
  const plain = toJson(toJson(JSON.parse(await show(createFixtureSpeaker(), 'bgp summary', 'json')))['ipv4Unicast']);
  t.is(plain['peerGroupCount'], undefined);
});

test('the summary says whether multipath-relax is on', async (t) => {
  const speaker = createFixtureSpeaker();
  speaker.instanceViews = speaker.instanceViews.map((view) => ({ ...view, isMultipathRelax: true }));
  const summary = toJson(toJson(JSON.parse(await show(speaker, 'bgp summary', 'json')))['ipv4Unicast']);
  t.deepEqual(summary['bestPath'], { multiPathRelax: 'true' });
});

test('of a path that is kept, how long it is kept is told; of its attributes, those that nobody knows too', async (t) => {
  const speaker = createFixtureSpeaker();
  withPeer({ families: [{ ...plainFamily, stale: 3, staleRemainingSec: 77 }] })(speaker);
  const { routes } = speaker.tables;
  const shown = async (flag: number, format: 'json' | 'text'): Promise<string> => {
    speaker.tables = {
      ...speaker.tables,
      routes: (query) => {
        const found = routes(query);
        return found === undefined
          ? undefined
          : [...found].map((route) => ({
              ...route,
              flags: route.peer === 1 ? route.flags | flag : route.flags,
              attributes: { ...route.attributes, unknown: [{ code: 99, flags: 0xe0, value: new Uint8Array(40) }] },
            }));
      },
    };
    return show(speaker, 'bgp ipv4 unicast 10.10.2.0/23', format);
  };
  const text = await shown(PathFlag.Stale, 'text');
  t.true(text.includes('      Time until Graceful Restart stale route deleted: 77\n'), text);
  t.true(text.includes(`      Unknown attribute 99: flags 0xe0, 40 octets ${'00'.repeat(32)}…\n`));
  t.regex(await shown(PathFlag.Stale, 'json'), /"gracefulRestartSecondsRemaining": ?77/);
  t.regex(await shown(PathFlag.LongLived, 'json'), /"llgrSecondsRemaining": ?77/);
});
