// The fuzz run of the whole speaker: peers of every kind with live state machines and tables, mutated messages in pieces of any size.
// After each message the session stands or falls as the oracle (../oracle) says, and the Adj-RIB-In holds what the oracle counted.
// No exception may leave the speaker, nothing may be left when the sessions are gone.

import type { ConnectionId, Transport } from '#bgp/ports.ts';
import { familyByName } from '#bgp/net/family.ts';
import { Speaker } from '#bgp/speaker.ts';
import { FakeClock } from '#support/fake-clock.ts';
import { everythingReachable, speakerConfig } from '#support/speaker-lab.ts';
import { judgeUpdate, type RouteName } from '../oracle/update-oracle.ts';
import {
  configOf,
  confederationAsn,
  connectionInfo,
  greetings,
  livePeers,
  memberAsn,
  message,
  otherMemberAsn,
} from './live-peer.ts';
import type { LivePeerOptions } from './live-peer.ts';
import { Chance, makeMessage, updatesAboveAll } from './mutate.ts';

export interface SessionFuzzResult {
  readonly messages: number;
  readonly sessions: number;
  readonly kept: number;
  readonly reset: number;
  readonly treatedAsWithdraw: number;
  /** Families that a session lost. */
  readonly disabled: number;
  readonly comparedRoutes: number;
  readonly heapGrowthBytes: number;
}

class Violation extends Error {}

/** What a message must do to the session. */
type Expectation = 'kept' | 'reset' | 'either';

interface Peer {
  readonly options: LivePeerOptions;
  connection: ConnectionId | undefined;
  /** What the oracle says the peer has announced. */
  readonly routes: Set<RouteName>;
  /** Families that the session has lost (RFC 7606 §2). */
  readonly disabled: Set<string>;
}

const compareEvery = 100;
const maxLength = 4096;
const headerLength = 19;
const known = new Set([1, 2, 3, 4, 5]);

/** Throws with the seed, the number and the bytes of the first message that breaks a rule. */
export function fuzzSessions(count: number, seed: number): SessionFuzzResult {
  const run = new Run(seed);
  for (let number = 0; number < count; number += 1) run.step(number);
  return run.finish(count);
}

class Run {
  readonly #seed: number;
  readonly #chance: Chance;
  readonly #clock = new FakeClock();
  readonly #speaker: Speaker;
  readonly #peers: readonly Peer[] = livePeers.map((options) => ({
    options,
    connection: undefined,
    routes: new Set(),
    disabled: new Set(),
  }));
  readonly #closed = new Set<ConnectionId>();
  #lastConnection = 0;
  #sessions = 0;
  #kept = 0;
  #reset = 0;
  #treatedAsWithdraw = 0;
  #disabled = 0;
  #comparedRoutes = 0;
  #heapBefore = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#chance = new Chance(seed);
    const transport: Transport = {
      connect: () => undefined,
      send: () => undefined,
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
        neighbors: livePeers.map(configOf),
      }),
    );
  }

  step(number: number): void {
    if (number === 1000) this.#heapBefore = heapBytes();
    const peer = this.#peers[this.#chance.below(this.#peers.length)];
    if (peer.connection === undefined) this.#establish(peer);
    const bytes = wellFramed(makeMessage(this.#chance, updatesAboveAll));
    try {
      this.#play(peer, bytes);
      if (number % compareEvery === 0) for (const each of this.#peers) this.#compare(each);
    } catch (error) {
      const text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
      throw new Error(`seed ${this.#seed}, message ${number} from ${peer.options.name}: ${text}`, { cause: error });
    }
  }

  finish(messages: number): SessionFuzzResult {
    for (const peer of this.#peers) {
      this.#compare(peer);
      if (peer.connection !== undefined) this.#lose(peer);
    }
    this.#work();
    const { attributeSets } = this.#speaker.view();
    if (attributeSets !== 0) throw new Violation(`${attributeSets} attribute sets are left without a session`);
    return {
      messages,
      sessions: this.#sessions,
      kept: this.#kept,
      reset: this.#reset,
      treatedAsWithdraw: this.#treatedAsWithdraw,
      disabled: this.#disabled,
      comparedRoutes: this.#comparedRoutes,
      heapGrowthBytes: Math.max(0, heapBytes() - this.#heapBefore),
    };
  }

  #play(peer: Peer, bytes: Uint8Array): void {
    const expected = this.#expect(peer, bytes);
    this.#receive(peer, bytes);
    const isLost = peer.connection === undefined || this.#closed.has(peer.connection);
    if (isLost) {
      if (expected === 'kept') throw new Violation(`the session was lost: ${this.#lastReset(peer)}`);
      this.#forget(peer);
      this.#reset += 1;
    } else {
      if (expected === 'reset') throw new Violation('the session went on');
      this.#kept += 1;
    }
  }

  /** Also counts what an UPDATE does to the peer's routes. */
  #expect(peer: Peer, bytes: Uint8Array): Expectation {
    const length = (bytes[16] << 8) | bytes[17];
    const type = bytes[18];
    if (bytes.subarray(0, 16).some((octet) => octet !== 255)) return 'reset';
    // RFC 4271 §6.1
    if (length < headerLength || length > maxLength || !known.has(type)) return 'reset';
    if (type === 4) return length === headerLength ? 'kept' : 'reset';
    // RFC 4271 §8.2.2: a second OPEN and a NOTIFICATION end the session; what a refresh of odd length does is not said everywhere.
    if (type === 1 || type === 3) return 'reset';
    if (type === 5) return 'either';
    const { session } = peer.options;
    const families = new Set([...session.families].filter((family) => !peer.disabled.has(family)));
    const verdict = judgeUpdate(bytes, { ...session, families });
    if (verdict.type === 'reset') return 'reset';
    for (const route of verdict.withdrawn) peer.routes.delete(route);
    for (const route of verdict.announced) peer.routes.add(route);
    if (verdict.disabled !== undefined) {
      peer.disabled.add(verdict.disabled);
      for (const route of peer.routes) if (route.startsWith(`${verdict.disabled} `)) peer.routes.delete(route);
      this.#disabled += 1;
    }
    if (verdict.withdrawnBecause !== undefined) this.#treatedAsWithdraw += 1;
    return 'kept';
  }

  #establish(peer: Peer): void {
    // A second lets whatever waits between sessions pass.
    this.#clock.advance(60_000, () => this.#work());
    const connection = (this.#lastConnection += 1);
    peer.connection = connection;
    if (!this.#speaker.connectionAccepted(connection, connectionInfo(peer.options))) {
      throw new Violation(`${peer.options.name} was refused`);
    }
    this.#receive(peer, greetings(peer.options));
    if (this.#closed.has(connection)) throw new Violation(`${peer.options.name}: ${this.#lastReset(peer)}`);
    this.#receive(peer, message(4, []));
    this.#sessions += 1;
  }

  /** In pieces: whole, by the octet, or cut anywhere. */
  #receive(peer: Peer, bytes: Uint8Array): void {
    const { connection } = peer;
    if (connection === undefined) return;
    const style = this.#chance.below(8);
    for (let at = 0; at < bytes.length && !this.#closed.has(connection);) {
      const size = style < 6 ? bytes.length : style === 6 ? 1 : 1 + this.#chance.below(bytes.length);
      this.#speaker.received(connection, bytes.slice(at, at + size));
      at += size;
    }
    if (this.#chance.below(4) === 0) this.#work();
  }

  #lose(peer: Peer): void {
    if (peer.connection !== undefined) this.#speaker.connectionClosed(peer.connection);
    this.#forget(peer);
  }

  #forget(peer: Peer): void {
    if (peer.connection !== undefined) this.#closed.delete(peer.connection);
    peer.connection = undefined;
    peer.routes.clear();
    peer.disabled.clear();
    this.#work();
  }

  #work(): void {
    for (let slice = 0; this.#speaker.work(); slice += 1) {
      if (slice > 100_000) throw new Violation('the speaker never runs out of work');
    }
  }

  #compare(peer: Peer): void {
    if (peer.connection === undefined) return;
    this.#work();
    const seen = new Set<RouteName>();
    for (const name of ['ipv4-unicast', 'ipv6-unicast'] as const) {
      const family = familyByName(name);
      if (family === undefined || !peer.options.session.families.has(`${family.afi}/${family.safi}`)) continue;
      const { address } = peer.options;
      const cursor = this.#speaker.openRoutes({ instance: 'fuzz', family: name, table: 'received', neighbor: address });
      try {
        while (!cursor.isDone) {
          const batch = cursor.next();
          if (batch === undefined) continue;
          const words = family.words;
          for (let row = 0; row < batch.count; row += 1) {
            let text = '';
            for (let word = 0; word < words; word += 1) {
              text += (batch.prefixWords[row * words + word] >>> 0).toString(16).padStart(8, '0');
            }
            const hasIds = peer.options.session.addPath.has(`${family.afi}/${family.safi}`);
            const id = hasIds ? ` #${batch.pathIds[row]}` : '';
            seen.add(`${family.afi}/${family.safi} ${text}/${batch.prefixLengths[row]}${id}`);
          }
        }
      } finally {
        cursor.close();
      }
    }
    this.#comparedRoutes += seen.size;
    const missing = [...peer.routes].filter((route) => !seen.has(route));
    const foreign = [...seen].filter((route) => !peer.routes.has(route));
    if (missing.length > 0 || foreign.length > 0) {
      throw new Violation(
        `${peer.options.name}: missing ${missing.slice(0, 5).join(', ')}; foreign ${foreign.slice(0, 5).join(', ')}`,
      );
    }
  }

  #lastReset(peer: Peer): string {
    const view = this.#speaker.view().neighbors.find(({ address }) => address === peer.options.address);
    return view?.lastReset?.reason ?? 'nobody knows why';
  }
}

/** The message as long as its header says, where that can be. */
function wellFramed(bytes: Uint8Array): Uint8Array {
  const length = (bytes[16] << 8) | bytes[17];
  if (length < headerLength || length > maxLength || length === bytes.length) return bytes;
  const framed = new Uint8Array(length);
  framed.set(bytes.subarray(0, length));
  return framed;
}

/** After a collection, where Node was started with --expose-gc. */
function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
}
