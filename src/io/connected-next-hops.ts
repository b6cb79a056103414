// A next hop is reachable when it lies in a subnet that is connected right now. The interfaces are read
// again every few seconds and when a session comes or goes; `changed` tells the speaker to look again.
// Routes beyond connected subnets are not known here.

import { networkInterfaces } from 'node:os';
import { isLinkLocal } from '#bgp/net/address.ts';
import type { Address } from '#bgp/net/address.ts';
import type { NextHopResolver, ResolvedNextHop } from '#bgp/ports.ts';
import { listInterfaceAddresses } from './interfaces.ts';
import type { InterfaceAddress, InterfaceTable } from './interfaces.ts';

export interface ConnectedNextHopsOptions {
  readonly refreshMs: number;
}

export interface ConnectedNextHopsDeps {
  readonly changed: () => void;
  readonly readInterfaces?: () => InterfaceTable;
}

const unreachable: ResolvedNextHop = { isReachable: false, metric: 0, interfaceName: undefined };

export class ConnectedNextHops implements NextHopResolver {
  readonly #changed: () => void;
  readonly #readInterfaces: () => InterfaceTable;
  readonly #timer: NodeJS.Timeout;
  #addresses: readonly InterfaceAddress[] = [];
  #fingerprint = '';

  constructor(options: ConnectedNextHopsOptions, deps: ConnectedNextHopsDeps) {
    this.#changed = deps.changed;
    this.#readInterfaces = deps.readInterfaces ?? networkInterfaces;
    this.#read();
    this.#timer = setInterval(() => this.refresh(), options.refreshMs);
    this.#timer.unref();
  }

  resolve(address: Address): ResolvedNextHop {
    let best: InterfaceAddress | undefined;
    let isAmbiguous = false;
    for (const entry of this.#addresses) {
      // RFC 4271 §5.1.3: a route whose next hop is an address of our own cannot be used.
      if (entry.address.equals(address)) return unreachable;
      if (!entry.subnet.containsAddress(address)) continue;
      if (best === undefined || entry.subnet.length > best.subnet.length) {
        best = entry;
        isAmbiguous = false;
      } else if (entry.subnet.length === best.subnet.length && entry.interfaceName !== best.interfaceName) {
        isAmbiguous = true;
      }
    }
    if (best === undefined) return unreachable;
    // fe80::/10 is connected everywhere: reachable, but only the session knows on which interface.
    const isOneOfMany = isAmbiguous && isLinkLocal(address);
    return { isReachable: true, metric: 0, interfaceName: isOneOfMany ? undefined : best.interfaceName };
  }

  /** The interfaces as last read. */
  addresses(): readonly InterfaceAddress[] {
    return this.#addresses;
  }

  /** Reads the interfaces now; tells the speaker when they are not what they were. */
  refresh(): void {
    if (this.#read()) this.#changed();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #read(): boolean {
    const addresses = listInterfaceAddresses(this.#readInterfaces());
    const fingerprint = addresses
      .map((entry) => `${entry.interfaceName} ${entry.text}/${entry.subnet.length}`)
      .sort()
      .join('\n');
    if (fingerprint === this.#fingerprint) return false;
    this.#addresses = addresses;
    this.#fingerprint = fingerprint;
    return true;
  }
}
