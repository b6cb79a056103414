// The far end of a session in the histories: what a peer believes after the UPDATE bytes that it was sent.

import { readUpdate, splitMessages } from './update-text.ts';

/** A member of an update group as its peer sees us. */
export class Receiver {
  readonly peer: number;
  readonly routes = new Map<string, string>();
  private readonly exact = new Map<string, string>();
  readonly hasFourOctetAsn: boolean;
  queued = 0;
  endsOfRib = 0;
  endsOfRibTold = 0;
  refreshesBegun = 0;
  refreshesEnded = 0;
  /** Set when nothing but news may come: an announcement of what it has is a fault then. */
  isStrict = false;
  fault = '';

  readonly hasPathIds: boolean;

  constructor(peer: number, hasFourOctetAsn: boolean, hasPathIds: boolean) {
    this.peer = peer;
    this.hasFourOctetAsn = hasFourOctetAsn;
    this.hasPathIds = hasPathIds;
  }

  /** Texts of the attributes by prefix, whatever the path identifiers. */
  byPrefix(): Map<string, string[]> {
    const found = new Map<string, string[]>();
    for (const [key, text] of this.routes) {
      const [prefix] = key.split('#');
      found.set(prefix, [...(found.get(prefix) ?? []), text].toSorted());
    }
    return found;
  }

  send(bytes: Uint8Array, updates: number): void {
    const messages = splitMessages(bytes);
    if (messages.length !== updates) this.fault = `${messages.length} messages were called ${updates}`;
    for (const message of messages) {
      const update = readUpdate(message, this.hasFourOctetAsn, this.hasPathIds);
      if (update.isEndOfRib) this.endsOfRib++;
      for (const prefix of update.withdrawn) {
        if (!this.routes.delete(prefix) && this.isStrict) this.fault = `${prefix} was withdrawn twice`;
      }
      for (const prefix of update.announced) {
        if (this.routes.has(prefix) && this.exact.get(prefix) === update.exact && this.isStrict) {
          this.fault = `${prefix} was announced twice`;
        }
        this.exact.set(prefix, update.exact);
        this.routes.set(prefix, update.attributes);
      }
    }
  }

  queuedBytes(): number {
    return this.queued;
  }

  endOfRibSent(): void {
    this.endsOfRibTold++;
  }

  refreshBegins(): void {
    this.refreshesBegun++;
  }

  refreshEnded(): void {
    if (++this.refreshesEnded > this.refreshesBegun) this.fault = 'a refresh ended that had not begun';
  }
}
