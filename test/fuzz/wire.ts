// The fuzz run of the codec: every message goes through framing and decoding as on a session, and must be answered or refused by a
// NotificationError; in bounded time, without growth, with ranges inside of the message, and with sets that can be sent again.

import { families, type Family } from '#bgp/net/family.ts';
import { type AttrSetId, AttributeSets } from '#bgp/wire/attribute-sets.ts';
import { MessageType, TYPE_OFFSET, encodeKeepalive, messageLength } from '#bgp/wire/message.ts';
import { NlriCursor } from '#bgp/wire/nlri.ts';
import {
  NotificationError,
  decodeNotification,
  decodeShutdownText,
  encodeNotification,
} from '#bgp/wire/notification.ts';
import { decodeOpen, encodeOpen } from '#bgp/wire/open.ts';
import { decodeRouteRefresh } from '#bgp/wire/route-refresh.ts';
import { type AttributeChanges, noChanges } from '#bgp/wire/attribute-changes.ts';
import {
  applyChanges,
  deriveExport,
  type ExportOptions,
  type ImportContext,
  plainExport,
} from '#bgp/wire/export-transform.ts';
import { UpdateReader } from '#bgp/wire/update-reader.ts';
import { UpdateWriter } from '#bgp/wire/update-writer.ts';
import { Chance, makeMessage } from './mutate.ts';

export interface FuzzResult {
  readonly messages: number;
  readonly answered: number;
  readonly treatedAsWithdraw: number;
  readonly routes: number;
  /** Notifications by code and subcode. */
  readonly refused: ReadonlyMap<string, number>;
  readonly slowestMs: number;
}

class Violation extends Error {}

/** Of processor time: a busy machine is no fault of a message. */
const LIMIT_MS = 250;

function cpuMs(): number {
  const { system, user } = process.threadCpuUsage();
  return (system + user) / 1000;
}

/** Throws with the seed, number and bytes of the first message that breaks a rule. */
export function fuzzWire(count: number, seed: number): FuzzResult {
  const chance = new Chance(seed);
  const attributes = new AttributeSets({ hashSeed: seed });
  const kinds = ['ebgp', 'confederation', 'ibgp'] as const;
  const readers = kinds.flatMap((kind) =>
    [true, false].flatMap((hasFourOctetAsn) => [
      new UpdateReader({ attributes, kind, hasFourOctetAsn, families, remoteAsn: 65001, isInConfederation: true }),
      new UpdateReader({
        attributes,
        kind,
        hasFourOctetAsn,
        families,
        remoteAsn: 65001,
        addPath: families,
        hasExtendedNextHop: true,
        enforcesFirstAs: false,
        acceptsAsSets: true,
        acceptsAigp: true,
      }),
    ]),
  );
  const bench = new Bench(attributes);
  const refused = new Map<string, number>();
  let answered = 0;
  let slowestMs = 0;
  for (let number = 0; number < count; number++) {
    const bytes = makeMessage(chance);
    const startedMs = cpuMs();
    try {
      bench.take(bytes, readers[chance.below(readers.length)]);
      answered++;
    } catch (error) {
      if (!(error instanceof NotificationError)) {
        const text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
        throw new Error(`seed ${seed}, message ${number}: ${text}`, { cause: error });
      }
      encodeNotification(error.code, error.subcode, error.data);
      const key = `${error.code}/${error.subcode}`;
      refused.set(key, (refused.get(key) ?? 0) + 1);
    }
    slowestMs = Math.max(slowestMs, cpuMs() - startedMs);
  }
  for (const reader of readers) reader.close();
  const left = [attributes.size, attributes.bytesUsed, attributes.nextHops.size];
  if (left.some((value) => value !== 0)) throw new Violation(`references were lost: ${left.join(', ')}`);
  if (attributes.bytesReserved > 16 * 1024 * 1024) throw new Violation(`${attributes.bytesReserved} octets reserved`);
  if (slowestMs > LIMIT_MS) throw new Violation(`a message took ${slowestMs} ms of processor time`);
  return {
    messages: count,
    answered,
    treatedAsWithdraw: bench.treatedAsWithdraw,
    routes: bench.routes,
    refused,
    slowestMs,
  };
}

const policy: AttributeChanges = {
  ...noChanges,
  communities: { isReplaced: false, remove: [{ words: [0xffff_0000], masks: [0xffff_0000] }], add: [[1]] },
  extendedCommunities: { isReplaced: false, remove: [], add: [[0x0002_fde8, 1]] },
  largeCommunities: { isReplaced: false, remove: [], add: [[1, 2, 3]] },
  med: { add: 7 },
  prepend: [0, 64_999],
  aigp: 5,
};
const base: Omit<ExportOptions, 'kind'> = { ...plainExport, shownAsn: 65_000, prepend: [65_000], nextHop: undefined };

/** Ways out that between them use every rule; what leaves must be what an internal peer in a confederation accepts. */
const ways: readonly ExportOptions[] = [
  { ...base, kind: 'ebgp', changes: policy },
  { ...base, kind: 'ebgp', removePrivateAs: 'remove', otc: 65_000, isGracefulShutdown: true, keepsMed: true },
  { ...base, kind: 'ebgp', removePrivateAs: 'replace', asOverride: { from: 65_001, to: 65_000 }, addsLlgrStale: true },
  { ...base, kind: 'confederation', aigp: 'keep', changes: policy, keepsLinkLocal: true },
  { ...base, kind: 'ibgp', prepend: [], aigp: 0xffff_ffff, reflection: { originatorId: 1, clusterId: 2 } },
  { ...base, kind: 'ibgp', prepend: [], addsLlgrStale: true, changes: policy },
];
const inward: ImportContext = { shownAsn: 65_000, selfNextHop: undefined, peerNextHop: undefined, otc: 65_001 };

/** Takes one message the way a session does. */
class Bench {
  treatedAsWithdraw = 0;
  routes = 0;
  private readonly attributes: AttributeSets;
  private readonly cursor: NlriCursor = new NlriCursor();
  private readonly again: UpdateReader;
  private readonly writer: UpdateWriter;
  private sent: Uint8Array = encodeKeepalive();

  constructor(attributes: AttributeSets) {
    this.attributes = attributes;
    // An internal reader: it takes all that may go out, LOCAL_PREF given.
    this.again = new UpdateReader({
      attributes,
      kind: 'ibgp',
      hasFourOctetAsn: true,
      families,
      remoteAsn: 1,
      isInConfederation: true,
      acceptsAsSets: true,
      hasExtendedNextHop: true,
    });
    this.writer = new UpdateWriter({
      attributes,
      hasFourOctetAsn: true,
      chunkBytes: 4096,
      emit: (chunk) => (this.sent = chunk),
    });
  }

  take(bytes: Uint8Array, reader: UpdateReader): void {
    const length = messageLength(bytes, 0, bytes.length);
    if (length === 0) return;
    switch (bytes[TYPE_OFFSET]) {
      case MessageType.Open: {
        const open = decodeOpen(bytes, 0, length);
        const ours = encodeOpen(open);
        const same = decodeOpen(ours, 0, ours.length);
        if (same.capabilities.length !== open.capabilities.length) throw new Violation('OPEN changed');
        return;
      }
      case MessageType.Update:
        return this.takeUpdate(bytes, length, reader);
      case MessageType.Notification:
        decodeShutdownText(decodeNotification(bytes, 0, length).data);
        return;
      case MessageType.RouteRefresh:
        decodeRouteRefresh(bytes, 0, length);
        return;
      default:
    }
  }

  private takeUpdate(bytes: Uint8Array, length: number, reader: UpdateReader): void {
    reader.read(bytes, 0, length);
    if (reader.isTreatAsWithdraw) this.treatedAsWithdraw++;
    this.walk(reader, bytes, length, reader.withdrawnStart, reader.withdrawnEnd, families[0]);
    this.walk(reader, bytes, length, reader.nlriStart, reader.nlriEnd, families[0]);
    if (reader.unreachFamily !== undefined)
      this.walk(reader, bytes, length, reader.unreachStart, reader.unreachEnd, reader.unreachFamily);
    if (reader.reachFamily !== undefined)
      this.walk(reader, bytes, length, reader.reachStart, reader.reachEnd, reader.reachFamily);
    if (reader.attr !== 0) this.resend(reader.attr, families[0]);
    if (reader.mpAttr !== 0 && reader.reachFamily !== undefined) this.resend(reader.mpAttr, reader.reachFamily);
  }

  private walk(
    reader: UpdateReader,
    bytes: Uint8Array,
    length: number,
    start: number,
    end: number,
    family: Family,
  ): void {
    if (start > end || end > length) throw new Violation(`range ${start}..${end} of ${length}`);
    this.cursor.reset(bytes, start, end, family, reader.hasPathIds(family));
    while (this.cursor.next()) {
      if (this.cursor.length > family.maxLength) throw new Violation(`prefix of ${this.cursor.length} bits`);
      this.routes++;
    }
  }

  /** What was accepted must decode, go out to a peer, and be accepted there as what it was. */
  private resend(id: AttrSetId, family: Family): void {
    this.attributes.decode(id);
    const taken = applyChanges(this.attributes, id, policy, inward);
    if (taken === 0) throw new Violation('a received set is too large to take');
    const outgoing = deriveExport(this.attributes, this.routes % 3 === 0 ? taken : id, ways[this.routes % ways.length]);
    this.attributes.release(taken);
    if (outgoing === 0) throw new Violation('a received set is too large to send');
    if (this.writer.beginReach(outgoing, family)) {
      this.writer.addPrefix(0x20010db8, 0, 0, 0, 32);
      this.writer.flush();
      this.again.read(this.sent, 0, messageLength(this.sent, 0, this.sent.length));
      const hasLocalPref = this.attributes.flags[outgoing] & 2;
      const got = family === families[0] ? this.again.attr : this.again.mpAttr;
      if (hasLocalPref !== 0 && got !== outgoing)
        throw new Violation(`sent ${outgoing}, read ${got}: ${this.again.faultReason}`);
      this.again.close();
    }
    this.attributes.release(outgoing);
  }
}
