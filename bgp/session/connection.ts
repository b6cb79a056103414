// One connection of a neighbor with its FSM: turns bytes into events and effects into bytes, timers and transport calls. Which of
// two connections lives, what happens after an end, and who is told, the Neighbor decides (ConnectionOwner).
// hot

import type { Clock, ConnectionId, ConnectionInfo, ConnectRequest, Transport } from '../ports.ts';
import type { MessageCounts } from '../views.ts';
import { encodeKeepalive, MessageType, TYPE_OFFSET } from '../wire/message.ts';
import {
  decodeNotification,
  encodeNotification,
  explainNotification,
  NotificationCode,
  NotificationError,
  OpenSubcode,
} from '../wire/notification.ts';
import { decodeOpen, encodeOpen, type OpenMessage } from '../wire/open.ts';
import { decodeRouteRefresh } from '../wire/route-refresh.ts';
import { assertNever, FsmEvent, type SessionEvent } from './events.ts';
import { Framer } from './framer.ts';
import type { Effect } from './fsm.ts';
import { SendHold } from './send-hold.ts';
import type { Session, TimerName } from './state.ts';
import { RestartableTimer } from './timer.ts';

export interface ConnectionOwner {
  /** Steps the FSM of the connection and carries out what follows. */
  handle(connection: Connection, event: SessionEvent): void;
  buildOpen(): OpenMessage;
  /** A well-formed OPEN: checks it, settles a collision, and handles the event that it makes. */
  openReceived(connection: Connection, open: OpenMessage): void;
  updateReceived(buffer: Uint8Array, offset: number, end: number): void;
  refreshReceived(afi: number, safi: number, subtype: number): void;
  /** Something that is not the peer's fault was thrown while a message was handled. */
  surprised(connection: Connection, error: unknown, buffer: Uint8Array, offset: number, end: number): void;
}

/** Counters of the neighbor, shared by its connections. */
export interface Traffic {
  readonly sent: MessageCounts;
  readonly received: MessageCounts;
  lastReadWallMs: number | undefined;
  lastWriteWallMs: number | undefined;
  lastUpdateWallMs: number | undefined;
}

export function createTraffic(): Traffic {
  const none = (): MessageCounts => ({ open: 0, update: 0, notification: 0, keepalive: 0, routeRefresh: 0 });
  return {
    sent: none(),
    received: none(),
    lastReadWallMs: undefined,
    lastWriteWallMs: undefined,
    lastUpdateWallMs: undefined,
  };
}

export interface ConnectionDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly owner: ConnectionOwner;
  readonly traffic: Traffic;
  readonly nextConnectionId: () => ConnectionId;
  readonly connectRequest: (connection: ConnectionId) => ConnectRequest;
}

/** Never changed after it was made: the transport may keep it. */
const KEEPALIVE = encodeKeepalive();

export class Connection {
  readonly session: Session;
  /** Of the TCP connection or the attempt to make one. */
  id: ConnectionId | undefined = undefined;
  info: ConnectionInfo | undefined = undefined;
  isInitiatedHere = true;
  /** What the peer was told on this connection; the configuration may have changed since. */
  openSent: OpenMessage | undefined = undefined;
  /** True after the first whole message. */
  hasHeardPeer = false;
  readonly #deps: ConnectionDeps;
  readonly #framer = new Framer();
  readonly #connectRetryTimer: RestartableTimer;
  readonly #holdTimer: RestartableTimer;
  readonly #keepaliveTimer: RestartableTimer;
  readonly #delayOpenTimer: RestartableTimer;
  readonly #sendHold: SendHold;
  /** A message that restarts the HoldTimer came in the chunk being read. */
  #hasSignOfLife = false;
  /** Messages behind an OPEN that is not answered yet; undefined: none is put off. */
  #putOff: Uint8Array[] | undefined = undefined;

  constructor(session: Session, deps: ConnectionDeps) {
    this.session = session;
    this.#deps = deps;
    const { clock, owner } = deps;
    this.#connectRetryTimer = new RestartableTimer(clock, () =>
      owner.handle(this, { type: FsmEvent.ConnectRetryTimerExpires }),
    );
    this.#holdTimer = new RestartableTimer(clock, () => owner.handle(this, { type: FsmEvent.HoldTimerExpires }), true);
    this.#keepaliveTimer = new RestartableTimer(clock, () =>
      owner.handle(this, { type: FsmEvent.KeepaliveTimerExpires }),
    );
    this.#delayOpenTimer = new RestartableTimer(clock, () =>
      owner.handle(this, { type: FsmEvent.DelayOpenTimerExpires }),
    );
    this.#sendHold = new SendHold(
      clock,
      () => (this.id === undefined ? 0 : deps.transport.queuedBytes(this.id)),
      () => owner.handle(this, { type: FsmEvent.SendHoldTimerExpires }),
    );
  }

  /** Of the ConnectRetryTimer; undefined: it does not run. */
  get retryRemainingMs(): number | undefined {
    return this.#connectRetryTimer.remainingMs;
  }

  /** RFC 8654 was negotiated: messages of up to 65,535 octets are taken. */
  takeExtended(): void {
    this.#framer.takeExtended();
  }

  /** Takes a TCP connection that the peer opened; TcpConnectionConfirmed follows. */
  adopt(id: ConnectionId, info: ConnectionInfo): void {
    this.id = id;
    this.info = info;
    this.isInitiatedHere = false;
  }

  /** The OPEN that has just come is answered later: what follows it waits, but for a NOTIFICATION. */
  putOff(): void {
    this.#putOff = [];
  }

  /** The OPEN has been answered: what followed it is read. */
  resume(): void {
    const messages = this.#putOff ?? [];
    this.#putOff = undefined;
    for (const bytes of messages) if (!this.message(bytes, 0, bytes.length)) return;
  }

  startTimer(timer: TimerName, sec: number): void {
    if (timer === 'send-hold') this.#sendHold.start(sec);
    else this.#timer(timer).start(this.#durationMs(timer, sec));
  }

  #stopTimer(timer: TimerName): void {
    if (timer === 'send-hold') this.#sendHold.stop();
    else this.#timer(timer).stop();
  }

  stopTimers(): void {
    this.#connectRetryTimer.stop();
    this.#holdTimer.stop();
    this.#keepaliveTimer.stop();
    this.#delayOpenTimer.stop();
    this.#sendHold.stop();
  }

  /** Queues whole messages that are not counted here; RFC 4271 §8.2.2 restarts the KeepaliveTimer with each UPDATE. */
  send(bytes: Uint8Array): void {
    if (this.id === undefined) return;
    this.#deps.traffic.lastWriteWallMs = this.#deps.clock.wallMs();
    this.#deps.transport.send(this.id, bytes);
    this.#sendHold.sent(bytes.length);
    if (this.#keepaliveTimer.isRunning) this.startTimer('keepalive', this.session.negotiated?.keepaliveSec ?? 0);
  }

  /** Carries out one effect; `established` and `down` are the owner's. */
  apply(effect: Effect): void {
    switch (effect.type) {
      case 'start-timer':
        this.startTimer(effect.timer, effect.sec);
        return;
      case 'stop-timer':
        this.#stopTimer(effect.timer);
        return;
      case 'connect':
        this.#connect();
        return;
      case 'close':
        this.#close();
        return;
      case 'send-open':
        this.#deps.traffic.sent.open += 1;
        this.openSent ??= this.#deps.owner.buildOpen();
        this.send(encodeOpen(this.openSent));
        return;
      case 'send-keepalive':
        this.#deps.traffic.sent.keepalive += 1;
        this.send(KEEPALIVE);
        return;
      case 'send-notification':
        if (this.id === undefined) return;
        this.#deps.traffic.sent.notification += 1;
        this.send(encodeNotification(effect.code, effect.subcode, effect.data));
        return;
      case 'established':
      case 'down':
        return;
      default:
        assertNever(effect);
    }
  }

  /** Bytes of the peer; everything that they cause has happened when this returns. */
  read(bytes: Uint8Array): void {
    const { traffic } = this.#deps;
    const updates = traffic.received.update;
    traffic.lastReadWallMs = this.#deps.clock.wallMs();
    this.#hasSignOfLife = false;
    try {
      this.#framer.feed(bytes, this);
    } catch (error) {
      // Thrown by the framer itself: message() lets nothing out.
      if (!(error instanceof NotificationError)) throw error;
      this.#deps.owner.handle(this, { type: FsmEvent.BgpHeaderError, error });
    }
    if (traffic.received.update !== updates) traffic.lastUpdateWallMs = traffic.lastReadWallMs;
    // RFC 4271 §8.2.2, Established, events 26 and 27: restarts the HoldTimer; once for all messages of the chunk.
    if (this.#hasSignOfLife && this.session.state === 'Established') {
      const sec = this.session.negotiated?.holdTimeSec ?? 0;
      if (sec !== 0) this.startTimer('hold', sec);
    }
  }

  /** MessageSink: one whole message with an acceptable header. False when the connection is no more. */
  message(buffer: Uint8Array, offset: number, end: number): boolean {
    this.hasHeardPeer = true;
    const id = this.id;
    if (this.#putOff !== undefined && this.#isWaiting(this.#putOff, buffer, offset, end)) return true;
    try {
      if (buffer[offset + TYPE_OFFSET] === MessageType.Update && this.session.state === 'Established') {
        this.#deps.traffic.received.update += 1;
        this.#hasSignOfLife = true;
        this.#deps.owner.updateReceived(buffer, offset, end);
      } else {
        this.#dispatch(buffer, offset, end);
      }
    } catch (error) {
      if (error instanceof NotificationError) {
        this.#deps.owner.handle(this, { type: errorEvent(error), error });
      } else {
        this.#deps.owner.surprised(this, error, buffer, offset, end);
      }
    }
    return id !== undefined && this.id === id;
  }

  /** A KEEPALIVE may stand behind an OPEN. A peer that says more before it was answered is told so at once. */
  #isWaiting(messages: Uint8Array[], buffer: Uint8Array, offset: number, end: number): boolean {
    const isKeepalive = buffer[offset + TYPE_OFFSET] === MessageType.Keepalive;
    if (!isKeepalive || messages.length > 0) return false;
    messages.push(buffer.slice(offset, end));
    return true;
  }

  #dispatch(buffer: Uint8Array, offset: number, end: number): void {
    const { owner, traffic } = this.#deps;
    const { state, negotiated } = this.session;
    const type = buffer[offset + TYPE_OFFSET];
    switch (type) {
      case MessageType.Open:
        traffic.received.open += 1;
        // A second OPEN is unexpected whatever it says (RFC 6608 §4), and is not looked into.
        if (negotiated === undefined) owner.openReceived(this, decodeOpen(buffer, offset, end));
        else owner.handle(this, { type: FsmEvent.BgpOpen, negotiated });
        return;
      case MessageType.Keepalive:
        traffic.received.keepalive += 1;
        if (state === 'Established') this.#hasSignOfLife = true;
        else owner.handle(this, { type: FsmEvent.KeepaliveReceived });
        return;
      case MessageType.Notification:
        traffic.received.notification += 1;
        owner.handle(this, notificationEvent(buffer, offset, end));
        return;
      case MessageType.Update:
        traffic.received.update += 1;
        owner.handle(this, { type: FsmEvent.UpdateReceived, messageType: type });
        return;
      case MessageType.RouteRefresh: {
        traffic.received.routeRefresh += 1;
        if (state !== 'Established') {
          owner.handle(this, { type: FsmEvent.UpdateReceived, messageType: type });
          return;
        }
        this.#hasSignOfLife = true;
        const refresh = decodeRouteRefresh(buffer, offset, end);
        owner.refreshReceived(refresh.afi, refresh.safi, refresh.subtype);
      }
    }
  }

  #connect(): void {
    const id = this.#deps.nextConnectionId();
    this.id = id;
    this.isInitiatedHere = true;
    this.#deps.transport.connect(this.#deps.connectRequest(id));
  }

  #close(): void {
    this.#framer.reset();
    this.#putOff = undefined;
    this.hasHeardPeer = false;
    this.openSent = undefined;
    if (this.id === undefined) return;
    this.#deps.transport.close(this.id);
    this.id = undefined;
  }

  #timer(name: Exclude<TimerName, 'send-hold'>): RestartableTimer {
    switch (name) {
      case 'connect-retry':
        return this.#connectRetryTimer;
      case 'hold':
        return this.#holdTimer;
      case 'keepalive':
        return this.#keepaliveTimer;
      case 'delay-open':
        return this.#delayOpenTimer;
      default:
        return assertNever(name);
    }
  }

  /** RFC 4271 §10: a factor of 0.75 to 1.0 for connection attempts and keepalives; §4.4: those at least a second apart. */
  #durationMs(timer: TimerName, sec: number): number {
    if (timer === 'hold' || timer === 'delay-open') return sec * 1000;
    const ms = sec * 1000 * (0.75 + this.#deps.clock.random() / 4);
    return timer === 'keepalive' ? Math.max(1000, ms) : ms;
  }
}

type ErrorEvent = typeof FsmEvent.BgpHeaderError | typeof FsmEvent.BgpOpenError | typeof FsmEvent.UpdateError;

/** Where the codec blames a message, its code says which kind it was. */
export function errorEvent(error: NotificationError): ErrorEvent {
  if (error.code === NotificationCode.MessageHeaderError) return FsmEvent.BgpHeaderError;
  return error.code === NotificationCode.OpenMessageError ? FsmEvent.BgpOpenError : FsmEvent.UpdateError;
}

function notificationEvent(buffer: Uint8Array, offset: number, end: number): SessionEvent {
  const message = decodeNotification(buffer, offset, end);
  const { code, subcode } = message;
  const isVersionError = code === NotificationCode.OpenMessageError && subcode === OpenSubcode.UnsupportedVersion;
  return {
    type: isVersionError ? FsmEvent.NotificationVersionError : FsmEvent.NotificationReceived,
    ...message,
    reason: explainNotification(message),
  };
}
