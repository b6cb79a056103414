// What routes live in: attribute sets, sources, next hops and one RIB a family; all of it is made anew when the speaker becomes
// another one (AS number, router ID). Hands the parts of a configuration that concern the RIBs to them.

import type { SpeakerConfig } from './config.ts';
import type { SpeakerEvent } from './events.ts';
import { families } from './net/family.ts';
import { type NotSentDeps, NotSentTeller } from './not-sent.ts';
import type { Clock, Fib, NextHopResolver } from './ports.ts';
import { NextHops } from './rib/next-hops.ts';
import { RibPeers } from './rib/peers.ts';
import { Rib } from './rib/rib.ts';
import { AttributeSets } from './wire/attribute-sets.ts';

export interface Tables {
  readonly attributes: AttributeSets;
  readonly peers: RibPeers;
  readonly nextHops: NextHops;
  /** By family index. */
  readonly ribs: readonly Rib[];
}

export interface TablesDeps {
  readonly clock: Clock;
  readonly nextHops: NextHopResolver;
  readonly onEvent: (event: SpeakerEvent) => void;
  readonly fib?: Fib;
}

export function makeTables(deps: TablesDeps, notSentDeps: NotSentDeps): Tables {
  // Nobody outside can choose prefixes or attributes that collide in the hash tables.
  const hashSeed = Math.floor(deps.clock.random() * 0x1_0000_0000) | 0;
  const attributes = new AttributeSets({ hashSeed });
  const peers = new RibPeers();
  const nextHops = new NextHops(attributes, deps.nextHops);
  const ribs = families.map((family) => {
    const notSent = new NotSentTeller(family.name, notSentDeps);
    const fib = deps.fib === undefined ? {} : { fib: deps.fib };
    return new Rib(family, { attributes, peers, nextHops, hashSeed, notSent, ...fib });
  });
  return { attributes, peers, nextHops, ribs };
}

/** What of a configuration concerns the RIBs as a whole. */
export function configureTables({ ribs }: Tables, { fib }: SpeakerConfig): void {
  const options =
    fib === undefined ? undefined : { advertisesInstalledOnly: fib.advertisesInstalledOnly, installsBlackholes: true };
  for (const rib of ribs) rib.setFib(options);
}
