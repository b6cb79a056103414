// hot: four octets in network byte order as a number, as every field of that size in BGP is (RFC 4271 §4).
// Without a DataView: one would have to be made for each chunk.

export function readUint32(buffer: Uint8Array, at: number): number {
  return ((buffer[at] << 24) | (buffer[at + 1] << 16) | (buffer[at + 2] << 8) | buffer[at + 3]) >>> 0;
}

/** Answers the offset behind the word. */
export function writeUint32(word: number, out: Uint8Array, at: number): number {
  out[at] = word >>> 24;
  out[at + 1] = (word >>> 16) & 255;
  out[at + 2] = (word >>> 8) & 255;
  out[at + 3] = word & 255;
  return at + 4;
}
