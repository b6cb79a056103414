// The fuzz run of the whole speaker: peers of every kind with live state machines and tables, mutated messages in pieces of any size,
// mutated OPENs, messages before their time. After each message the session stands or falls as the oracle (../oracle) says; the
// Adj-RIB-In holds what the oracle counted and what the slow model of graceful restart (../bgp/whole) keeps; what goes out to
// others is perfect. No exception may leave the speaker, no message may take long, nothing may be left when the sessions are gone.

import type { ConnectionId, Transport } from '#bgp/ports.ts';
import { type FamilyName, familyByName } from '#bgp/net/family.ts';
import { Speaker } from '#bgp/speaker.ts';
import { FakeClock } from '#support/fake-clock.ts';
import { keptBytes } from '#support/kept-memory.ts';
import { everythingReachable, speakerConfig } from '#support/speaker-lab.ts';
import { type End, familyNames, type ModelFamily, type ModelNeighbor } from '../bgp/whole/model-neighbor.ts';
import { keepalive, message, notification, open } from '../bgp/whole/octets-out.ts';
import { noAttributes } from '../bgp/rib/model-route.ts';
import { judgeMessage } from '../oracle/session-oracle.ts';
import { judgeUpdate, type RouteName } from '../oracle/update-oracle.ts';
import {
  chooseOpen,
  confederationAsn,
  configOf,
  connectionInfo,
  encodeOpen,
  familyCodes,
  livePeers,
  type LivePeerOptions,
  memberAsn,
  modelOf,
  shapeOf,
  otherMemberAsn,
} from './live-peer.ts';
import { Chance, damage, makeMessage, updatesAboveAll } from './mutate.ts';
import { Watcher } from './watcher.ts';

export interface SessionFuzzResult {
  readonly messages: number;
  readonly sessions: number;
  readonly kept: number;
  readonly reset: number;
  readonly treatedAsWithdraw: number;
  /** Families that a session lost. */
  readonly disabled: number;
  readonly comparedRoutes: number;
  /** Of these, kept of a session that was lost, or not announced again since BoRR. */
  readonly comparedStale: number;
  /** OPENs that were mutated, and messages that came before their time. */
  readonly badBeginnings: number;
  readonly longMessages: number;
  /** UPDATEs that went out to others, each perfect. */
  readonly passedOn: number;
  readonly slowestMs: number;
  /** Between two moments without a session, after collections. */
  readonly heapGrowthBytes: number;
}

class Violation extends Error {}

interface Peer {
  readonly options: LivePeerOptions;
  /** What the oracle says the peer has announced, and what is kept of it. */
  readonly model: ModelNeighbor;
  connection: ConnectionId | undefined;
  /** Families that the session has lost (RFC 7606 §2). */
  readonly disabled: Set<string>;
}

const compareEvery = 100;
const headerLength = 19;
/** Of processor time, with whatever a message sets off: far more than any takes. */
const HANG_MS = 1000;
const GROWTH_LIMIT_BYTES = 16 * 2 ** 20;

/** Throws with the seed, the number and the bytes of the first message that breaks a rule. */
export function fuzzSessions(count: number, seed: number): SessionFuzzResult {
  const run = new Run(seed);
  // The heap is measured twice in the same state: after a while, and at the end.
  const warmUp = Math.min(20_000, Math.floor(count / 3));
  for (let number = 0; number < count; number += 1) {
    if (number === warmUp) run.measure();
    run.step(number);
  }
  return run.finish(count);
}

class Run {
  readonly #seed: number;
  readonly #chance: Chance;
  readonly #clock = new FakeClock();
  readonly #speaker: Speaker;
  readonly #peers: readonly Peer[] = livePeers.map((options) => ({
    options,
    model: modelOf(options),
    connection: undefined,
    disabled: new Set(),
  }));
  readonly #watchers = [new Watcher(101, 'ebgp'), new Watcher(102, 'confederation'), new Watcher(103, 'ibgp')];
  readonly #watched = new Map<ConnectionId, Watcher>();
  readonly #closed = new Set<ConnectionId>();
  #lastConnection = 0;
  /** Codes of the NOTIFICATIONs that were sent since somebody looked. */
  #notified: number[] = [];
  #heapBefore = 0;
  #slowestMs = 0;
  #sessions = 0;
  #kept = 0;
  #reset = 0;
  #treatedAsWithdraw = 0;
  #disabled = 0;
  #comparedRoutes = 0;
  #comparedStale = 0;
  #badBeginnings = 0;
  #longMessages = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#chance = new Chance(seed);
    const transport: Transport = {
      connect: () => undefined,
      send: (connection, bytes) => this.#sent(connection, bytes),
      queuedBytes: () => 0,
      setReading: () => undefined,
      setPassword: () => undefined,
      close: (connection) => void this.#closed.add(connection),
    };
    this.#speaker = new Speaker('fuzz', {
      transport,
      clock: this.#clock,
      nextHops: everythingReachable,
      nextConnectionId: () => (this.#lastConnection += 1),
      onEvent: (event) => {
        if (event.type === 'internal-error') throw new Violation(`internal error: ${event.error}`);
      },
      onWork: () => undefined,
    });
    this.#speaker.configure(
      speakerConfig({
        asn: memberAsn,
        routerId: '10.0.0.254',
        confederation: { identifier: confederationAsn, members: [otherMemberAsn] },
        neighbors: [...livePeers.map(configOf), ...this.#watchers.map(({ config }) => config)],
      }),
    );
    for (const watcher of this.#watchers) {
      const connection = this.#accept(watcher.address);
      this.#watched.set(connection, watcher);
      this.#speaker.received(connection, open(watcher.said));
      this.#speaker.received(connection, keepalive());
    }
  }

  step(number: number): void {
    const peer = this.#peers[this.#chance.below(this.#peers.length)];
    const { hasExtendedMessages } = peer.options;
    let bytes = keepalive();
    const startedMs = cpuMs();
    try {
      if (peer.connection === undefined) this.#establish(peer);
      const maxLength = hasExtendedMessages ? 65_535 : 4096;
      bytes = wellFramed(makeMessage(this.#chance, updatesAboveAll, maxLength, shapeOf(peer.options)), maxLength);
      if (bytes.length > 4096) this.#longMessages += 1;
      this.#play(peer, bytes);
      const tookMs = cpuMs() - startedMs;
      this.#slowestMs = Math.max(this.#slowestMs, tookMs);
      if (tookMs > HANG_MS) throw new Violation(`the message took ${tookMs} ms`);
      if (number % compareEvery === 0) this.#compareAll();
    } catch (error) {
      const text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
      throw new Error(`seed ${this.#seed}, message ${number} from ${peer.options.name}: ${text}`, { cause: error });
    }
  }

  /** Every session ends; what is left is what the heap should come back to. */
  measure(): void {
    this.#loseAll();
    this.#heapBefore = keptBytes();
  }

  finish(messages: number): SessionFuzzResult {
    this.#compareAll();
    this.#loseAll();
    const heapGrowthBytes = keptBytes() - this.#heapBefore;
    if (heapGrowthBytes > GROWTH_LIMIT_BYTES) throw new Violation(`the heap grew by ${heapGrowthBytes} octets`);
    return {
      messages,
      sessions: this.#sessions,
      kept: this.#kept,
      reset: this.#reset,
      treatedAsWithdraw: this.#treatedAsWithdraw,
      disabled: this.#disabled,
      comparedRoutes: this.#comparedRoutes,
      comparedStale: this.#comparedStale,
      badBeginnings: this.#badBeginnings,
      longMessages: this.#longMessages,
      passedOn: this.#watchers.reduce((sum, { updates }) => sum + updates, 0),
      slowestMs: this.#slowestMs,
      heapGrowthBytes,
    };
  }

  #play(peer: Peer, bytes: Uint8Array): void {
    const end = this.#judge(peer, bytes);
    this.#receive(peer.connection, bytes);
    const isLost = peer.connection === undefined || this.#closed.has(peer.connection);
    if (isLost) {
      if (end === undefined) throw new Violation(`the session was lost: ${this.#lastReset(peer)}`);
      this.#forget(peer, end);
      this.#reset += 1;
    } else {
      if (end !== undefined) throw new Violation('the session went on');
      this.#kept += 1;
    }
  }

  /** How the message ends the session, undefined when it does not; what it does to the peer's routes goes to the model. */
  #judge(peer: Peer, bytes: Uint8Array): End | undefined {
    const { model, options } = peer;
    const verdict = judgeMessage(bytes, options.hasExtendedMessages);
    switch (verdict.type) {
      case 'ends':
        return verdict.isHard ? 'hard' : 'notification';
      case 'nothing':
        return undefined;
      case 'refresh': {
        const family = this.#familyOf(peer, verdict.family);
        if (family === undefined) return undefined;
        if (verdict.subtype === 1) model.refreshBegun(family, this.#clock.nowMs());
        if (verdict.subtype === 2) model.refreshEnded(family);
        return undefined;
      }
      case 'update':
        return this.#judgeUpdate(peer, bytes) ? undefined : 'notification';
    }
  }

  /** False: the session ends. */
  #judgeUpdate(peer: Peer, bytes: Uint8Array): boolean {
    const { disabled, model, options } = peer;
    const families = new Set([...options.session.families].filter((family) => !disabled.has(family)));
    const verdict = judgeUpdate(bytes, { ...options.session, families });
    if (verdict.type === 'reset') return false;
    for (const route of verdict.withdrawn) {
      const family = this.#familyOf(peer, codeOf(route));
      family?.model.withdraw(family.peer, route);
    }
    for (const route of verdict.announced) {
      const family = this.#familyOf(peer, codeOf(route));
      family?.model.announce(family.peer, route, noAttributes, false);
    }
    if (verdict.disabled !== undefined) {
      disabled.add(verdict.disabled);
      const family = this.#familyOf(peer, verdict.disabled);
      family?.model.removePeer(family.peer);
      this.#disabled += 1;
    }
    if (verdict.endOfRib !== undefined) {
      const family = this.#familyOf(peer, verdict.endOfRib);
      if (family !== undefined) model.endOfRib(family);
    }
    if (verdict.withdrawnBecause !== undefined) this.#treatedAsWithdraw += 1;
    return true;
  }

  #familyOf({ model, options }: Peer, code: string): ModelFamily | undefined {
    if (!options.session.families.has(code)) return undefined;
    return model.families.find(({ name }) => familyCodes[name] === code);
  }

  #establish(peer: Peer): void {
    const { options } = peer;
    // A minute lets whatever waits between sessions pass.
    this.#pass(60_000);
    const said = chooseOpen(options, this.#chance);
    const beginning = encodeOpen(options, said, this.#chance);
    const roll = this.#chance.below(10);
    if (roll === 0) this.#beginBadly(options, mutated(beginning, this.#chance), undefined);
    if (roll === 1) this.#beginBadly(options, beginning, makeMessage(this.#chance, updatesAboveAll));
    const connection = this.#accept(options.address);
    peer.connection = connection;
    this.#receive(connection, beginning);
    this.#receive(connection, keepalive());
    if (this.#closed.has(connection)) throw new Violation(`${options.name}: ${this.#lastReset(peer)}`);
    peer.model.established(said, this.#clock.nowMs());
    this.#sessions += 1;
  }

  /** A connection that comes to nothing: by an OPEN that is mutated, or by what follows a good one in place of KEEPALIVE. */
  #beginBadly(
    { address, hasExtendedMessages }: LivePeerOptions,
    beginning: Uint8Array,
    next: Uint8Array | undefined,
  ): void {
    this.#badBeginnings += 1;
    const connection = this.#accept(address);
    this.#notified = [];
    this.#receive(connection, beginning);
    if (!this.#closed.has(connection) && next !== undefined) {
      const bytes = wellFramed(next, hasExtendedMessages ? 65_535 : 4096);
      // RFC 4271 §8.2.2, OpenConfirm: KEEPALIVE alone leads on.
      if (judgeMessage(bytes, hasExtendedMessages).type !== 'nothing') {
        this.#receive(connection, bytes);
        if (!this.#closed.has(connection) && bytes[18] !== 4)
          throw new Violation('a message before its time was taken');
      }
    }
    if (!this.#closed.has(connection)) this.#receive(connection, notification(6, 9));
    if (!this.#closed.has(connection)) {
      // It waits for the rest of a message that says it is longer.
      this.#speaker.connectionClosed(connection);
    } else if (this.#notified.some((code) => ![1, 2, 5, 6].includes(code))) {
      throw new Violation(`an OPEN was answered with NOTIFICATION ${this.#notified.join(', ')}`);
    }
    this.#closed.delete(connection);
    this.#pass(60_000);
  }

  #accept(address: string): ConnectionId {
    const connection = (this.#lastConnection += 1);
    if (!this.#speaker.connectionAccepted(connection, connectionInfo(address))) {
      throw new Violation(`${address} was refused`);
    }
    return connection;
  }

  /** In pieces: whole, by the octet, or cut anywhere. */
  #receive(connection: ConnectionId | undefined, bytes: Uint8Array): void {
    if (connection === undefined) return;
    const style = this.#chance.below(8);
    const isByOctet = style === 6 && bytes.length < 8192;
    for (let at = 0; at < bytes.length && !this.#closed.has(connection);) {
      const size = style < 6 ? bytes.length : isByOctet ? 1 : 1 + this.#chance.below(bytes.length);
      this.#speaker.received(connection, bytes.slice(at, at + size));
      at += size;
    }
    if (this.#chance.below(4) === 0) this.#work();
  }

  #sent(connection: ConnectionId, bytes: Uint8Array): void {
    if (bytes[18] === 3) this.#notified = [bytes[headerLength]];
    this.#watched.get(connection)?.take(bytes);
  }

  #forget(peer: Peer, end: End): void {
    if (peer.connection !== undefined) this.#closed.delete(peer.connection);
    peer.connection = undefined;
    peer.disabled.clear();
    peer.model.lost(end, this.#clock.nowMs());
    if (this.#chance.below(4) === 0) this.#work();
  }

  #pass(ms: number): void {
    this.#clock.advance(ms, () => this.#work());
    const nowMs = this.#clock.nowMs();
    for (const { model } of this.#peers) {
      for (const family of model.families) while (family.deadlineMs <= nowMs) model.expired(family);
    }
  }

  /** Also everything that is kept goes. */
  #loseAll(): void {
    for (const peer of this.#peers) {
      if (peer.connection === undefined) continue;
      this.#speaker.connectionClosed(peer.connection);
      this.#forget(peer, 'broken');
    }
    this.#compareAll();
    this.#pass(1_000_000);
    this.#work();
    const { attributeSets, families } = this.#speaker.view();
    const left = [attributeSets, ...families.flatMap(({ prefixes, paths }) => [prefixes, paths])];
    if (left.some((value) => value !== 0)) {
      throw new Violation(`sets, prefixes and paths are left without a session: ${left.join(' ')}`);
    }
    for (const { address, routes } of this.#watchers) {
      if (routes.size > 0) throw new Violation(`${address} was never told that ${[...routes].join(', ')} went`);
    }
  }

  #work(): void {
    for (let slice = 0; this.#speaker.work(); slice += 1) {
      if (slice > 100_000) throw new Violation('the speaker never runs out of work');
    }
  }

  #compareAll(): void {
    this.#work();
    const known = new Set<RouteName>();
    for (const peer of this.#peers) {
      for (const name of familyNames) this.#compare(peer, name);
      for (const { model, peer: source } of peer.model.families) {
        for (const { prefix } of model.pathsOf(source)) known.add(prefix.replace(/ #.*/, ''));
      }
    }
    for (const { address, fault, routes } of this.#watchers) {
      if (fault !== undefined) throw new Violation(`what ${address} was sent: ${fault}`);
      const ghosts = [...routes].filter((route) => !known.has(route));
      if (ghosts.length > 0) throw new Violation(`${address} believes in ${ghosts.slice(0, 5).join(', ')}`);
    }
  }

  #compare({ model, options }: Peer, name: FamilyName): void {
    const family = familyByName(name);
    const expected = model.families.find((one) => one.name === name);
    if (family === undefined || expected === undefined || !options.session.families.has(familyCodes[name])) return;
    const hasIds = options.session.addPath.has(familyCodes[name]);
    const seen = new Set<RouteName>();
    const { address } = options;
    const cursor = this.#speaker.openRoutes({ instance: 'fuzz', family: name, table: 'received', neighbor: address });
    try {
      while (!cursor.isDone) {
        const batch = cursor.next();
        if (batch === undefined) continue;
        const { words } = family;
        for (let row = 0; row < batch.count; row += 1) {
          let text = '';
          for (let word = 0; word < words; word += 1) {
            text += (batch.prefixWords[row * words + word] >>> 0).toString(16).padStart(8, '0');
          }
          const id = hasIds ? ` #${batch.pathIds[row]}` : '';
          seen.add(`${familyCodes[name]} ${text}/${batch.prefixLengths[row]}${id}`);
        }
      }
    } finally {
      cursor.close();
    }
    this.#comparedRoutes += seen.size;
    this.#comparedStale += expected.stale();
    const routes = new Set(expected.model.received(expected.peer));
    const missing = [...routes].filter((route) => !seen.has(route));
    const foreign = [...seen].filter((route) => !routes.has(route));
    if (missing.length > 0 || foreign.length > 0) {
      throw new Violation(
        `${options.name}: missing ${missing.slice(0, 5).join(', ')}; foreign ${foreign.slice(0, 5).join(', ')}`,
      );
    }
  }

  #lastReset(peer: Peer): string {
    const view = this.#speaker.view().neighbors.find(({ address }) => address === peer.options.address);
    return view?.lastReset?.reason ?? 'nobody knows why';
  }
}

function codeOf(route: RouteName): string {
  return route.slice(0, route.indexOf(' '));
}

/** An OPEN whose inside is damaged; its header is right. */
function mutated(bytes: Uint8Array, chance: Chance): Uint8Array {
  const body = [...bytes.subarray(headerLength)];
  damage(chance, body, 12);
  return message(1, body);
}

/** The message as long as its header says, where that can be. */
function wellFramed(bytes: Uint8Array, maxLength: number): Uint8Array {
  const length = (bytes[16] << 8) | bytes[17];
  const type = bytes[18];
  const most = type === 1 || type === 4 ? 4096 : maxLength;
  if (length < headerLength || length > most || length === bytes.length) return bytes;
  const framed = new Uint8Array(length);
  framed.set(bytes.subarray(0, length));
  return framed;
}

function cpuMs(): number {
  const { system, user } = process.threadCpuUsage();
  return (system + user) / 1000;
}
