// A configured neighbor: its own attempts to connect, at most one more connection that the peer opened, and what happens between
// sessions. Bytes and timers of a connection are in connection.ts, the state machine is fsm.ts, who wins a collision collision.ts,
// how a session is ended and what that means session-end.ts, how long Idle lasts idle-hold.ts.
// Everything runs within the calls of the owner (the speaker) and of the clock.

import type { NeighborConfig } from '../config.ts';
import type { ConnectionId, ConnectionInfo } from '../ports.ts';
import type { SessionState } from '../views.ts';
import { MessageType, TYPE_OFFSET } from '../wire/message.ts';
import { CeaseSubcode, NotificationCode, type NotificationError } from '../wire/notification.ts';
import type { OpenMessage } from '../wire/open.ts';
import { RefreshSubtype } from '../wire/route-refresh.ts';
import { refuseConnection, turnAway } from './admission.ts';
import { Chronicle } from './chronicle.ts';
import { Collisions } from './collisions.ts';
import { Connection, type ConnectionOwner, createTraffic, errorEvent, type Traffic } from './connection.ts';
import { FsmEvent, type SessionEvent, startType, type StartType } from './events.ts';
import { FaultRing } from './fault-ring.ts';
import { describeEnd, step } from './fsm.ts';
import { type End, IdleHold } from './idle-hold.ts';
import type {
  KeptMessage,
  NeighborDeps,
  NeighborOptions,
  NeighborSessionView,
  SessionEnd,
  SpeakerIdentity,
  StopHow,
} from './listener.ts';
import { applyPassword, applyTimers, settingsOf } from './live-settings.ts';
import { type Negotiated, negotiate } from './negotiation.ts';
import { viewNeighbor } from './neighbor-view.ts';
import { buildOpen } from './offer.ts';
import { connectRequestOf, planReconfiguration } from './reconfiguration.ts';
import { classifyEnd, encodeCease, planStop } from './session-end.ts';
import { createSession, hasConnection, hasSentOpen, progressOf, type SessionSettings } from './state.ts';

export class Neighbor {
  /** The address of the configuration: the neighbor's identity. */
  readonly address: string;
  readonly #options: NeighborOptions;
  readonly #deps: NeighborDeps;
  readonly #owner: ConnectionOwner;
  readonly #faults = new FaultRing();
  readonly #chronicle: Chronicle;
  readonly #traffic: Traffic;
  readonly #idleHold: IdleHold;
  #config: NeighborConfig;
  #identity: SpeakerIdentity;
  /** RFC 4271 §8.2.1: the FSM of the configured peering. */
  #main: Connection;
  /** The FSM of a connection that the peer opened while `#main` has or seeks one of its own. */
  #extra: Connection | undefined = undefined;
  /** The connection whose session the listener knows as established. */
  #current: Connection | undefined = undefined;
  readonly #collisions: Collisions;
  #isStarted = false;
  #isShutdown: boolean;
  /** Until then a peer that restarts may come back (RFC 4724 §4.2). */
  #awaitedUntilMs = 0;

  constructor(options: NeighborOptions, deps: NeighborDeps) {
    this.address = options.config.address;
    this.#options = options;
    this.#deps = deps;
    this.#config = options.config;
    this.#identity = options.identity ?? {};
    this.#isShutdown = options.config.isShutdown;
    this.#traffic = createTraffic();
    this.#chronicle = new Chronicle(options, deps);
    this.#owner = {
      handle: (connection, event) => this.#handle(connection, event),
      buildOpen: () => this.#buildOpen(),
      openReceived: (connection, open) => this.#openReceived(connection, open),
      updateReceived: (buffer, offset, end) => this.#deps.listener.update(this, buffer, offset, end),
      refreshReceived: (afi, safi, subtype) => this.#refreshReceived(afi, safi, subtype),
      surprised: (connection, error, buffer, offset, end) => this.#surprised(connection, error, buffer, offset, end),
    };
    this.#main = this.#createConnection('Idle');
    this.#idleHold = new IdleHold(deps.clock, () => this.#idleHoldExpired());
    this.#collisions = new Collisions({
      clock: deps.clock,
      rivalOf: (connection) => this.#rivalOf(connection),
      establishedForMs: () => deps.clock.nowMs() - this.#chronicle.history.establishedAtMs,
      isWanted: () => this.#isStarted && !this.#isDown,
      lost: (loser, kept) => this.#collided(loser, kept),
      handle: (connection, event) => this.#handle(connection, event),
      answer: (connection, open) => this.#openReceived(connection, open),
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

  /** What the OPENs of one connection agreed upon, also before a session stands on it. */
  negotiatedOn(connection: ConnectionId): Negotiated | undefined {
    return this.#find(connection)?.session.negotiated;
  }

  get connectionInfo(): ConnectionInfo | undefined {
    return (this.#current ?? this.#leading()).info;
  }

  /** Begins to connect and to take connections; nothing happens while the neighbor is shut down or held down. */
  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    if (!this.#isDown) this.#beginManually();
  }

  /** Ends everything as asked and stops all timers; start() begins anew. */
  stop(how: StopHow): void {
    this.#isStarted = false;
    this.#end(how);
    this.#chronicle.stopped();
  }

  /** `clear bgp`: Cease, then connects at once. Default: Administrative Reset (RFC 4486 §4). */
  reset(subcode: number = CeaseSubcode.AdministrativeReset): void {
    this.#beginAnew({ subcode });
  }

  /** `message` (RFC 9003) stands in for the one of the configuration. */
  setShutdown(isShutdown: boolean, message?: string): void {
    if (isShutdown === this.#isShutdown) return;
    this.#isShutdown = isShutdown;
    const text = message ?? this.#config.shutdownMessage;
    const subcode = CeaseSubcode.AdministrativeShutdown;
    if (isShutdown) this.#end(text === undefined ? { subcode } : { subcode, message: text });
    else if (this.#isStarted && !this.#isDown) this.#beginManually();
  }

  /** `reset`: a new session was needed (and begun). A new hold time and new capabilities wait for the next OPEN. */
  reconfigure(config: NeighborConfig, identity: SpeakerIdentity = this.#identity): 'unchanged' | 'updated' | 'reset' {
    const from = this.#config;
    const isIdentityChanged = JSON.stringify(identity) !== JSON.stringify(this.#identity);
    this.#identity = identity;
    const plan = planReconfiguration(from, config, { local: this.#options, remoteAsn: this.negotiated?.remoteAsn });
    if (!plan.isChanged) return isIdentityChanged ? 'updated' : 'unchanged';
    this.#config = config;
    for (const connection of this.#connections()) applyTimers(connection, this.#settings, from, config);
    if (from.isShutdown !== config.isShutdown) this.setShutdown(config.isShutdown);
    if (from.heldDownReason !== config.heldDownReason) this.#heldDownChanged(from.heldDownReason);
    if (!this.#isStarted || this.#isDown) return 'updated';
    const subcode = CeaseSubcode.OtherConfigurationChange;
    if (plan.needsNewSession) {
      this.#beginAnew({ subcode, isHard: plan.isOtherPeering });
      return 'reset';
    }
    // Only what goes on gets the new key: the peer understands the last message of what has ended by the old one.
    if (from.password !== config.password) {
      for (const connection of this.#connections()) this.#changePassword(connection, config.password);
    }
    if (plan.needsNewAttempt && !hasSentOpen(this.state)) this.#beginAnew({ subcode });
    return 'updated';
  }

  owns(connection: ConnectionId): boolean {
    return this.#find(connection) !== undefined;
  }

  connectionOpened(connection: ConnectionId, info: ConnectionInfo): void {
    const owner = this.#find(connection);
    if (owner === undefined) return;
    owner.info = info;
    this.#handle(owner, { type: FsmEvent.TcpConnectionRequestAcked });
  }

  /** The interface that carries it has other addresses now: next hops of ours follow (RFC 2545 §3). */
  connectionChanged(connection: ConnectionId, info: ConnectionInfo): void {
    const owner = this.#find(connection);
    if (owner !== undefined) owner.info = info;
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
    const reason = refuseConnection({
      heldDownReason: this.#config.heldDownReason,
      isStarted: this.#isStarted,
      isShutdown: this.#isShutdown,
      state: this.#main.session.state,
      refusesInIdle: this.#idleHold.refuses,
      extra: this.#extra,
    });
    if (reason !== undefined) {
      turnAway(this.#deps.transport, connection);
      this.#traffic.sent.notification += 1;
      this.#chronicle.refused(reason);
      return false;
    }
    if (this.#main.session.state === 'Idle') this.#begin(FsmEvent.AutomaticStartPassive);
    let taker = this.#main;
    if (taker.session.state !== 'Active' || taker.session.isDelayingOpen) {
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
    if (code === NotificationCode.Cease) {
      const cease = encodeCease({ subcode, data }, current.session.negotiated);
      this.#handle(current, { type: FsmEvent.AutomaticStop, ...cease });
    } else this.#handle(current, { type: errorEvent(error), error });
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
      identity: this.#identity,
      isShutdown: this.#isShutdown,
      state: this.state,
      negotiated: this.negotiated,
      openSent: this.#current?.openSent,
      info: this.connectionInfo,
      traffic: this.#traffic,
      history: this.#chronicle.history,
      idleHold: this.#idleHold,
      retryRemainingMs: this.#main.retryRemainingMs,
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
    const hadConnection = hasConnection(session);
    const effects = step(session, event);
    for (const effect of effects) connection.apply(effect);
    const sent = effects.find((effect) => effect.type === 'send-notification');
    const reason = describeEnd(event, sent);
    chronicle.notification(event, sent, reason);
    const establishedForMs = this.#deps.clock.nowMs() - chronicle.history.establishedAtMs;
    if (hadConnection && !hasConnection(session)) {
      if (hasSentOpen(from)) chronicle.ended(event, sent, reason, connection === this.#current);
      else chronicle.endedBeforeOpen(event, connection.isInitiatedHere, reason);
      if (connection === this.#current) this.#down(reason, classifyEnd(event, sent, session.negotiated));
      session.negotiated = undefined;
      connection.info = undefined;
    } else if (session.state === 'Established' && from !== 'Established') {
      this.#established(connection, reason);
    }
    this.#settle(connection, { from, event, sentCode: sent?.code, establishedForMs });
    this.#collisions.goOn();
    chronicle.show(this.state, reason);
  }

  #buildOpen(): OpenMessage {
    return buildOpen(this.#options, this.#config, this.#identity, this.#deps.listener.openCapabilities(this));
  }

  #openReceived(connection: Connection, open: OpenMessage): void {
    const local = this.#options;
    // RFC 4271 §8.1.1, DelayOpen: ours goes out after the peer's; what it will say is settled now.
    connection.openSent ??= this.#buildOpen();
    const ours = connection.openSent;
    const negotiated = negotiate(local, this.#config, ours, open);
    if (!this.#collisions.mayAnswer(connection, ours, open)) return;
    if (negotiated.takesExtended) connection.takeExtended();
    const type = connection.session.isDelayingOpen ? FsmEvent.BgpOpenWithDelayOpenTimer : FsmEvent.BgpOpen;
    this.#handle(connection, { type, negotiated });
  }

  #collided(loser: Connection, kept: Connection): void {
    const side = kept.isInitiatedHere ? 'outgoing' : 'incoming';
    this.#chronicle.emit({ type: 'collision', neighbor: this.address, kept: side });
    this.#handle(loser, { type: FsmEvent.OpenCollisionDump });
  }

  /** RFC 7313 §5: subtypes that were not negotiated, and those that nobody has defined, are ignored. */
  #refreshReceived(afi: number, safi: number, subtype: number): void {
    const isMarker = subtype === RefreshSubtype.Begin || subtype === RefreshSubtype.End;
    const isTaken = subtype === RefreshSubtype.Request || (isMarker && this.negotiated?.hasEnhancedRefresh === true);
    if (isTaken) this.#deps.listener.routeRefresh(this, afi, safi, subtype);
  }

  #established(connection: Connection, reason: string): void {
    this.#current = connection;
    this.#chronicle.established();
    this.#chronicle.show(this.state, reason);
    this.#deps.listener.established(this);
  }

  #down(reason: string, how: SessionEnd): void {
    if (how === 'lost') {
      const restartSec = this.negotiated?.gracefulRestart?.restartTimeSec ?? 0;
      this.#awaitedUntilMs = this.#deps.clock.nowMs() + restartSec * 1000;
    }
    this.#chronicle.down();
    this.#chronicle.show(this.state, reason);
    this.#deps.listener.down(this, reason, how);
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
      if (!hasConnection(connection.session)) {
        connection.stopTimers();
        this.#extra = undefined;
      } else if (progressOf(state) > progressOf('OpenSent') && !hasSentOpen(this.#main.session.state)) {
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
    this.#idleHold.end();
  }

  get #settings(): SessionSettings {
    return settingsOf(this.#config, this.#deps.clock.nowMs() < this.#awaitedUntilMs);
  }

  get #isDown(): boolean {
    return this.#isShutdown || this.#config.heldDownReason !== undefined;
  }

  get #isDamped(): boolean {
    return this.#config.dampsPeerOscillations !== false;
  }

  #restart(end: End): void {
    if (!this.#isStarted || this.#isDown) return;
    this.#chronicle.history.failedAttempts += 1;
    const plan = this.#idleHold.plan(end, this.#isDamped);
    if (plan.type === 'listen') this.#begin(FsmEvent.AutomaticStartPassive);
    else this.#idleHold.begin(plan);
  }

  #idleHoldExpired(): void {
    this.#handle(this.#main, { type: FsmEvent.IdleHoldTimerExpires });
    this.#begin(startType(this.#isDamped ? 'damped' : 'automatic', this.#config.isPassive));
  }

  #beginManually(): void {
    this.#idleHold.forget();
    this.#begin(startType('manual', this.#config.isPassive));
  }

  #begin(type: StartType): void {
    this.#idleHold.end();
    this.#main.session.settings = this.#settings;
    this.#handle(this.#main, { type });
  }

  #beginAnew(how: StopHow): void {
    if (!this.#isStarted || this.#isDown) return;
    this.#end(how);
    if (this.#isStarted && !this.#isDown && this.#main.session.state === 'Idle') this.#beginManually();
  }

  /** ManualStop for every connection. */
  #end(how: StopHow): void {
    this.#idleHold.end();
    for (const connection of [this.#extra, this.#main]) {
      if (connection === undefined) continue;
      this.#handle(connection, planStop(how, this.#config, connection.session.negotiated));
    }
  }

  #heldDownChanged(before: string | undefined): void {
    const reason = this.#config.heldDownReason;
    if (reason === undefined) {
      if (this.#isStarted && !this.#isDown) this.#beginManually();
    } else if (before === undefined) this.#end({ subcode: CeaseSubcode.OtherConfigurationChange });
  }

  #changePassword(connection: Connection, password: string | undefined): void {
    const fault = applyPassword(this.#deps.transport, connection, password);
    if (fault !== undefined) this.#chronicle.connectFailed(`the TCP password was not changed: ${fault}`);
  }

  #surprised(connection: Connection, error: unknown, buffer: Uint8Array, offset: number, end: number): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#faults.keep(this.#deps.clock.wallMs(), text, buffer, offset, end);
    this.#chronicle.emit({ type: 'internal-error', neighbor: this.address, error: text });
    this.#handle(connection, {
      type: FsmEvent.AutomaticStop,
      subcode: CeaseSubcode.Unspecific,
      data: new Uint8Array(0),
    });
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
    const session = createSession(this.#settings, state);
    return new Connection(session, {
      transport,
      clock,
      nextConnectionId,
      owner: this.#owner,
      traffic: this.#traffic,
      connectRequest: (connection) => connectRequestOf(this.#config, this.#options.localAsn, connection),
    });
  }
}
