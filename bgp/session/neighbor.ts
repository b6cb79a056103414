// A configured neighbor: its own attempts to connect, at most one more connection that the peer opened, and what happens between
// sessions. Bytes and timers of a connection are in connection.ts, the state machine is fsm.ts, who wins a collision collision.ts.
// Everything runs within the calls of the owner (the speaker) and of the clock.

import type { NeighborConfig } from '../config.ts';
import type { ConnectionId, ConnectionInfo, ConnectRequest } from '../ports.ts';
import type { MessageCounts, SessionState } from '../views.ts';
import { MessageType, TYPE_OFFSET } from '../wire/message.ts';
import {
  carriesShutdownText,
  CeaseSubcode,
  encodeNotification,
  encodeShutdownText,
  NotificationCode,
  type NotificationError,
} from '../wire/notification.ts';
import type { OpenMessage } from '../wire/open.ts';
import { Chronicle } from './chronicle.ts';
import { decideCollision } from './collision.ts';
import { Connection, type ConnectionOwner, errorEvent, type Traffic } from './connection.ts';
import { FsmEvent, type SessionEvent } from './events.ts';
import { FaultRing } from './fault-ring.ts';
import { step } from './fsm.ts';
import { type End, planRestart } from './idle-hold.ts';
import type { Cease, KeptMessage, NeighborDeps, NeighborOptions, NeighborSessionView, StopHow } from './listener.ts';
import { buildOpen, keepaliveSec, type Negotiated, negotiate } from './negotiation.ts';
import { viewNeighbor } from './neighbor-view.ts';
import { planReconfiguration, sendingTtl } from './reconfiguration.ts';
import { createSession, hasSentOpen, progressOf } from './state.ts';
import { RestartableTimer } from './timer.ts';

const NO_DATA = new Uint8Array(0);

const stopCease: Readonly<Record<Exclude<StopHow, Cease>, Cease>> = {
  restart: { subcode: CeaseSubcode.AdministrativeShutdown },
  final: { subcode: CeaseSubcode.AdministrativeShutdown },
  deconfigured: { subcode: CeaseSubcode.PeerDeconfigured },
};

export class Neighbor {
  /** The address of the configuration: the neighbor's identity. */
  readonly address: string;
  readonly #options: NeighborOptions;
  readonly #deps: NeighborDeps;
  readonly #owner: ConnectionOwner;
  readonly #faults = new FaultRing();
  readonly #chronicle: Chronicle;
  readonly #traffic: Traffic;
  readonly #idleHoldTimer: RestartableTimer;
  #config: NeighborConfig;
  /** RFC 4271 §8.2.1: the FSM of the configured peering. */
  #main: Connection;
  /** The FSM of a connection that the peer opened while `#main` has or seeks one of its own. */
  #extra: Connection | undefined = undefined;
  /** The connection whose session the listener knows as established. */
  #current: Connection | undefined = undefined;
  #isStarted = false;
  #isShutdown: boolean;
  #refusesInIdle = false;

  constructor(options: NeighborOptions, deps: NeighborDeps) {
    this.address = options.config.address;
    this.#options = options;
    this.#deps = deps;
    this.#config = options.config;
    this.#isShutdown = options.config.isShutdown;
    this.#traffic = {
      sent: noMessages(),
      received: noMessages(),
      lastReadWallMs: undefined,
      lastWriteWallMs: undefined,
    };
    this.#chronicle = new Chronicle(options, deps);
    this.#owner = {
      handle: (connection, event) => this.#handle(connection, event),
      buildOpen: () => buildOpen(this.#options, this.#config),
      openReceived: (connection, open) => this.#openReceived(connection, open),
      updateReceived: (buffer, offset, end) => this.#deps.listener.update(this, buffer, offset, end),
      refreshReceived: (afi, safi, subtype) => this.#deps.listener.routeRefresh(this, afi, safi, subtype),
      surprised: (connection, error, buffer, offset, end) => this.#surprised(connection, error, buffer, offset, end),
    };
    this.#main = this.#createConnection('Idle');
    this.#idleHoldTimer = new RestartableTimer(deps.clock, () => {
      this.#begin(this.#config.isPassive ? FsmEvent.AutomaticStartPassive : FsmEvent.AutomaticStart);
    });
  }

  get config(): NeighborConfig {
    return this.#config;
  }

  get state(): SessionState {
    return this.#leading().session.state;
  }

  get isEstablished(): boolean {
    return this.#current?.session.state === 'Established';
  }

  /** Of the Established session; still there while the listener is told that it is down. */
  get negotiated(): Negotiated | undefined {
    return this.#current?.session.negotiated;
  }

  get connectionInfo(): ConnectionInfo | undefined {
    return (this.#current ?? this.#leading()).info;
  }

  /** Begins to connect and to take connections; nothing happens while the neighbor is shut down. */
  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    if (!this.#isShutdown) this.#beginManually();
  }

  /** Ends everything with Cease and stops all timers; start() begins anew. */
  stop(how: StopHow): void {
    this.#isStarted = false;
    this.#end(typeof how === 'string' ? stopCease[how] : how);
  }

  /** `clear bgp`: Cease, then connects at once. Default: Administrative Reset (RFC 4486 §4). */
  reset(subcode: number = CeaseSubcode.AdministrativeReset): void {
    if (!this.#isStarted || this.#isShutdown) return;
    this.#end({ subcode });
    if (this.#isStarted && !this.#isShutdown && this.#main.session.state === 'Idle') this.#beginManually();
  }

  setShutdown(isShutdown: boolean, message?: string): void {
    if (isShutdown === this.#isShutdown) return;
    this.#isShutdown = isShutdown;
    if (isShutdown) {
      const subcode = CeaseSubcode.AdministrativeShutdown;
      this.#end(message === undefined ? { subcode } : { subcode, message });
    } else if (this.#isStarted) {
      this.#beginManually();
    }
  }

  /** `reset`: a new session was needed (and begun). A new hold time waits for the next OPEN. */
  reconfigure(config: NeighborConfig): 'unchanged' | 'updated' | 'reset' {
    const from = this.#config;
    const localAsn = this.#options.localAsn;
    const plan = planReconfiguration(from, config, { localAsn, remoteAsn: this.negotiated?.remoteAsn });
    if (!plan.isChanged) return 'unchanged';
    this.#config = config;
    for (const { session } of this.#connections()) session.isPassive = config.isPassive;
    if (from.timers.connectRetrySec !== config.timers.connectRetrySec) this.#changeConnectRetry();
    if (from.timers.keepaliveSec !== config.timers.keepaliveSec) this.#changeKeepalive();
    if (from.isShutdown !== config.isShutdown) this.setShutdown(config.isShutdown);
    if (!this.#isStarted || this.#isShutdown) return 'updated';
    if (plan.needsNewSession) {
      this.reset(CeaseSubcode.OtherConfigurationChange);
      return 'reset';
    }
    if (plan.needsNewAttempt && !hasSentOpen(this.state)) this.reset(CeaseSubcode.OtherConfigurationChange);
    return 'updated';
  }

  owns(connection: ConnectionId): boolean {
    return this.#main.id === connection || this.#extra?.id === connection;
  }

  connectionOpened(connection: ConnectionId, info: ConnectionInfo): void {
    const owner = this.#find(connection);
    if (owner === undefined) return;
    owner.info = info;
    this.#handle(owner, { type: FsmEvent.TcpConnectionRequestAcked });
  }

  connectionFailed(connection: ConnectionId, error: string): void {
    const owner = this.#find(connection);
    if (owner === undefined) return;
    this.#chronicle.connectFailed(error);
    owner.id = undefined;
    this.#handle(owner, { type: FsmEvent.TcpConnectionFails, reason: error });
  }

  /** False: refused, told so (Cease 6/5) and closed already; the connection is no longer anybody's. */
  accept(connection: ConnectionId, info: ConnectionInfo): boolean {
    const refusal = this.#refusal();
    if (refusal !== undefined) {
      this.#refuse(connection, info, refusal);
      return false;
    }
    if (this.#main.session.state === 'Idle') this.#begin(FsmEvent.AutomaticStartPassive);
    let taker = this.#main;
    if (taker.session.state !== 'Active') {
      taker = this.#createConnection('Active');
      const replaced = this.#extra;
      if (replaced !== undefined) this.#handle(replaced, { type: FsmEvent.OpenCollisionDump });
      this.#extra = taker;
    }
    taker.adopt(connection, info);
    this.#handle(taker, { type: FsmEvent.TcpConnectionConfirmed });
    return true;
  }

  received(connection: ConnectionId, bytes: Uint8Array): void {
    this.#find(connection)?.read(bytes);
  }

  connectionClosed(connection: ConnectionId, error?: string): void {
    const owner = this.#find(connection);
    if (owner === undefined) return;
    owner.id = undefined;
    this.#handle(owner, { type: FsmEvent.TcpConnectionFails, reason: error ?? 'Peer closed the session' });
  }

  /**
   * Whole UPDATE (their number is `updates`) or ROUTE-REFRESH messages, never changed afterwards. Without an Established session
   * nothing is sent.
   */
  send(bytes: Uint8Array, updates: number): void {
    const current = this.#current;
    if (current === undefined || current.session.state !== 'Established') return;
    this.#traffic.sent.update += updates;
    if (bytes[TYPE_OFFSET] === MessageType.RouteRefresh) this.#traffic.sent.routeRefresh += 1;
    current.send(bytes);
  }

  /** The listener found in an UPDATE what ends a session (RFC 4271 §6.3), or a limit that does (Cease). */
  resetByFault(error: NotificationError): void {
    const current = this.#current;
    if (current === undefined) return;
    const { code, subcode, data } = error;
    if (code === NotificationCode.Cease) this.#handle(current, { type: FsmEvent.AutomaticStop, subcode, data });
    else this.#handle(current, { type: errorEvent(error), error });
  }

  /** Bytes that the transport has not yet handed to the system. */
  queuedBytes(): number {
    const id = this.#current?.id;
    return id === undefined ? 0 : this.#deps.transport.queuedBytes(id);
  }

  view(): NeighborSessionView {
    return viewNeighbor({
      options: this.#options,
      config: this.#config,
      isShutdown: this.#isShutdown,
      state: this.state,
      negotiated: this.negotiated,
      info: this.connectionInfo,
      traffic: this.#traffic,
      history: this.#chronicle.history,
    });
  }

  /** Messages that made our own code fail. */
  keptMessages(): readonly KeptMessage[] {
    return this.#faults.messages();
  }

  #handle(connection: Connection, event: SessionEvent): void {
    const chronicle = this.#chronicle;
    const { session } = connection;
    const from = session.state;
    const effects = step(session, event);
    for (const effect of effects) connection.apply(effect);
    const sent = effects.find((effect) => effect.type === 'send-notification');
    const reason = chronicle.describe(event, sent);
    chronicle.notification(event, sent, reason);
    const establishedForMs = this.#deps.clock.nowMs() - chronicle.history.establishedAtMs;
    if (hasSentOpen(from) && !hasSentOpen(session.state)) {
      chronicle.ended(event, sent, reason);
      if (connection === this.#current) this.#down(reason);
      session.negotiated = undefined;
      connection.info = undefined;
    } else if (session.state === 'Established' && from !== 'Established') {
      this.#established(connection, reason);
    }
    this.#settle(connection, { from, event, sentCode: sent?.code, establishedForMs });
    chronicle.show(this.state, reason);
  }

  #openReceived(connection: Connection, open: OpenMessage): void {
    const local = this.#options;
    const negotiated = negotiate(local, this.#config, connection.openSent ?? buildOpen(local, this.#config), open);
    const rival = this.#rivalOf(connection);
    if (rival !== undefined) {
      const speakers = { ...local, remoteRouterId: open.routerId, remoteAsn: open.asn };
      const { state } = rival.session;
      const verdict = decideCollision(speakers, connection.isInitiatedHere, {
        state,
        isInitiatedHere: rival.isInitiatedHere,
      });
      if (verdict !== 'keep-both') {
        const isFreshKept = verdict === 'close-existing';
        const kept = (isFreshKept ? connection : rival).isInitiatedHere ? 'outgoing' : 'incoming';
        this.#chronicle.emit({ type: 'collision', neighbor: this.address, kept });
        this.#handle(isFreshKept ? rival : connection, { type: FsmEvent.OpenCollisionDump });
        if (!isFreshKept) return;
      }
    }
    this.#handle(connection, { type: FsmEvent.BgpOpen, negotiated });
  }

  #established(connection: Connection, reason: string): void {
    this.#current = connection;
    this.#chronicle.established();
    this.#chronicle.show(this.state, reason);
    this.#deps.listener.established(this);
  }

  #down(reason: string): void {
    this.#chronicle.down();
    this.#chronicle.show(this.state, reason);
    this.#deps.listener.down(this, reason, 'ended');
    this.#current = undefined;
  }

  /** After a step: which connections remain, and when to try again. */
  #settle(connection: Connection, end: End): void {
    const { state } = connection.session;
    if (state === 'Established' && end.from !== 'Established') {
      // RFC 4271 §6.8: next to an Established connection no other is kept; its OPEN need not be awaited.
      const rival = this.#rivalOf(connection);
      if (rival !== undefined) this.#handle(rival, { type: FsmEvent.OpenCollisionDump });
    }
    if (connection === this.#extra) {
      if (!hasSentOpen(state)) {
        connection.stopTimers();
        this.#extra = undefined;
      } else if (state !== 'OpenSent' && !hasSentOpen(this.#main.session.state)) {
        this.#promoteExtra();
      }
      return;
    }
    if (connection !== this.#main || end.from === state) return;
    if (this.#extra !== undefined && (state === 'Idle' || state === 'Active')) this.#promoteExtra();
    else if (state === 'Idle' && end.event.type !== FsmEvent.ManualStop) this.#restart(end);
  }

  /** The peer's connection takes the place of our own attempt, which ends without a word. */
  #promoteExtra(): void {
    const promoted = this.#extra;
    if (promoted === undefined) return;
    const former = this.#main;
    this.#main = promoted;
    this.#extra = undefined;
    for (const effect of step(former.session, { type: FsmEvent.OpenCollisionDump })) former.apply(effect);
    this.#idleHoldTimer.stop();
  }

  #restart(end: End): void {
    if (!this.#isStarted || this.#isShutdown) return;
    this.#chronicle.history.failedAttempts += 1;
    const plan = planRestart(end);
    if (plan.type === 'listen') {
      this.#begin(FsmEvent.AutomaticStartPassive);
      return;
    }
    this.#refusesInIdle = plan.refusesConnections;
    this.#idleHoldTimer.start(plan.sec * 1000 * (0.75 + this.#deps.clock.random() / 4));
  }

  #beginManually(): void {
    this.#begin(this.#config.isPassive ? FsmEvent.ManualStartPassive : FsmEvent.ManualStart);
  }

  #begin(type: StartEvent): void {
    this.#idleHoldTimer.stop();
    this.#refusesInIdle = false;
    this.#handle(this.#main, { type });
  }

  /** ManualStop for every connection. */
  #end(cease: Cease): void {
    this.#idleHoldTimer.stop();
    this.#refusesInIdle = false;
    const { subcode, message } = cease;
    const hasText = message !== undefined && carriesShutdownText(NotificationCode.Cease, subcode);
    const data = hasText ? encodeShutdownText(message) : NO_DATA;
    const event: SessionEvent = { type: FsmEvent.ManualStop, subcode, data };
    if (this.#extra !== undefined) this.#handle(this.#extra, event);
    this.#handle(this.#main, event);
  }

  /** Why an incoming connection is not taken now. */
  #refusal(): string | undefined {
    if (!this.#isStarted || this.#isShutdown) return 'the neighbor is shut down';
    const { state } = this.#main.session;
    if (state === 'Idle' && this.#refusesInIdle) return 'the neighbor is idle after an error of the peer';
    // A peer that opens another connection has given up one that it never used, so such a one makes room.
    const isBusy = this.#extra !== undefined && (this.#extra.session.state !== 'OpenSent' || this.#extra.hasHeardPeer);
    return isBusy ? 'another connection of the peer is being set up' : undefined;
  }

  /** RFC 4486 §4: a connection that is not wanted SHOULD be told so with Connection Rejected. */
  #refuse(connection: ConnectionId, info: ConnectionInfo, reason: string): void {
    const { transport } = this.#deps;
    transport.send(connection, encodeNotification(NotificationCode.Cease, CeaseSubcode.ConnectionRejected));
    transport.close(connection);
    this.#traffic.sent.notification += 1;
    this.#chronicle.emit({ type: 'connection-refused', remoteAddress: info.remoteAddress, reason });
  }

  #surprised(connection: Connection, error: unknown, buffer: Uint8Array, offset: number, end: number): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#faults.keep(this.#deps.clock.wallMs(), text, buffer, offset, end);
    this.#chronicle.emit({ type: 'internal-error', neighbor: this.address, error: text });
    this.#handle(connection, { type: FsmEvent.AutomaticStop, subcode: CeaseSubcode.Unspecific, data: NO_DATA });
  }

  #changeConnectRetry(): void {
    const { connectRetrySec } = this.#config.timers;
    for (const connection of this.#connections()) {
      connection.session.connectRetrySec = connectRetrySec;
      if (connection.isRetryTimerRunning) connection.startTimer('connect-retry', connectRetrySec);
    }
  }

  #changeKeepalive(): void {
    for (const connection of this.#connections()) {
      const { session } = connection;
      if (session.negotiated === undefined || session.negotiated.holdTimeSec === 0) continue;
      const sec = keepaliveSec(this.#config, session.negotiated.holdTimeSec);
      session.negotiated = { ...session.negotiated, keepaliveSec: sec };
      connection.startTimer('keepalive', sec);
    }
  }

  #connections(): readonly Connection[] {
    return this.#extra === undefined ? [this.#main] : [this.#main, this.#extra];
  }

  /** The connection whose state outsiders see. */
  #leading(): Connection {
    const extra = this.#extra;
    if (extra === undefined) return this.#main;
    return progressOf(extra.session.state) > progressOf(this.#main.session.state) ? extra : this.#main;
  }

  #rivalOf(connection: Connection): Connection | undefined {
    return connection === this.#main ? this.#extra : this.#main;
  }

  #find(id: ConnectionId): Connection | undefined {
    if (this.#main.id === id) return this.#main;
    return this.#extra?.id === id ? this.#extra : undefined;
  }

  #createConnection(state: SessionState): Connection {
    const { transport, clock, nextConnectionId } = this.#deps;
    const session = createSession(this.#config.timers.connectRetrySec, this.#config.isPassive, state);
    return new Connection(session, {
      transport,
      clock,
      nextConnectionId,
      owner: this.#owner,
      traffic: this.#traffic,
      connectRequest: (connection) => this.#connectRequest(connection),
    });
  }

  #connectRequest(connection: ConnectionId): ConnectRequest {
    const { address, port, sourceAddress } = this.#config;
    return { connection, address, port, sourceAddress, ttl: sendingTtl(this.#config, this.#options.localAsn) };
  }
}

type StartEvent =
  | typeof FsmEvent.ManualStart
  | typeof FsmEvent.ManualStartPassive
  | typeof FsmEvent.AutomaticStart
  | typeof FsmEvent.AutomaticStartPassive;

function noMessages(): MessageCounts {
  return { open: 0, update: 0, notification: 0, keepalive: 0, routeRefresh: 0 };
}
