// A device without BGP: accepts a generator and a receiver, answers their OPEN and KEEPALIVE, then passes everything from the
// one to the other as it comes.

import net from 'node:net';

import { encodeKeepalive, encodeOpen } from './encode.ts';
import { deviceAsn } from './plan.ts';
import type { PeerPlan } from './plan.ts';

export interface RelayPlan {
  /** Where it listens, on port 179. */
  readonly host: string;
  readonly generator: PeerPlan;
  readonly receiver: PeerPlan;
}

export function startRelay({ host, generator, receiver }: RelayPlan): net.Server {
  const sockets = new Map<string, net.Socket>();
  const server = net.createServer({ noDelay: true }, (socket) => {
    const peer = socket.remoteAddress === generator.address ? generator : receiver;
    sockets.set(peer.name, socket);
    socket.on('error', () => socket.destroy());
    socket.write(encodeOpen({ ...peer, asn: deviceAsn, address: peer.deviceAddress }, 180));
    socket.write(encodeKeepalive());
    if (peer === receiver) {
      socket.resume();
      return;
    }
    // OPEN, then KEEPALIVE: nothing of the peer's greeting is passed on.
    let greeting = encodeOpen(generator, 180).length + encodeKeepalive().length;
    socket.on('data', (chunk: Buffer) => {
      const skipped = Math.min(greeting, chunk.length);
      greeting -= skipped;
      const to = sockets.get(receiver.name);
      if (skipped === chunk.length || to === undefined) return;
      if (to.write(chunk.subarray(skipped))) return;
      socket.pause();
      to.once('drain', () => socket.resume());
    });
  });
  server.listen({ host, port: 179 });
  return server;
}
