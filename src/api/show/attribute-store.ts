// hot: The attribute sets of one view of routes. A view sends each set's bytes once; they are kept end to end in one growing
// array (an object a set would cost more than the set), and the last few thousand decoded ones in a direct-mapped cache.
// What a decoded set looks like in an answer is the renderer's business: `render` runs once per cached set.

import type { RouteBatch } from '#bgp/views.ts';
import { decodePathAttributes, type PathAttributes } from '#bgp/wire/attributes.ts';

const CACHE_SLOTS = 4096;

export class AttributeStore<Rendered> {
  readonly #render: (attributes: PathAttributes) => Rendered;
  readonly #cacheNumbers = new Int32Array(CACHE_SLOTS).fill(-1);
  readonly #cache: (Rendered | undefined)[] = Array.from({ length: CACHE_SLOTS }, () => undefined);
  #bytes = new Uint8Array(64 * 1024);
  #used = 0;
  /** Where set `n` begins, and how long it is; 0 long when the view has not sent it. */
  #offsets = new Uint32Array(1024);
  #lengths = new Uint16Array(1024);

  constructor(render: (attributes: PathAttributes) => Rendered) {
    this.#render = render;
  }

  /** Takes over the sets that a batch names for the first time. */
  add(batch: RouteBatch): void {
    for (const { number, bytes } of batch.newAttributes) {
      if (number >= this.#offsets.length) this.#growIndex(number);
      if (this.#used + bytes.length > this.#bytes.length) this.#growBytes(bytes.length);
      this.#bytes.set(bytes, this.#used);
      this.#offsets[number] = this.#used;
      this.#lengths[number] = bytes.length;
      this.#used += bytes.length;
      const slot = number & (CACHE_SLOTS - 1);
      if (this.#cacheNumbers[slot] === number) this.#cacheNumbers[slot] = -1;
    }
  }

  bytesOf(number: number): Uint8Array {
    if (number >= this.#offsets.length) return this.#bytes.subarray(0, 0);
    const offset = this.#offsets[number];
    return this.#bytes.subarray(offset, offset + this.#lengths[number]);
  }

  get(number: number): Rendered {
    const slot = number & (CACHE_SLOTS - 1);
    const cached = this.#cache[slot];
    if (this.#cacheNumbers[slot] === number && cached !== undefined) return cached;
    const rendered = this.#render(decodePathAttributes(this.bytesOf(number)));
    this.#cacheNumbers[slot] = number;
    this.#cache[slot] = rendered;
    return rendered;
  }

  #growIndex(number: number): void {
    const size = Math.max(number + 1, this.#offsets.length * 2);
    const offsets = new Uint32Array(size);
    const lengths = new Uint16Array(size);
    offsets.set(this.#offsets);
    lengths.set(this.#lengths);
    this.#offsets = offsets;
    this.#lengths = lengths;
  }

  #growBytes(needed: number): void {
    // By half: doubling would keep three copies' worth of memory for a moment.
    const bytes = new Uint8Array(Math.max(this.#used + needed, Math.floor(this.#bytes.length * 1.5)));
    bytes.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = bytes;
  }
}
