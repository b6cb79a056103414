// The BGP metrics of frr_exporter, by its names and labels, so that dashboards and alerts made for FRR work. `vrf` is `default`; an
// instance of another name stands there as FRR's VRF would. What we have no figure for is left out, not invented.

import { Gauge, type Registry } from 'prom-client';
import { familyByName } from '#bgp/net/family.ts';
import type { InstanceView, NeighborFamilyView, NeighborView } from '#bgp/views.ts';
import type { SpeakerPort } from '#speaker/port.ts';
import { shareRefresh } from './share-refresh.ts';
import { countMessages } from './show/neighbor-state.ts';
import { countGroups, NEIGHBOR_BYTES } from './show/summary-json.ts';

const tableLabels = ['vrf', 'afi', 'safi', 'local_as'] as const;
const peerLabels = [...tableLabels, 'peer', 'remote_as', 'peer_desc'] as const;
const groupLabels = [...tableLabels, 'type'] as const;

/** frr_exporter's numbers of a peer: 1 up, 0 down, 2 administratively down. */
const PeerState = { Down: 0, Up: 1, AdminDown: 2 } as const;

export function registerFrrMetrics(speaker: SpeakerPort, registers: Registry[]): void {
  const all: Gauge[] = [];
  const collect = shareRefresh(async () => {
    const instances = await speaker.instances();
    for (const gauge of all) gauge.reset();
    for (const instance of instances) setInstance(instance);
  });
  const gauge = (name: string, help: string, labelNames: readonly string[]): Gauge => {
    const made = new Gauge({ name: `frr_bgp_${name}`, help, labelNames, registers, collect });
    all.push(made);
    return made;
  };
  const ribCount = gauge('rib_count_total', 'Prefixes in the table', tableLabels);
  const ribMemory = gauge('rib_memory_bytes', 'Memory of the table', tableLabels);
  const peersCount = gauge('peers_count_total', 'Neighbors of the family', tableLabels);
  const peersMemory = gauge('peers_memory_bytes', 'Memory of the neighbors, an estimate', tableLabels);
  const groupsCount = gauge('peer_groups_count_total', 'Peer groups that have neighbors', tableLabels);
  const groupsMemory = gauge('peer_groups_memory_bytes', 'Memory of peer groups: none of their own', tableLabels);
  const typesUp = gauge('peer_types_up', 'Neighbors that are up, by kind', groupLabels);
  const received = gauge('peer_prefixes_received_count_total', 'Routes received before policy', peerLabels);
  const accepted = gauge('peer_prefixes_accepted_count_total', 'Routes accepted', peerLabels);
  const filtered = gauge('peer_prefixes_filtered_count_total', 'Routes received and not accepted', peerLabels);
  const advertised = gauge('peer_prefixes_advertised_count_total', 'Routes sent', peerLabels);
  const messagesReceived = gauge('peer_message_received_total', 'Messages received', peerLabels);
  const messagesSent = gauge('peer_message_sent_total', 'Messages sent', peerLabels);
  const uptime = gauge('peer_uptime_seconds', 'How long the session has stood', peerLabels);
  const state = gauge('peer_state', '0 down, 1 up, 2 administratively down', peerLabels);

  function setInstance(instance: InstanceView): void {
    for (const table of instance.families) {
      const family = familyByName(table.family);
      if (family === undefined) continue;
      const views = instance.neighbors.flatMap((neighbor) => {
        const view = neighbor.families.find((each) => each.family === table.family && each.isShown);
        return view === undefined ? [] : [{ neighbor, view }];
      });
      if (views.length === 0) continue;
      const labels = {
        vrf: instance.instance,
        afi: family.version === 4 ? 'ipv4' : 'ipv6',
        safi: 'unicast',
        local_as: String(instance.asn),
      };
      ribCount.set(labels, table.prefixes);
      ribMemory.set(labels, table.ribBytes);
      peersCount.set(labels, views.length);
      peersMemory.set(labels, views.length * NEIGHBOR_BYTES);
      groupsCount.set(labels, countGroups(instance.neighbors));
      groupsMemory.set(labels, 0);
      for (const type of ['internal', 'external'] as const) {
        const up = views.filter(
          ({ neighbor, view }) => isUp(neighbor, view) && neighbor.isIbgp === (type === 'internal'),
        );
        typesUp.set({ ...labels, type }, up.length);
      }
      for (const { neighbor, view } of views) setPeer(labels, neighbor, view);
    }
  }

  function setPeer(table: Readonly<Record<string, string>>, neighbor: NeighborView, view: NeighborFamilyView): void {
    const labels = {
      ...table,
      peer: neighbor.address,
      remote_as: String(neighbor.remoteAsn),
      peer_desc: neighbor.description ?? '',
    };
    const up = isUp(neighbor, view);
    state.set(labels, neighbor.isShutdown ? PeerState.AdminDown : up ? PeerState.Up : PeerState.Down);
    received.set(labels, view.receivedPrePolicy);
    accepted.set(labels, view.accepted);
    filtered.set(labels, Math.max(0, view.receivedPrePolicy - view.accepted));
    advertised.set(labels, view.sent);
    messagesReceived.set(labels, countMessages(neighbor.received));
    messagesSent.set(labels, countMessages(neighbor.sent));
    const { establishedWallMs } = neighbor;
    uptime.set(labels, up && establishedWallMs !== undefined ? (Date.now() - establishedWallMs) / 1000 : 0);
  }
}

function isUp(neighbor: NeighborView, view: NeighborFamilyView): boolean {
  return neighbor.state === 'Established' && view.isNegotiated;
}
