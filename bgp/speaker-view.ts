// What a speaker shows of itself as a whole (views.ts): its tables, neighbors, update groups and memory.
// Only reads; neighbors draw their own views in peer-view.ts.

import type { Configuration } from './configuration.ts';
import type { DynamicNeighbors } from './dynamic-neighbors.ts';
import { families } from './net/family.ts';
import { formatRouterId, routerId as routerIdOf } from './net/router-id.ts';
import type { Peer } from './peer.ts';
import { DEFAULT_SELECTION_DEFERRAL_SEC, type Restart } from './restart.ts';
import { sharesNextHop } from './rib/group-options.ts';
import type { PeerIndex, UpdateGroupOptions } from './rib/types.ts';
import type { Tables } from './tables.ts';
import type { InstanceView, MemoryView, UpdateGroupView } from './views.ts';

export interface SpeakerFacts {
  readonly instance: string;
  readonly configuration: Configuration | undefined;
  readonly tables: Tables;
  readonly peers: readonly Peer[];
  readonly dynamic: DynamicNeighbors;
  readonly restart: Restart;
  readonly isDraining: boolean;
}

export function viewInstance(facts: SpeakerFacts): InstanceView {
  const { configuration, tables } = facts;
  return {
    instance: facts.instance,
    asn: configuration?.asn ?? 0,
    routerId: formatRouterId(routerIdOf(configuration?.routerId ?? 0)),
    families: families.map((family, index) => {
      const rib = tables.ribs[index];
      return {
        family: family.name,
        tableVersion: rib.tableVersion,
        prefixes: rib.acceptedPrefixCount,
        paths: rib.acceptedPathCount,
        ribBytes: rib.bytes,
      };
    }),
    neighbors: facts.peers.map((peer) => peer.view()),
    attributeSets: tables.attributes.size,
    attributeBytes: tables.attributes.bytesUsed,
    confederationId: configuration?.confederation?.identifier,
    clusterId: formatRouterId(routerIdOf(configuration?.clusterId ?? 0)),
    dynamicNeighbors: facts.dynamic.view(),
    restart: facts.restart.view(),
    isMultipathRelax: configuration?.config.bestPath?.isMultipathRelax === true,
    selectionDeferralSec: configuration?.config.selectionDeferralSec ?? DEFAULT_SELECTION_DEFERRAL_SEC,
    isDraining: facts.isDraining,
  };
}

export function viewUpdateGroups({ instance, tables, peers }: SpeakerFacts): readonly UpdateGroupView[] {
  const addresses = new Map<PeerIndex, string>(peers.map((peer) => [peer.index, peer.neighbor.address]));
  return families.flatMap((family, index) => {
    const { groups } = tables.ribs[index];
    return groups.list().map((group) => ({
      instance,
      family: family.name,
      id: group.id,
      members: group.memberships.map(({ member }) => addresses.get(member.peer) ?? `peer ${member.peer}`),
      routes: group.out.advertised,
      bytes: group.bytes,
      options: describeOptions(group.options),
    }));
  });
}

export function viewMemory({ instance, tables, peers }: SpeakerFacts): MemoryView {
  return {
    instance,
    families: families.map((family, index) => {
      const rib = tables.ribs[index];
      return {
        family: family.name,
        prefixes: rib.prefixCount,
        paths: rib.pathCount,
        tableBytes: rib.bytes - rib.groups.bytes,
        updateGroups: rib.groups.list().length,
        updateGroupBytes: rib.groups.bytes,
      };
    }),
    attributeSets: tables.attributes.size,
    attributeBytes: tables.attributes.bytesUsed,
    neighbors: peers.length,
  };
}

function describeOptions(options: UpdateGroupOptions): UpdateGroupView['options'] {
  const { asOverride, defaultOriginate, exportPolicy, linkLocalNextHop, nextHop, prepend } = options;
  const described: Record<string, string | number | boolean> = {};
  const add = (name: string, value: string | number | boolean | undefined): void => {
    if (value !== undefined) described[name] = value;
  };
  add('kind', options.kind);
  add('localAsn', options.localAsn);
  add('shownAsn', options.shownAsn);
  add('prepend', prepend.join(' '));
  if (asOverride !== undefined) add('asOverride', `${asOverride.from} by ${asOverride.to}`);
  add('removePrivateAs', options.removePrivateAs);
  const isShared = sharesNextHop(options);
  add('nextHop', isShared ? 'of each session' : nextHop.toString());
  if (linkLocalNextHop !== undefined) {
    add('linkLocalNextHop', isShared ? 'of each session' : linkLocalNextHop.toString());
  }
  add('nextHopMode', options.nextHopMode);
  add('link', options.linkName);
  add('hasExtendedNextHop', options.hasExtendedNextHop);
  add('isFourOctetAs', options.isFourOctetAs);
  add('maxMessageLength', options.maxMessageLength);
  add('isReflectorClient', options.isReflectorClient);
  add('clusterId', formatRouterId(routerIdOf(options.clusterId)));
  add('isRouteServerClient', options.isRouteServerClient);
  add('role', options.role);
  add('hasLongLived', options.hasLongLived);
  add('isGracefulShutdown', options.isGracefulShutdown);
  add('addPathLimit', options.addPathLimit);
  add('defaultOriginate', defaultOriginate?.name);
  add('exportPolicy', exportPolicy.name);
  return described;
}
