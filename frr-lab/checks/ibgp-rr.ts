// The checks of the ibgp-rr lab: sessions between loopbacks, what a reflector adds to a route, next hops that only OSPF knows, and
// traffic between every two sites.
import { asArray, asRecord, at, readString } from '../json.ts';
import type { LabPaths } from '../paths.ts';
import { clients, loopbacks, sites } from '../topologies/ibgp-rr.ts';
import { type Check, notOk, ok, unlessWrong } from './check.ts';
import { describeRoutes, readKernelRoutes } from './kernel-routes.ts';
import { readFrom, readJsonFrom } from './lab-reader.ts';
import { peeringCheck } from './peering.ts';
import { reach } from './traffic.ts';

export function ibgpRrChecks(lab: LabPaths): readonly Check[] {
  const family = 'ipv4';
  return [
    peeringCheck(lab, {
      waggle: 'edge1',
      neighbor: loopbacks.rr1,
      family,
      peer: { node: 'rr1', kind: 'frr', knows: loopbacks.edge1 },
    }),
    peeringCheck(lab, {
      waggle: 'rr2',
      neighbor: loopbacks.rr1,
      family,
      peer: { node: 'rr1', kind: 'frr', knows: loopbacks.rr2 },
    }),
    peeringCheck(lab, {
      waggle: 'rr2',
      neighbor: loopbacks.edge2,
      family,
      peer: { node: 'edge2', kind: 'frr', knows: loopbacks.rr2 },
    }),
    peeringCheck(lab, {
      waggle: 'rr2',
      neighbor: loopbacks.edge3,
      family,
      peer: { node: 'edge3', kind: 'bird', knows: 'rr2' },
    }),
    reflectedCheck(lab),
    birdCheck(lab),
    ...sites.filter(({ edge }) => edge !== 'edge1').map(({ edge, network }) => recursiveCheck(lab, edge, network)),
    ...sites.flatMap((from) =>
      sites
        .filter((to) => to !== from)
        .map((to) => ({
          name: `traffic ${from.host} → ${to.host}`,
          expected: `${to.address} answers ping and TCP`,
          look: async () => await reach(lab, from.host, to.address, to.host),
        })),
    ),
  ];
}

/** RFC 4456 §8, as FRR reads it: Waggle reflected BIRD's route to its other client. */
function reflectedCheck(lab: LabPaths): Check {
  const site = sites[2];
  return {
    name: `${site.network} at edge2`,
    expected: `next hop ${loopbacks.edge3}, ORIGINATOR_ID ${loopbacks.edge3}, CLUSTER_LIST ${loopbacks.rr2}`,
    look: async () => {
      const json = await readJsonFrom(lab, 'edge2', ['vtysh', '-c', `show bgp ipv4 unicast ${site.network} json`]);
      const [path] = asArray(at(json, 'paths'));
      const seen = {
        nextHop: readString(asArray(at(path, 'nexthops'))[0], 'ip'),
        originator: readString(path, 'originatorId'),
        clusters: String(asArray(at(path, 'clusterList', 'list'))),
      };
      const text = `next hop ${seen.nextHop}, ORIGINATOR_ID ${seen.originator}, CLUSTER_LIST ${seen.clusters}`;
      const isOk =
        text === `next hop ${loopbacks.edge3}, ORIGINATOR_ID ${loopbacks.edge3}, CLUSTER_LIST ${loopbacks.rr2}`;
      return isOk ? ok(text) : notOk(text);
    },
  };
}

/** A route that passed both reflectors, as BIRD reads it. */
function birdCheck(lab: LabPaths): Check {
  const [site] = sites;
  return {
    name: `${site.network} at edge3`,
    expected: `originated by ${loopbacks.edge1}, reflected by rr1 and then by rr2`,
    look: async () => {
      const text = await readFrom(lab, 'edge3', ['birdc', 'show', 'route', 'for', site.network, 'all']);
      const originator = /BGP\.originator_id: (\S+)/.exec(text)?.[1];
      const clusters = /BGP\.cluster_list: (.*)/.exec(text)?.[1].trim();
      const wrong = [
        ...(originator === loopbacks.edge1 ? [] : [`originator ${originator}`]),
        ...(clusters === `${loopbacks.rr2} ${loopbacks.rr1}` ? [] : [`clusters ${clusters}`]),
      ];
      return unlessWrong(wrong, `originator ${originator}, clusters ${clusters}`);
    },
  };
}

/** The next hop is a loopback far away; the kernel's route goes out where OSPF's route to it does. */
function recursiveCheck(lab: LabPaths, edge: string, network: string): Check {
  return {
    name: `kernel of edge1, ${network}`,
    expected: `a route of Waggle's towards p1, because OSPF leads to ${edge}'s loopback there; rr1's clients are ${clients.rr1.join(' and ')}`,
    look: async () => {
      const [routes, answer] = await Promise.all([
        readKernelRoutes(lab, 'edge1', network),
        readJsonFrom(lab, 'edge1', ['waggle', 'show', 'bgp', 'ipv4', 'unicast', network, 'json']),
      ]);
      const [path] = asArray(at(answer, 'paths'));
      const nextHop = readString(asArray(at(path, 'nexthops'))[0], 'ip');
      const wanted = asRecord(loopbacks)[edge];
      const wrong = [
        ...(nextHop === wanted ? [] : [`next hop ${nextHop} in BGP`]),
        ...(routes.length === 1 && String(routes[0].devices) === 'p1' && routes[0].protocol !== 'bgp'
          ? []
          : [describeRoutes(routes)]),
      ];
      return unlessWrong(wrong, `next hop ${nextHop} in BGP, in the kernel ${describeRoutes(routes)}`);
    },
  };
}
