// The checks of the spine-leaf lab: every session, several paths in every kernel that has them, traffic, and what becomes of it
// when a cable is pulled.
import type { LabPaths } from '../paths.ts';
import { addressesOf, clientAddresses, nodes, sharedAddresses, torLink, tors } from '../topologies/spine-leaf.ts';
import { allOk, type Check, lookUntil, notOk, type Seen, unlessWrong } from './check.ts';
import { describeRoutes, type KernelRoute, readKernelRoutes } from './kernel-routes.ts';
import { readFrom } from './lab-reader.ts';
import { peeringCheck } from './peering.ts';
import { ping, reach } from './traffic.ts';

const families = ['ipv4', 'ipv6'] as const;

export function spineLeafChecks(lab: LabPaths): readonly Check[] {
  return [
    ...nodes.flatMap((node, nodeIndex) =>
      tors.flatMap((tor, torIndex) =>
        families.map((family, index) => {
          const { upper, lower } = addressesOf(torLink(torIndex + 1, nodeIndex + 1))[index];
          const peer = { node: tor.name, kind: 'frr' as const, knows: lower };
          return peeringCheck(lab, { waggle: node.name, neighbor: upper, family, peer });
        }),
      ),
    ),
    ...nodes.flatMap((node) =>
      clientAddresses.map((address) => ({
        name: `kernel of ${node.name}, ${address}`,
        expected: "one route of Waggle's over both switches",
        look: async () => judge(await readKernelRoutes(lab, node.name, address), ['tor1', 'tor2'], true),
      })),
    ),
    ...tors.flatMap((tor) =>
      sharedAddresses.map((address) => ({
        name: `kernel of ${tor.name}, ${address}`,
        expected: 'one route over both nodes, which announce the same address',
        look: async () => judge(await readKernelRoutes(lab, tor.name, address), ['node1', 'node2'], false),
      })),
    ),
    ...nodes.map((node) => ({
      name: `traffic client → ${node.name}`,
      expected: `${node.podAddresses.join(' and ')} answer ping and TCP; the way back is in the kernel because of Waggle alone`,
      look: async () => await reachBoth(lab, node),
    })),
    {
      name: 'traffic client → the shared addresses',
      expected: `${sharedAddresses.join(' and ')} answer ping`,
      look: async () => allOk(await Promise.all(sharedAddresses.map((address) => ping(lab, 'client', address)))),
    },
    cableCheck(lab),
  ];
}

function judge(routes: readonly KernelRoute[], devices: readonly string[], isOurs: boolean): Seen {
  const seen = describeRoutes(routes);
  const [route] = routes;
  if (routes.length !== 1 || String(route.devices) !== String(devices)) return notOk(seen);
  // zebra calls its routes `bgp`.
  return unlessWrong(isOurs && route.protocol === 'bgp' ? [`${seen}, which is FRR's`] : [], seen);
}

async function reachBoth(lab: LabPaths, node: (typeof nodes)[number]): Promise<Seen> {
  return allOk(await Promise.all(node.podAddresses.map((address) => reach(lab, 'client', address, node.name))));
}

/** A pulled cable: the route goes on over the other switch, and comes back to both. */
function cableCheck(lab: LabPaths): Check {
  const [node] = nodes;
  const setLink = async (state: 'up' | 'down'): Promise<void> => {
    await readFrom(lab, node.name, ['ip', 'link', 'set', 'tor1', state]);
    if (state === 'down') return;
    // The kernel forgot the address when the link went down, as it does unless told otherwise.
    const [, { lower }] = addressesOf(torLink(1, 1));
    await readFrom(lab, node.name, ['ip', '-6', 'address', 'replace', `${lower}/64`, 'dev', 'tor1', 'nodad']);
  };
  const read = async (at: string, addresses: readonly string[]): Promise<readonly (readonly KernelRoute[])[]> =>
    await Promise.all(addresses.map((address) => readKernelRoutes(lab, at, address)));
  /** The node's way back over these switches, and the first switch's way to the shared addresses over these nodes. */
  const over = (switches: readonly string[], ends: readonly string[]): Check => ({
    name: 'way back',
    expected: switches.join(' and '),
    look: async () => {
      const ours = (await read(node.name, clientAddresses)).map((found) => judge(found, switches, true));
      const theirs = (await read('tor1', sharedAddresses)).map((found) => judge(found, ends, false));
      return allOk([...ours, ...theirs, await reachBoth(lab, node)]);
    },
  });
  return {
    name: `pull the cable ${node.name} - tor1`,
    expected: `${node.name} stays reachable over tor2 alone; both kernels use both ways again afterwards`,
    isDisruptive: true,
    look: async () => {
      await setLink('down');
      const without = await lookUntil(over(['tor2'], ['node2']), performance.now() + 20_000);
      await setLink('up');
      const back = await lookUntil(over(['tor1', 'tor2'], ['node1', 'node2']), performance.now() + 30_000);
      const wrong = [
        ...(without.isOk ? [] : [`without the cable: ${without.seen}`]),
        ...(back.isOk ? [] : [`afterwards: ${back.seen}`]),
      ];
      return unlessWrong(wrong, `${without.seen}; then ${back.seen}`);
    },
  };
}
