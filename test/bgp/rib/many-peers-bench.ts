// Bench of update groups without sockets: many eBGP peers announce prefixes of their own and are sent everyone else's. Prints CPU
// seconds, with one local address for all sessions (one group) and with one each (a group each).
// Usage: node test/bgp/rib/many-peers-bench.ts [peers] [prefixes each]

import { Address } from '#bgp/net/address.ts';
import { asn } from '#bgp/net/asn.ts';
import { ipv4Unicast } from '#bgp/net/family.ts';
import { policyOf } from '#bgp/policy/policy.ts';
import { plainGroupOptions } from '#bgp/rib/group-options.ts';
import { NextHops } from '#bgp/rib/next-hops.ts';
import { RibPeers } from '#bgp/rib/peers.ts';
import { Rib } from '#bgp/rib/rib.ts';
import { WorkState } from '#bgp/rib/types.ts';
import { AttributeSets } from '#bgp/wire/attribute-sets.ts';
import { emptyAttributes, encodePathAttributes, SegmentType } from '#bgp/wire/attributes.ts';

const peerCount = Number(process.argv[2] ?? 100);
const each = Number(process.argv[3] ?? 1000);
const accept = policyOf('accept', 'ebgp', new Map());

function run(hasOwnAddresses: boolean): void {
  const attributes = new AttributeSets();
  const peers = new RibPeers();
  const resolver = { resolve: () => ({ isReachable: true, metric: 0, interfaceName: 'eth0' }) };
  const rib = new Rib(ipv4Unicast, { attributes, peers, nextHops: new NextHops(attributes, resolver) });
  let messages = 0;
  let bytesSent = 0;
  const sessions = Array.from({ length: peerCount }, (_, index) => {
    const address = new Address(4, 0x0a000001 + index, 0, 0, 0);
    const peer = peers.add({ address, kind: 'ebgp', asn: 64_500 + index, routerId: index + 1 });
    rib.setImportPolicy(peer, accept);
    const member = {
      peer,
      send: (bytes: Uint8Array, updates: number) => {
        messages += updates;
        bytesSent += bytes.length;
      },
      queuedBytes: () => 0,
      endOfRibSent: () => undefined,
      refreshBegins: () => undefined,
      refreshEnded: () => undefined,
    };
    rib.groups.join(member, {
      ...plainGroupOptions,
      localAsn: 65_000,
      shownAsn: 65_000,
      prepend: [65_000],
      nextHop: new Address(4, 0x0aff0001 + (hasOwnAddresses ? index : 0), 0, 0, 0),
      exportPolicy: accept,
    });
    return { peer, address };
  });
  const start = process.cpuUsage();
  sessions.forEach(({ peer, address }, index) => {
    for (let prefix = 0; prefix < each; prefix++) {
      // Eight prefixes a set.
      const block = encodePathAttributes({
        ...emptyAttributes,
        asPath: [{ type: SegmentType.Sequence, asns: [asn(64_500 + index), asn(1 + (prefix >> 3))] }],
        nextHop: address,
      });
      const attr = attributes.intern(block, 0, block.length);
      rib.announce(peer, 0, ((index * each + prefix) << 8) | 0, 0, 0, 0, 24, attr, 0, 1_700_000_000);
      attributes.release(attr);
    }
    // As the sockets bring them: a slice of work behind each read.
    rib.work();
  });
  while (rib.work() === WorkState.More);
  const { user, system } = process.cpuUsage(start);
  const sent = sessions.reduce((sum, { peer }) => sum + rib.groups.sent(peer), 0);
  const groups = rib.groups.list().length;
  console.log(
    `${groups} groups: ${((user + system) / 1e6).toFixed(2)} s CPU, ${sent} routes in ${messages} messages, ` +
      `${(bytesSent / 1e6).toFixed(0)} MB, tables ${(rib.bytes / 1e6).toFixed(0)} MB`,
  );
}

run(false);
run(true);
