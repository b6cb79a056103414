// hot: One view of routes being read batch by batch: who the peers are, and which rows begin a new prefix. Nothing of a view is
// collected; a batch is gone when the next one is asked for.

import { formatAddress } from '#bgp/net/address.ts';
import type { Family } from '#bgp/net/family.ts';
import type { PathPeerView, RouteBatch, RouteViewHead } from '#bgp/views.ts';
import type { RouteStream } from '#speaker/port.ts';
import type { SliceWriter } from '../slice-writer.ts';

const unknownPeer: PathPeerView = { number: -1, address: '', remoteAsn: 0, routerId: '0.0.0.0', isIbgp: false };

export class RouteView {
  readonly head: RouteViewHead;
  readonly family: Family;
  readonly #stream: RouteStream;
  readonly #peers: PathPeerView[] = [];

  constructor(stream: RouteStream, family: Family) {
    this.head = stream.head;
    this.family = family;
    this.#stream = stream;
    for (const peer of stream.head.peers) this.#peers[peer.number] = peer;
  }

  /** Ends the view when the reader stops, early or not. */
  async *batches(): AsyncGenerator<RouteBatch, void, undefined> {
    try {
      yield* this.#stream.batches;
    } finally {
      this.#stream.close();
    }
  }

  close(): void {
    this.#stream.close();
  }

  peer(number: number): PathPeerView {
    return this.#peers[number] ?? unknownPeer;
  }

  prefixText(batch: RouteBatch, row: number): string {
    const words = batch.prefixWords;
    const at = row * this.family.words;
    const address =
      this.family.words === 1
        ? formatAddress(4, words[at], 0, 0, 0)
        : formatAddress(6, words[at], words[at + 1], words[at + 2], words[at + 3]);
    return `${address}/${batch.prefixLengths[row]}`;
  }
}

/** Tells rows of a new prefix from further paths of the last one, across batches, and keeps the prefix's text. */
export class PrefixRows {
  prefixes = 0;
  paths = 0;
  readonly #family: Family;
  readonly #words: Int32Array;
  #length = -1;
  /** `2001:db8::/32`, once it was asked for. */
  readonly #text: Uint8Array = new Uint8Array(64);
  #addressBytes = 0;
  #textBytes = 0;

  constructor(family: Family) {
    this.#family = family;
    this.#words = new Int32Array(family.words);
  }

  /** True for the first path of a prefix. */
  advance(batch: RouteBatch, row: number): boolean {
    this.paths++;
    if (this.#isSame(batch, row)) return false;
    const { words } = this.#family;
    for (let word = 0; word < words; word++) this.#words[word] = batch.prefixWords[row * words + word];
    this.#length = batch.prefixLengths[row];
    this.#textBytes = 0;
    this.prefixes++;
    return true;
  }

  #isSame(batch: RouteBatch, row: number): boolean {
    if (batch.prefixLengths[row] !== this.#length) return false;
    const { words } = this.#family;
    for (let word = 0; word < words; word++) {
      if (batch.prefixWords[row * words + word] !== this.#words[word]) return false;
    }
    return true;
  }

  writeAddress(out: SliceWriter): void {
    if (this.#textBytes === 0) this.#format(out);
    out.writeBytes(this.#text, this.#addressBytes);
  }

  writePrefix(out: SliceWriter): void {
    if (this.#textBytes === 0) this.#format(out);
    out.writeBytes(this.#text, this.#textBytes);
  }

  /** Formats where text is formatted anyway, and keeps a copy. */
  #format(out: SliceWriter): void {
    const start = out.at;
    out.writeAddress(this.#family.version, this.#words, 0);
    this.#addressBytes = out.at - start;
    out.writeByte(0x2f);
    out.writeNumber(this.#length);
    this.#textBytes = out.at - start;
    for (let index = 0; index < this.#textBytes; index++) this.#text[index] = out.bytes[start + index];
    out.at = start;
  }
}
