// The checks of the secure lab: who gets a session and who does not, and that the kernel is who keeps them out.
// Secrets must not show; who may come and how often is in ../topologies/secure.ts.
import { asRecord, at } from '../json.ts';
import type { LabPaths } from '../paths.ts';
import { dynamicLimit, dynamicPeers, far, peerAddress, tooFar } from '../topologies/secure.ts';
import { type Check, lookUntil, notOk, ok, unlessWrong } from './check.ts';
import { getJsonFromWaggle, readFrom, runIn } from './lab-reader.ts';
import { peeringCheck } from './peering.ts';
import { findSession, readWaggleSummary } from './session.ts';

export function secureChecks(lab: LabPaths): readonly Check[] {
  const family = 'ipv4';
  return [
    peeringCheck(lab, {
      waggle: 'waggle',
      neighbor: peerAddress('md5'),
      family,
      peer: { node: 'md5', kind: 'frr', knows: '10.40.1.1' },
    }),
    peeringCheck(lab, {
      waggle: 'waggle',
      neighbor: far.address,
      family,
      peer: { node: 'far', kind: 'frr', knows: '10.40.4.1' },
    }),
    signedCheck(lab),
    hopsCheck(lab),
    downCheck(lab, {
      name: 'another password',
      neighbor: peerAddress('wrong'),
      expected: 'no session, and the kernel counts segments with a wrong signature',
      counter: 'TcpExtTCPMD5Failure',
    }),
    downCheck(lab, {
      name: 'GTSM from two hops away',
      neighbor: tooFar.address,
      expected: 'no session, and the kernel counts packets with too low a TTL',
      counter: 'TcpExtTCPMinTTLDrop',
    }),
    dynamicCheck(lab),
    floodCheck(lab),
    secretCheck(lab),
  ];
}

/** On the wire, read by tshark: TCP option 19 in every segment of the session. */
function signedCheck(lab: LabPaths): Check {
  return {
    name: 'the session with md5, on the wire',
    expected: 'every segment has an MD5 signature and TTL 255',
    look: async () => {
      const fields = ['-T', 'fields', '-e', 'tcp.option_kind', '-e', 'ip.ttl'];
      const filter = ['-f', 'tcp port 179', '-a', 'duration:7', '-c', '4'];
      const text = await readFrom(lab, 'waggle', ['tshark', '-q', '-l', '-i', 'md5', ...filter, ...fields]);
      const lines = text.split('\n').filter((line) => line.trim() !== '');
      const wrong = lines.filter((line) => {
        const [kinds = '', ttl] = line.split('\t');
        return !kinds.split(',').includes('19') || ttl !== '255';
      });
      if (lines.length === 0) return notOk('no segment within 7 s');
      return unlessWrong(
        wrong.map((line) => `options and TTL: ${line}`),
        `${lines.length} segments, all signed, TTL 255`,
      );
    },
  };
}

function hopsCheck(lab: LabPaths): Check {
  return {
    name: 'what waggle says of its neighbors',
    expected: `a password and hop limit shown for ${peerAddress('md5')}, two hops allowed to ${far.address}`,
    look: async () => {
      const shown = await getJsonFromWaggle(lab, 'waggle', '/show/bgp/neighbors');
      const md5 = asRecord(at(shown, peerAddress('md5')));
      const distant = asRecord(at(shown, far.address));
      const told = [
        ['password', md5['authenticationEnabled'], 1],
        ['hops to the next router', md5['externalBgpNbrMaxHopsAway'], 1],
        ['hops to the distant one', distant['externalBgpNbrMaxHopsAway'], 2],
        ['its session', distant['bgpState'], 'Established'],
      ] as const;
      const wrong = told.flatMap(([what, found, wanted]) => (found === wanted ? [] : [`${what}: ${String(found)}`]));
      return unlessWrong(wrong, 'a password, hop limit 1, and a session over two hops');
    },
  };
}

type Kept = { readonly name: string; readonly neighbor: string; readonly expected: string; readonly counter: string };

function downCheck(lab: LabPaths, { name, neighbor, expected, counter }: Kept): Check {
  return {
    name,
    expected,
    look: async () => {
      const session = findSession(await readWaggleSummary(lab, 'waggle'), 'ipv4Unicast', neighbor);
      const line = (await readFrom(lab, 'waggle', ['nstat', '-asz', counter]))
        .split('\n')
        .find((each) => each.startsWith(counter));
      const count = Number(line?.trim().split(/\s+/)[1] ?? 0);
      const text = `${session?.state ?? 'not listed'}, ${counter} ${count}`;
      return session !== undefined && session.state !== 'Established' && count > 0 ? ok(text) : notOk(text);
    },
  };
}

/** Any two of the three come in; the third has to wait. */
function dynamicCheck(lab: LabPaths): Check {
  return {
    name: 'neighbors known by their network',
    expected: `${dynamicLimit} of ${dynamicPeers.length} are Established, with a password`,
    look: async () => {
      const summary = await readWaggleSummary(lab, 'waggle');
      const states = dynamicPeers.map(({ address }) => ({
        address,
        state: findSession(summary, 'ipv4Unicast', address)?.state ?? 'not there',
      }));
      const up = states.filter(({ state }) => state === 'Established');
      const text = states.map(({ address, state }) => `${address} ${state}`).join(', ');
      return up.length === dynamicLimit ? ok(text) : notOk(text);
    },
  };
}

/** Over the limit: Cease 6/1 at the neighbor, down for the time that was asked for, back when it behaves again. */
function floodCheck(lab: LabPaths): Check {
  const neighbor = peerAddress('flood');
  const isUp = (wanted: boolean): Check => ({
    name: 'flood',
    expected: wanted ? 'Established' : 'down',
    look: async () => {
      const session = findSession(await readWaggleSummary(lab, 'waggle'), 'ipv4Unicast', neighbor);
      const text = `${session?.state}, ${session?.pfxRcd} routes`;
      return (session?.state === 'Established') === wanted ? ok(text) : notOk(text);
    },
  });
  return {
    name: 'a neighbor that sends more routes than it may',
    expected: 'Cease, maximum number of prefixes reached; back by itself once it sends fewer',
    isDisruptive: true,
    look: async () => {
      const before = await lookUntil(isUp(true), performance.now() + 20_000);
      await readFrom(lab, 'flood', ['birdc', 'enable', 'flood_more']);
      const down = await lookUntil(isUp(false), performance.now() + 10_000);
      const told = await runIn(lab, 'flood', ['birdc', 'show', 'protocols', 'all', 'waggle']);
      await readFrom(lab, 'flood', ['birdc', 'disable', 'flood_more']);
      const back = await lookUntil(isUp(true), performance.now() + 30_000);
      const error = /Last error:\s*(.*)/.exec(told.stdout)?.[1] ?? 'no error';
      const wrong = [
        ...(before.isOk ? [] : [`before: ${before.seen}`]),
        ...(down.isOk ? [] : [`over the limit: ${down.seen}`]),
        ...(/maximum number of prefixes/i.test(error) ? [] : [`BIRD says: ${error}`]),
        ...(back.isOk ? [] : [`afterwards: ${back.seen}`]),
      ];
      return unlessWrong(wrong, `BIRD says: ${error}; then ${back.seen}`);
    },
  };
}

function secretCheck(lab: LabPaths): Check {
  return {
    name: 'passwords',
    expected: 'none in what the API shows',
    look: async () => {
      const shown = JSON.stringify([
        await getJsonFromWaggle(lab, 'waggle', '/show/bgp/neighbors'),
        await getJsonFromWaggle(lab, 'waggle', '/status'),
      ]);
      const told = ['bees-dance', 'far-away', 'hive'].filter((password) => shown.includes(password));
      return unlessWrong(
        told.map((password) => `${password} is shown`),
        'none',
      );
    },
  };
}
