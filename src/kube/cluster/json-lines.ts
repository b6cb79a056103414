// A watch's octets → its events: one JSON text a line, however the octets were cut. A line has a limit, so that who never ends one cannot
// fill the memory.

import { ClusterUnreachable } from './cluster.ts';

/** More than an API server stores in one object, twice. */
const longestLine = 8 * 1024 * 1024;

export class JsonLines {
  readonly #told: (line: string) => void;
  #parts: Buffer[] = [];
  #length = 0;

  constructor(told: (line: string) => void) {
    this.#told = told;
  }

  /** Throws ClusterUnreachable for a line that is too long. */
  push(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      this.#keep(chunk.subarray(from, end));
      from = end + 1;
      const line = Buffer.concat(this.#parts).toString('utf8');
      this.#parts = [];
      this.#length = 0;
      if (line.trim() !== '') this.#told(line);
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from));
  }

  #keep(part: Buffer): void {
    this.#length += part.length;
    if (this.#length > longestLine)
      throw new ClusterUnreachable(`a line of a watch is longer than ${longestLine} octets`);
    this.#parts.push(part);
  }
}
