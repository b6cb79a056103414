// Bytes of attribute sets: blocks of any size up to MAX_BLOCK_LENGTH in a few large chunks, named by a 32-bit address. Freed
// blocks wait in a list of their size class for the next block of that class; they are never split or joined, so the space is
// bounded by the sum of each class's own peak. 4 GiB of addresses; beyond them, RangeError.
// hot

const CHUNK_BITS = 20;
const CHUNK_LENGTH = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_LENGTH - 1;
const MAX_CHUNKS = 1 << (32 - CHUNK_BITS);

/** Longest block: whatever an UPDATE of 65,535 octets (RFC 8654) can carry, as lengths of blocks are kept in two octets. */
export const MAX_BLOCK_LENGTH = 65_535;

const SMALL_LIMIT = 512;
const SMALL_CLASSES = SMALL_LIMIT / 8;
const CLASSES = SMALL_CLASSES + ((MAX_BLOCK_LENGTH + 255) >> 8) + 1;

/** Steps of 8 octets up to 512, then of 256. */
function classOf(length: number): number {
  return length <= SMALL_LIMIT ? (length + 7) >> 3 : SMALL_CLASSES + ((length + 255) >> 8);
}

function classLength(sizeClass: number): number {
  return sizeClass <= SMALL_CLASSES ? sizeClass << 3 : (sizeClass - SMALL_CLASSES) << 8;
}

export class ByteArena {
  private readonly chunks: Uint8Array[] = [];
  /** First free block by class, plus one; 0 for none. The first four octets of a free block hold the next one. */
  private readonly free: Float64Array = new Float64Array(CLASSES);
  private next = 0;
  private used = 0;

  /** Octets in blocks that are in use, as rounded up to their classes. */
  get bytesUsed(): number {
    return this.used;
  }

  /** Octets taken from the system. */
  get bytesReserved(): number {
    return this.chunks.length * CHUNK_LENGTH;
  }

  chunkOf(address: number): Uint8Array {
    return this.chunks[address >>> CHUNK_BITS];
  }

  offsetOf(address: number): number {
    return address & CHUNK_MASK;
  }

  /** Copies the bytes into a block of their own and answers its address. */
  store(buffer: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (length > MAX_BLOCK_LENGTH) throw new RangeError(`attributes of ${length} octets; at most ${MAX_BLOCK_LENGTH}`);
    const address = this.allocate(classOf(Math.max(length, 1)));
    const chunk = this.chunkOf(address);
    const offset = this.offsetOf(address);
    for (let index = 0; index < length; index++) chunk[offset + index] = buffer[start + index];
    return address;
  }

  /** Gives the block of `length` octets at `address` back. */
  release(address: number, length: number): void {
    const sizeClass = classOf(Math.max(length, 1));
    const chunk = this.chunkOf(address);
    const offset = this.offsetOf(address);
    // Plus one may need 33 bits: the list head is a double, the link drops the one again.
    const head = this.free[sizeClass];
    const link = head === 0 ? 0xffff_ffff : head - 1;
    chunk[offset] = link >>> 24;
    chunk[offset + 1] = (link >>> 16) & 255;
    chunk[offset + 2] = (link >>> 8) & 255;
    chunk[offset + 3] = link & 255;
    this.free[sizeClass] = address + 1;
    this.used -= classLength(sizeClass);
  }

  private allocate(sizeClass: number): number {
    const size = classLength(sizeClass);
    this.used += size;
    const head = this.free[sizeClass];
    if (head !== 0) {
      const address = head - 1;
      const chunk = this.chunkOf(address);
      const offset = this.offsetOf(address);
      const link =
        ((chunk[offset] << 24) | (chunk[offset + 1] << 16) | (chunk[offset + 2] << 8) | chunk[offset + 3]) >>> 0;
      this.free[sizeClass] = link === 0xffff_ffff ? 0 : link + 1;
      return address;
    }
    if (this.chunks.length === 0 || this.next + size > CHUNK_LENGTH) {
      if (this.chunks.length === MAX_CHUNKS) throw new RangeError('more than 4 GiB of path attributes');
      this.chunks.push(new Uint8Array(CHUNK_LENGTH));
      this.next = 0;
    }
    const address = (this.chunks.length - 1) * CHUNK_LENGTH + this.next;
    this.next += size;
    return address;
  }
}
