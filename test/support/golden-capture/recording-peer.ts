// The other end of a daemon's session, for capturing: it listens where the daemon connects to, sends an OPEN and what the scenario says,
// keeps the session up, and records every message that comes. It judges nothing: the messages are to be those of the daemon alone.

import { createConnection, createServer, type Server, type Socket } from 'node:net';

import { concat, fromHex, message } from '../../bgp/wire/bytes.ts';

export interface PeerScript {
  /** Where we listen; the daemon knows us by it. */
  readonly address: string;
  readonly asn: number;
  /** Capabilities of our OPEN, in hexadecimal digits. */
  readonly capabilities: string;
  /** UPDATEs and ROUTE-REFRESHes for when the session is up, whole messages. */
  readonly sends?: readonly Uint8Array[];
  /** Bytes instead of an OPEN or after it: what makes the daemon complain. */
  readonly insteadOfOpen?: Uint8Array;
  readonly insteadOfKeepalive?: Uint8Array;
  /** Opens a second connection to this address when the first is in OpenConfirm (RFC 4271 §6.8). */
  readonly collidesWith?: string;
  readonly holdTimeSec?: number;
  /** Sends KEEPALIVEs; true when absent. */
  readonly isAlive?: boolean;
}

export const keepalive: Uint8Array = message(4, []);

/** Our OPEN, from its parts; the identifier is the address when that is IPv4, else 192.0.2.1. */
export function openOf({ address, asn, capabilities, holdTimeSec = 90 }: PeerScript): Uint8Array {
  const field = asn > 0xffff ? 23_456 : asn;
  const identifier = address.includes(':') ? [192, 0, 2, 1] : address.split('.').map(Number);
  const value = fromHex(capabilities);
  const parameters = value.length === 0 ? [0] : [value.length + 2, 2, value.length];
  const fixed = [4, field >> 8, field & 255, holdTimeSec >> 8, holdTimeSec & 255, ...identifier, ...parameters];
  return message(1, concat(fixed, value));
}

export class RecordingPeer {
  readonly messages: Uint8Array[] = [];
  isEstablished = false;
  readonly #script: PeerScript;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(script: PeerScript) {
    this.#script = script;
    this.#server = createServer({ noDelay: true }, (socket) => this.#speak(socket, true));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(179, this.#script.address, resolve);
    });
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  send(bytes: Uint8Array): void {
    for (const socket of this.#sockets) socket.write(bytes);
  }

  /** Ends the connections, not the listening: the daemon comes again. */
  drop(): void {
    this.isEstablished = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  #speak(socket: Socket, isFirst: boolean): void {
    const script = this.#script;
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    const beat = setInterval(() => this.isEstablished && script.isAlive !== false && socket.write(keepalive), 5000);
    socket.on('close', () => {
      clearInterval(beat);
      this.#sockets.delete(socket);
    });
    socket.write(script.insteadOfOpen ?? openOf(script));
    let rest: Uint8Array = new Uint8Array(0);
    let isConfirmed = false;
    socket.on('data', (bytes) => {
      rest = concat(rest, bytes);
      for (let length = lengthOf(rest); length >= 19 && rest.length >= length; length = lengthOf(rest)) {
        const one = rest.slice(0, length);
        rest = rest.slice(length);
        this.messages.push(one);
        if (one[18] === 1 && isFirst) this.#confirm(socket);
        if (one[18] !== 4 || isConfirmed || !isFirst) continue;
        isConfirmed = true;
        this.isEstablished = true;
        for (const message of script.sends ?? []) socket.write(message);
      }
    });
  }

  #confirm(socket: Socket): void {
    const { collidesWith, address, insteadOfKeepalive } = this.#script;
    if (collidesWith === undefined) {
      socket.write(insteadOfKeepalive ?? keepalive);
      return;
    }
    const second = createConnection({ host: collidesWith, port: 179, localAddress: address, noDelay: true });
    this.#speak(second, false);
  }
}

function lengthOf(bytes: Uint8Array): number {
  return bytes.length < 19 ? Infinity : (bytes[16] << 8) | bytes[17];
}
