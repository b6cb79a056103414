// A program for lab nodes: whoever connects by TCP is told the node's name. Arguments: name, port.
import { createServer } from 'node:net';

const [name = '', port = ''] = process.argv.slice(2);
const server = createServer((socket) => {
  // The other side may be gone before it has read its answer.
  socket.on('error', () => socket.destroy());
  socket.end(`${name}\n`);
});
server.listen({ port: Number(port), host: '::' });
