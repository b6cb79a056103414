// The harness's own speed: a process that answers our OPENs and passes the generator's bytes on unread. What it takes is the
// floor under every other number of the report; it is no BGP speaker and has no limit to meet.

import { fileURLToPath } from 'node:url';

import type { Device } from './device.ts';

const program = fileURLToPath(new URL('../relay-process.ts', import.meta.url));

export const relay: Device = {
  name: 'relay (no BGP)',
  transit: 'unchanged',
  findVersion: () => process.version.slice(1),
  prepare: () => ({ file: process.execPath, args: [program] }),
};
