// What a peer group gives its neighbors: every field of the schema, and the neighbor's own value before the group's. The table below
// must have an entry for each of them, so that a field which is added and not inherited fails here.

import test from 'ava';
import type { NeighborConfig } from '#bgp/config.ts';
import { PeerGroup } from '#control/router/neighbor-schema.ts';
import { formatFault, readRouterFile } from '#control/router/settings.ts';
import { RouterFileValidator } from '#control/router/validate.ts';

type Fields = Readonly<Record<string, unknown>>;

interface Case {
  /** What the group says, and what the neighbor says instead. */
  readonly values: readonly [unknown, unknown];
  /** What the neighbor must be for the field to be allowed, or to be seen. */
  readonly beside?: Fields;
}

const internal = { remoteAsn: 'internal' };
const flags = { values: [true, false] } as const;

const ofFamilies: Readonly<Record<string, Case>> = {
  import: { values: ['accept', 'reject'] },
  export: { values: ['accept', 'reject'] },
  nextHop: { values: ['self', 'unchanged'] },
  addPath: { values: [{ receive: true }, { send: 'all' }] },
  maxPrefixes: { values: [10, { limit: 20, action: 'warn' }] },
  defaultOriginate: { values: [true, { policy: 'accept' }] },
};

const cases: Readonly<Record<string, Case>> = {
  ...ofFamilies,
  remoteAsn: { values: [64_501, 64_502] },
  port: { values: [1790, 1791] },
  description: { values: ['of the group', 'its own'] },
  passive: flags,
  families: { values: [['ipv6-unicast'], ['ipv4-unicast']] },
  nextHopSelf: flags,
  ttl: { values: [3, 4], beside: internal },
  multihop: { values: [true, 4] },
  ttlSecurity: { values: [true, 2] },
  sourceAddress: { values: ['192.0.2.7', '192.0.2.8'] },
  interface: { values: ['eth0', 'eth1'] },
  password: { values: ['one', 'two'] },
  passwordFile: { values: ['/etc/one', '/etc/two'] },
  'timers.holdTimeSec': { values: [30, 60] },
  'timers.keepaliveSec': { values: [5, 6] },
  'timers.connectRetrySec': { values: [5, 6] },
  'timers.delayOpenSec': { values: [1, 2] },
  'timers.sendHoldSec': { values: [500, 600] },
  shutdown: { values: [true, { message: 'soon back' }] },
  dampPeerOscillations: flags,
  role: { values: ['provider', 'peer'] },
  roleStrict: { ...flags, beside: { role: 'peer' } },
  'gracefulRestart.mode': { values: ['full', 'helper'] },
  'gracefulRestart.restartTimeSec': { values: [10, 20] },
  'gracefulRestart.stalePathSec': { values: [10, 20] },
  'gracefulRestart.notification': { values: [false, true] },
  longLivedStaleSec: { values: [10, 20], beside: { gracefulRestart: { mode: 'helper' } } },
  extendedMessages: flags,
  extendedNextHop: flags,
  routeReflectorClient: { ...flags, beside: internal },
  routeServerClient: flags,
  localAsn: { values: [64_600, { asn: 64_600, noPrepend: true }] },
  allowAsIn: { values: [1, 2] },
  asOverride: flags,
  removePrivateAsn: { values: ['remove', 'replace'] },
  enforceFirstAsn: flags,
  acceptAsSets: flags,
  aigp: flags,
  gracefulShutdown: flags,
};

/** Maps whose fields are inherited one by one. */
const maps = ['timers', 'gracefulRestart', 'familyOptions', 'ipv4-unicast', 'ipv6-unicast'];

/** Dotted names of everything that the schema lets a group say. */
function leaves(schema: unknown, name = ''): string[] {
  const isMap = name === '' || maps.includes(name.slice(name.lastIndexOf('.') + 1));
  if (!isMap || typeof schema !== 'object' || schema === null || !('properties' in schema)) return [name];
  return Object.entries(schema.properties ?? {}).flatMap(([key, inner]) =>
    name === '' && key === 'name' ? [] : leaves(inner, name === '' ? key : `${name}.${key}`),
  );
}

function caseOf(leaf: string): Case | undefined {
  const [, field] = /^familyOptions\.[^.]+\.(.*)$/.exec(leaf) ?? [];
  return field === undefined ? cases[leaf] : ofFamilies[field];
}

/** {a: {b: value}} for `a.b`. */
function nest(leaf: string, value: unknown): Fields {
  const [key, ...rest] = leaf.split('.');
  return { [key]: rest.length === 0 ? value : nest(rest.join('.'), value) };
}

const validator = new RouterFileValidator();

/** The one neighbor as the speaker gets it. YAML takes JSON. */
function configOf(own: Fields, group: Fields): NeighborConfig {
  const neighbor = { address: '192.0.2.1', peerGroup: 'g', ...own };
  const router = {
    asn: 65_000,
    routerId: '198.51.100.1',
    peerGroups: [{ name: 'g', ...group }],
    neighbors: [neighbor],
  };
  const reading = readRouterFile(JSON.stringify({ router }), validator);
  if ('faults' in reading) throw new TypeError(reading.faults.map((fault) => formatFault('r', fault)).join('\n'));
  return reading.settings.speaker.instances[0].neighbors[0];
}

const names = leaves(PeerGroup);

test('the table has every field of a peer group, and no other', (t) => {
  const isOfFamily = (leaf: string): boolean => leaf.startsWith('familyOptions.');
  t.deepEqual(names.filter((leaf) => !isOfFamily(leaf)).toSorted(), Object.keys(cases).toSorted());
  const inFamilies = ['ipv4-unicast', 'ipv6-unicast'].flatMap((family) =>
    Object.keys(ofFamilies).map((field) => `familyOptions.${family}.${field}`),
  );
  t.deepEqual(names.filter(isOfFamily).toSorted(), inFamilies.toSorted());
});

for (const leaf of names) {
  test(`${leaf}: a neighbor has its group's, and its own before that`, (t) => {
    const { values, beside } = caseOf(leaf) ?? { values: [undefined, undefined] };
    const plain: Fields = { remoteAsn: 64_500, families: ['ipv4-unicast', 'ipv6-unicast'], ...beside };
    const base = Object.fromEntries(Object.entries(plain).filter(([key]) => key !== leaf));
    const [ofGroup, own] = values.map((value) => nest(leaf, value));
    const groupSaid = configOf(base, ofGroup);
    t.deepEqual(groupSaid, configOf({ ...base, ...ofGroup }, {}), 'inherited');
    const bothSaid = configOf({ ...base, ...own }, ofGroup);
    t.deepEqual(bothSaid, configOf({ ...base, ...own }, {}), 'its own wins');
    t.notDeepEqual(bothSaid, groupSaid, 'the speaker sees it at all');
  });
}

test('what the group says of another field of the same map stays', (t) => {
  const neighbor = configOf(
    { remoteAsn: 64_500, timers: { holdTimeSec: 30 }, familyOptions: { 'ipv4-unicast': { import: 'accept' } } },
    { timers: { connectRetrySec: 7 }, familyOptions: { 'ipv4-unicast': { export: 'reject' } } },
  );
  t.like(neighbor.timers, { holdTimeSec: 30, connectRetrySec: 7 });
  t.deepEqual(neighbor.familyOptions, { 'ipv4-unicast': { importPolicy: 'accept', exportPolicy: 'reject' } });
});
