// hot: One view of routes being read: batches of columns with the attribute sets they name, and the small lookups (peer, prefix text)
// that every renderer needs for each row. Renderers yield text in pieces of about PIECE_CHARS; nothing of a view is collected.

import { formatAddress } from '#bgp/net/address.ts';
import type { Family } from '#bgp/net/family.ts';
import type { PathPeerView, RouteBatch, RouteViewHead } from '#bgp/views.ts';
import type { PathAttributes } from '#bgp/wire/attributes.ts';
import type { RouteStream } from '#speaker/port.ts';
import { AttributeStore } from './attribute-store.ts';

/** A piece is handed on once it is this long; with one row more it stays below 64 KB. */
export const PIECE_CHARS = 32 * 1024;

const unknownPeer: PathPeerView = { number: -1, address: '', remoteAsn: 0, routerId: '0.0.0.0', isIbgp: false };

export class RouteView<Rendered> {
  readonly head: RouteViewHead;
  readonly family: Family;
  readonly attributes: AttributeStore<Rendered>;
  readonly #stream: RouteStream;
  readonly #peers: PathPeerView[] = [];

  constructor(stream: RouteStream, family: Family, render: (attributes: PathAttributes) => Rendered) {
    this.head = stream.head;
    this.family = family;
    this.attributes = new AttributeStore(render);
    this.#stream = stream;
    for (const peer of stream.head.peers) this.#peers[peer.number] = peer;
  }

  /** Ends the view when the reader stops, early or not. */
  async *batches(): AsyncGenerator<RouteBatch, void, undefined> {
    try {
      for await (const batch of this.#stream.batches) {
        this.attributes.add(batch);
        yield batch;
      }
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

  attributesAt(batch: RouteBatch, index: number): Rendered {
    return this.attributes.get(batch.attributes[index]);
  }

  addressText(batch: RouteBatch, index: number): string {
    const words = batch.prefixWords;
    if (this.family.words === 1) return formatAddress(4, words[index], 0, 0, 0);
    const at = index * 4;
    return formatAddress(6, words[at], words[at + 1], words[at + 2], words[at + 3]);
  }
}

/** True when rows `a` and `b` of one batch, or of two, are about the same prefix. */
export function isSamePrefix(family: Family, batch: RouteBatch, a: number, other: RouteBatch, b: number): boolean {
  if (batch.prefixLengths[a] !== other.prefixLengths[b]) return false;
  const words = family.words;
  for (let word = 0; word < words; word++) {
    if (batch.prefixWords[a * words + word] !== other.prefixWords[b * words + word]) return false;
  }
  return true;
}
