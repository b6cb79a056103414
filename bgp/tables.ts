// What routes live in: attribute sets, sources, next hops and one RIB a family; all of it is made anew when the speaker becomes
// another one (AS number, router ID). Hands the parts of a configuration that concern the RIBs to them.

import { defaultBestPath, type PolicyRef } from './config.ts';
import { type Configuration, hasPolicyChanged, isEqual } from './configuration.ts';
import type { SpeakerEvent } from './events.ts';
import { families } from './net/family.ts';
import { type NotSentDeps, NotSentTeller } from './not-sent.ts';
import type { Policy } from './policy/policy.ts';
import type { Clock, Fib, NextHopResolver } from './ports.ts';
import { NextHops } from './rib/next-hops.ts';
import { RibPeers } from './rib/peers.ts';
import { Rib } from './rib/rib.ts';
import type { PeerIndex } from './rib/types.ts';
import type { Neighbor } from './session/neighbor.ts';
import { AttributeSets } from './wire/attribute-sets.ts';

export interface Tables {
  readonly attributes: AttributeSets;
  readonly peers: RibPeers;
  readonly nextHops: NextHops;
  /** By family index. */
  readonly ribs: readonly Rib[];
}

export interface TablesDeps {
  readonly clock: Clock;
  readonly nextHops: NextHopResolver;
  readonly onEvent: (event: SpeakerEvent) => void;
  readonly fib?: Fib;
}

export function makeTables(deps: TablesDeps, notSentDeps: NotSentDeps): Tables {
  // Nobody outside can choose prefixes or attributes that collide in the hash tables.
  const hashSeed = Math.floor(deps.clock.random() * 0x1_0000_0000) | 0;
  const attributes = new AttributeSets({ hashSeed });
  const peers = new RibPeers();
  const nextHops = new NextHops(attributes, deps.nextHops);
  const ribs = families.map((family) => {
    const notSent = new NotSentTeller(family.name, notSentDeps);
    const fib = deps.fib === undefined ? {} : { fib: deps.fib };
    return new Rib(family, { attributes, peers, nextHops, hashSeed, notSent, ...fib });
  });
  return { attributes, peers, nextHops, ribs };
}

type Session = Pick<Neighbor, 'config' | 'connectionInfo' | 'negotiated'>;

/** What a session taught of a source. What is kept of its last one is its own as well: decided and told anew. */
export function updateSource({ peers, ribs }: Tables, index: PeerIndex, session: Session): void {
  const { config, connectionInfo, negotiated } = session;
  if (negotiated === undefined) return;
  const { clients, routerIds } = peers;
  const before = [routerIds[index], clients[index], peers.get(index).linkName];
  peers.update(index, {
    kind: negotiated.kind,
    asn: negotiated.remoteAsn,
    routerId: negotiated.remoteRouterId,
    isReflectorClient: config.isRouteReflectorClient === true,
    isRouteServerClient: config.isRouteServerClient === true,
    linkName: connectionInfo?.interfaceName,
  });
  const now = [routerIds[index], clients[index], connectionInfo?.interfaceName];
  if (now.every((value, at) => value === before[at])) return;
  for (const rib of ribs) rib.sourceChanged(index);
}

/** How routes are compared, installed and summed up; what did not change is left alone. `before`: undefined for new tables. */
export function configureTables(
  { ribs }: Tables,
  before: Configuration | undefined,
  next: Configuration,
  policyOf: (ref: PolicyRef) => Policy,
): void {
  const { asn, confederation, routerId } = next;
  const { bestPath = defaultBestPath, fib, maxPaths = { ebgp: 1, ibgp: 1 } } = next.config;
  const feed =
    fib === undefined
      ? undefined
      : { advertisesInstalledOnly: fib.advertisesInstalledOnly, installsBlackholes: fib.installsBlackholes === true };
  const hasSameAggregates = before !== undefined && areSameAggregates(before, next);
  for (const rib of ribs) {
    rib.setBestPath(bestPath, maxPaths);
    rib.setFib(feed);
    if (hasSameAggregates) continue;
    const ofFamily = [...next.aggregates.values()].filter(({ prefix }) => prefix.version === rib.family.version);
    rib.aggregates.configure({
      aggregates: ofFamily.map(({ prefix, config: { isSummaryOnly, policy } }) => ({
        prefix,
        isSummaryOnly,
        policy: policy === undefined ? undefined : policyOf(policy),
      })),
      asn: confederation?.identifier ?? asn,
      routerId,
    });
  }
}

function areSameAggregates(before: Configuration, next: Configuration): boolean {
  const aggregates = next.config.aggregates ?? [];
  return (
    isEqual(before.config.aggregates ?? [], aggregates) &&
    aggregates.every(({ policy }) => typeof policy !== 'object' || !hasPolicyChanged(before, next, [policy]))
  );
}
