// Where something was measured, in a line: figures of another machine are other figures.

import { cpus, totalmem } from 'node:os';

export function describeMachine(): string {
  return `${cpus().length} × ${cpus()[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
}
