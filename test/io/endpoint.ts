// A process with the transport and the listeners of src/io, to be run inside a network namespace: takes commands as
// lines of JSON on stdin, writes what happens as lines of JSON on stdout. The counterpart is socket-world.ts.

import { networkInterfaces } from 'node:os';
import { createInterface } from 'node:readline';
import type { ConnectionId, ConnectionInfo, ConnectRequest } from '#bgp/ports.ts';
import { listInterfaceAddresses } from '#io/interfaces.ts';
import { TcpListeners, type ListenEndpoint, type ListenKey } from '#io/tcp-listeners.ts';
import { defaultTransportOptions, TcpTransport, type AcceptedOptions } from '#io/tcp-transport.ts';

export type Command =
  | { readonly do: 'listen'; readonly endpoints: readonly ListenEndpoint[] }
  | { readonly do: 'keys'; readonly keys: readonly ListenKey[] }
  | { readonly do: 'guards'; readonly guards: readonly { readonly prefix: string; readonly minTtl: number }[] }
  /** What accepted connections get from now on; `refuse`: they are nobody's. */
  | { readonly do: 'accept'; readonly options: AcceptedOptions | 'refuse' }
  | { readonly do: 'connect'; readonly request: ConnectRequest }
  | { readonly do: 'send'; readonly connection: ConnectionId; readonly text: string }
  | { readonly do: 'password'; readonly connection: ConnectionId; readonly password: string | undefined }
  | { readonly do: 'ttl'; readonly connection: ConnectionId; readonly ttl: number }
  /** Ends it with RST. */
  | { readonly do: 'reset'; readonly connection: ConnectionId }
  | { readonly do: 'close'; readonly connection: ConnectionId }
  | { readonly do: 'count' };

export interface Happening {
  readonly type:
    | 'ready'
    | 'done'
    | 'opened'
    | 'failed'
    | 'accepted'
    | 'received'
    | 'closed'
    | 'drained'
    | 'refused'
    | 'count';
  readonly connection?: ConnectionId;
  readonly info?: ConnectionInfo;
  readonly text?: string | undefined;
  readonly problems?: readonly string[];
  readonly connections?: number;
}

/** Attempts that nobody answers end after so long (first argument). */
const connectTimeoutMs = Number(process.argv[2]);

let nextId = 1_000_000;
let accepting: AcceptedOptions | 'refuse' | undefined;
const tell = (happening: Happening): void => void process.stdout.write(`${JSON.stringify(happening)}\n`);

const transport: TcpTransport = new TcpTransport(
  { ...defaultTransportOptions, connectTimeoutMs, maxAcceptedPerAddress: 2000 },
  {
    nextAcceptedId: () => nextId++,
    interfaces: () => listInterfaceAddresses(networkInterfaces()),
    events: {
      opened: (connection, info) => tell({ type: 'opened', connection, info }),
      failed: (connection, text) => tell({ type: 'failed', connection, text }),
      accepted: (connection, info) => {
        if (accepting === 'refuse') {
          transport.refuse(connection);
          return;
        }
        const failure = accepting === undefined ? undefined : transport.prepareAccepted(connection, accepting);
        tell({ type: 'accepted', connection, info, text: failure });
      },
      received: (connection, bytes) =>
        tell({ type: 'received', connection, text: Buffer.from(bytes).toString('latin1') }),
      closed: (connection, text) => tell({ type: 'closed', connection, text }),
      drained: () => undefined,
    },
  },
);
const listeners = new TcpListeners((socket) => transport.accept(socket));

async function act(command: Command): Promise<readonly string[]> {
  switch (command.do) {
    case 'listen':
      return listeners.configure(command.endpoints);
    case 'keys':
      return listeners.setKeys(command.keys);
    case 'guards':
      return listeners.setGuards(command.guards);
    case 'accept':
      accepting = command.options;
      return [];
    case 'connect':
      transport.connect(command.request);
      return [];
    case 'send':
      transport.send(command.connection, Buffer.from(command.text));
      return [];
    case 'password': {
      const problem = transport.setPassword(command.connection, command.password);
      return problem === undefined ? [] : [problem];
    }
    case 'ttl': {
      const problem = transport.setTtl(command.connection, command.ttl);
      return problem === undefined ? [] : [problem];
    }
    case 'reset':
      transport.refuse(command.connection);
      return [];
    case 'close':
      transport.close(command.connection);
      return [];
    case 'count':
      tell({ type: 'count', connections: transport.connectionCount });
      return [];
  }
}

if (process.argv[1] === import.meta.filename) {
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    const command: Command = JSON.parse(line);
    void act(command).then((problems) => tell({ type: 'done', problems }));
  });
  lines.on('close', () => process.exit(0));
  tell({ type: 'ready' });
}
