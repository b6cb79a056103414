// Waggle's JSON beside that of a live FRR, key by key: what both print has the same name and type; what only one prints is listed.
import test from 'ava';
import { labNeeds } from '../lab/lab-tool.ts';
import { useLab } from '../lab/lab-run.ts';
import { getJsonFromWaggle, readJsonFrom } from '#lab/checks/lab-reader.ts';
import { asArray, isRecord } from '#lab/json.ts';
import { needs } from '../support/skip.ts';

const zoo = useLab(test, 'zoo');

/** The commands, the same for both; each with keys that both must have, so that an empty answer does not pass. */
const commands = [
  {
    words: 'bgp summary',
    mustShare: ['ipv4Unicast.routerId', 'ipv4Unicast.as', 'ipv4Unicast.peers.*.state', 'ipv4Unicast.peers.*.pfxRcd'],
  },
  {
    words: 'bgp neighbors',
    mustShare: ['*.remoteAs', '*.bgpState', '*.messageStats.updatesSent', '*.connectionsEstablished'],
  },
  { words: 'bgp ipv4 unicast', mustShare: ['routerId', 'routes.*.[].path', 'routes.*.[].nexthops.[].ip'] },
  { words: 'bgp ipv6 unicast', mustShare: ['routerId', 'routes.*.[].path', 'routes.*.[].nexthops.[].ip'] },
  {
    words: 'bgp ipv4 unicast 10.25.1.0/24',
    mustShare: ['prefix', 'paths.[].aspath.string', 'paths.[].community.string'],
  },
  {
    words: 'bgp ipv6 unicast 2001:db8:2502::/48',
    mustShare: ['prefix', 'paths.[].aspath.string', 'paths.[].largeCommunity.string'],
  },
] as const;

/** Adds `path: type` of every value; what stands under an address or a prefix is named `*`. */
function collectTypes(value: unknown, path: string, into: Map<string, Set<string>>): void {
  const join = (key: string): string => (path === '' ? key : `${path}.${key}`);
  if (Array.isArray(value)) {
    for (const entry of asArray(value)) collectTypes(entry, join('[]'), into);
  } else if (isRecord(value)) {
    for (const [key, entry] of Object.entries(value))
      collectTypes(entry, join(/^[0-9a-f:.]+(\/\d+)?$/.test(key) && /[:.]/.test(key) ? '*' : key), into);
  } else {
    const types = into.get(path) ?? new Set<string>();
    into.set(path, types.add(value === null ? 'null' : typeof value));
  }
}

for (const { words, mustShare } of commands) {
  test.serial(
    `\`show ${words} json\` has FRR's names and types`,
    needs(labNeeds, async (t) => {
      const [frr, waggle] = [new Map<string, Set<string>>(), new Map<string, Set<string>>()];
      collectTypes(await readJsonFrom(zoo, 'frr1', ['vtysh', '-c', `show ${words} json`]), '', frr);
      const path = words.split(' ').map(encodeURIComponent).join('/');
      collectTypes(await getJsonFromWaggle(zoo, 'waggle', `/show/${path}`), '', waggle);
      const shared = [...frr.keys()].filter((key) => waggle.has(key));
      t.log(`both: ${shared.length} keys`);
      t.log(`only FRR: ${[...frr.keys()].filter((key) => !waggle.has(key)).join(' ') || 'none'}`);
      t.log(`only Waggle: ${[...waggle.keys()].filter((key) => !frr.has(key)).join(' ') || 'none'}`);
      for (const key of mustShare) t.true(shared.includes(key), key);
      const different = shared
        .map((key) => [
          key,
          [...(frr.get(key) ?? [])].toSorted().join('|'),
          [...(waggle.get(key) ?? [])].toSorted().join('|'),
        ])
        .filter(
          ([, left, right]) => left !== right && !left.split('|').includes(right) && !right.split('|').includes(left),
        );
      t.deepEqual(different, []);
    }),
  );
}
