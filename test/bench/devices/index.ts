// The devices by the names that --devices takes.

import { bird } from './bird.ts';
import type { Device } from './device.ts';
import { frr } from './frr.ts';
import { gobgp } from './gobgp.ts';
import { openbgpd } from './openbgpd.ts';
import { relay } from './relay.ts';
import { waggle } from './waggle.ts';

export const devices: ReadonlyMap<string, Device> = new Map([
  ['waggle', waggle],
  ['bird', bird],
  ['frr', frr],
  ['gobgp', gobgp],
  ['openbgpd', openbgpd],
  ['relay', relay],
]);
