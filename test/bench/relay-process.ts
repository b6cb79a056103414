// The process behind devices/relay.ts: accepts the generator and the receiver, answers their OPEN and KEEPALIVE, then passes
// everything from the one to the other as it comes.

import net from 'node:net';

import { encodeKeepalive, encodeOpen } from './encode.ts';
import { deviceAsn, generatorPlan, receiverPlan } from './plan.ts';

const sockets = new Map<string, net.Socket>();

const server = net.createServer({ noDelay: true }, (socket) => {
  const peer = socket.remoteAddress === generatorPlan.address ? generatorPlan : receiverPlan;
  sockets.set(peer.name, socket);
  socket.on('error', () => socket.destroy());
  socket.write(encodeOpen({ ...peer, asn: deviceAsn, address: peer.deviceAddress }, 180));
  socket.write(encodeKeepalive());
  if (peer === receiverPlan) {
    socket.resume();
    return;
  }
  // OPEN, then KEEPALIVE: nothing of the peer's greeting is passed on.
  let greeting = encodeOpen(generatorPlan, 180).length + encodeKeepalive().length;
  socket.on('data', (chunk: Buffer) => {
    const skipped = Math.min(greeting, chunk.length);
    greeting -= skipped;
    const receiver = sockets.get(receiverPlan.name);
    if (skipped === chunk.length || receiver === undefined) return;
    if (receiver.write(chunk.subarray(skipped))) return;
    socket.pause();
    receiver.once('drain', () => socket.resume());
  });
});
server.listen({ host: '0.0.0.0', port: 179 });
