// The far end of one session in the histories of whole speakers: what it was sent, read without bgp/wire: our OPEN, and by family what
// it must believe after the UPDATEs, which End-of-RIB it heard and which refreshes.

import type { FamilyName } from '#bgp/net/family.ts';
import type { ConnectionId } from '#bgp/ports.ts';
import { readUpdate } from '../rib/update-text.ts';
import type { FarOpen } from './octets-out.ts';

export class FarTable {
  /** Texts of attributes by prefix, with `#` and the path identifier where there are some. */
  readonly routes = new Map<string, string>();
  endsOfRib = 0;
  /** Routes were asked for again (RFC 2918). */
  refreshesAsked = 0;
  begun = 0;
  ended = 0;
  isRefreshing = false;
  /** Not announced again since BoRR. */
  private readonly old = new Set<string>();

  byPrefix(): Map<string, string[]> {
    const found = new Map<string, string[]>();
    for (const [key, text] of this.routes) {
      const [prefix] = key.split('#');
      found.set(prefix, [...(found.get(prefix) ?? []), text].toSorted());
    }
    return found;
  }

  announce(key: string, text: string): void {
    this.routes.set(key, text);
    this.old.delete(key);
  }

  withdraw(key: string): void {
    this.routes.delete(key);
    this.old.delete(key);
  }

  /** RFC 7313 §4. */
  refresh(subtype: number): void {
    if (subtype === 0) this.refreshesAsked += 1;
    if (subtype === 1) {
      this.begun += 1;
      if (this.endsOfRib === 0) throw new Error('BoRR before End-of-RIB');
      for (const key of this.routes.keys()) this.old.add(key);
      this.isRefreshing = true;
    }
    if (subtype === 2) {
      this.ended += 1;
      if (!this.isRefreshing) throw new Error('EoRR without BoRR');
      for (const key of this.old) this.routes.delete(key);
      this.old.clear();
      this.isRefreshing = false;
    }
  }
}

/** Flags of our OPEN: R, and F by AFI (RFC 4724 §3). */
export interface SeenRestart {
  readonly isRestarting: boolean;
  readonly hasNotification: boolean;
  readonly timeSec: number;
  readonly families: ReadonlyMap<number, boolean>;
}

export class FarEnd {
  readonly connection: ConnectionId;
  readonly said: FarOpen;
  readonly tables: Readonly<Record<FamilyName, FarTable>> = {
    'ipv4-unicast': new FarTable(),
    'ipv6-unicast': new FarTable(),
  };
  /** undefined: our OPEN has not come, or has no such capability. */
  restart: SeenRestart | undefined;
  hasOpen = false;
  isClosed = false;
  /** Code and subcode of the NOTIFICATION that we sent. */
  notified: string | undefined;

  constructor(connection: ConnectionId, said: FarOpen) {
    this.connection = connection;
    this.said = said;
  }

  /** Whole messages, as the speaker sends them. */
  take(bytes: Uint8Array): void {
    if (this.isClosed) throw new Error('octets after the connection was closed');
    for (let at = 0; at < bytes.length;) {
      const length = (bytes[at + 16] << 8) | bytes[at + 17];
      if (length < 19 || at + length > bytes.length) throw new Error(`a message of ${length} octets`);
      this.#read(bytes.subarray(at, at + length));
      at += length;
    }
  }

  #read(message: Uint8Array): void {
    switch (message[18]) {
      case 1:
        this.#readOpen(message);
        break;
      case 2:
        this.#readUpdate(message);
        break;
      case 3:
        this.notified = `${message[19]}/${message[20]}`;
        break;
      case 5:
        this.tables[message[20] === 1 ? 'ipv4-unicast' : 'ipv6-unicast'].refresh(message[21]);
        break;
      default:
    }
  }

  #readUpdate(message: Uint8Array): void {
    const { hasFourOctetAsn, takesPaths } = this.said;
    const update = readUpdate(
      message,
      hasFourOctetAsn,
      this.#hasPathIds('ipv4-unicast', takesPaths),
      this.#hasPathIds('ipv6-unicast', takesPaths),
    );
    if (update.isEndOfRib) this.tables[message.length === 23 ? 'ipv4-unicast' : 'ipv6-unicast'].endsOfRib += 1;
    for (const key of update.withdrawn) this.#tableOf(key).withdraw(key);
    for (const key of update.announced) this.#tableOf(key).announce(key, update.attributes);
  }

  /** What we offer is in our OPEN. */
  #hasPathIds(family: FamilyName, takesPaths: readonly FamilyName[]): boolean {
    return takesPaths.includes(family) && this.#sentPaths.has(family);
  }

  readonly #sentPaths = new Set<FamilyName>();

  #readOpen(message: Uint8Array): void {
    this.hasOpen = true;
    for (let at = 29; at < message.length;) {
      const end = at + 2 + message[at + 1];
      for (at += 2; at < end;) {
        const value = message.subarray(at + 2, at + 2 + message[at + 1]);
        if (message[at] === 64) this.restart = readRestart(value);
        if (message[at] === 69) {
          for (let entry = 0; entry < value.length; entry += 4) {
            const family = value[entry + 1] === 1 ? 'ipv4-unicast' : 'ipv6-unicast';
            if ((value[entry + 3] & 2) !== 0) this.#sentPaths.add(family);
          }
        }
        at += 2 + value.length;
      }
    }
  }

  #tableOf(key: string): FarTable {
    return this.tables[key.includes(':') ? 'ipv6-unicast' : 'ipv4-unicast'];
  }
}

function readRestart(value: Uint8Array): SeenRestart {
  const families = new Map<number, boolean>();
  for (let at = 2; at < value.length; at += 4) families.set(value[at + 1], (value[at + 3] & 128) !== 0);
  return {
    isRestarting: (value[0] & 0x80) !== 0,
    hasNotification: (value[0] & 0x40) !== 0,
    timeSec: ((value[0] & 15) << 8) | value[1],
    families,
  };
}
