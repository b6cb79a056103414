// Carries out what collision.ts says of a neighbor's two connections. One on which we have sent a KEEPALIVE is not closed at once,
// though RFC 4271 §6.8 would: it may be Established at the peer by now, which would then lose a session, and with it the routes
// that it kept while we restarted. It may answer first; the other connection's OPEN is answered when that is settled.

import type { Clock } from '../ports.ts';
import type { OpenMessage } from '../wire/open.ts';
import { judgeCollision } from './collision.ts';
import type { Connection } from './connection.ts';
import { FsmEvent, type SessionEvent } from './events.ts';
import { hasConnection } from './state.ts';
import { RestartableTimer } from './timer.ts';

/** How long the connection that lost may still become Established: the peer's KEEPALIVE is on its way, or never comes. */
const PATIENCE_MS = 1000;

export interface CollisionsDeps {
  readonly clock: Clock;
  readonly rivalOf: (connection: Connection) => Connection | undefined;
  /** How long its session stands. */
  readonly establishedForMs: () => number;
  /** The neighbor is neither stopped nor shut down. */
  readonly isWanted: () => boolean;
  /** Tells of it, and closes the loser with Cease 6/7. */
  readonly lost: (loser: Connection, kept: Connection) => void;
  readonly handle: (connection: Connection, event: SessionEvent) => void;
  readonly answer: (connection: Connection, open: OpenMessage) => void;
}

export class Collisions {
  readonly #deps: CollisionsDeps;
  readonly #timer: RestartableTimer;
  /** Its OPEN waits for what becomes of the other one. */
  #waiting: { readonly connection: Connection; readonly open: OpenMessage } | undefined = undefined;

  constructor(deps: CollisionsDeps) {
    this.#deps = deps;
    this.#timer = new RestartableTimer(deps.clock, () => this.#timeOver());
  }

  /** The OPEN `theirs` has come on `connection`. False: that is closed, or answered later. */
  mayAnswer(connection: Connection, ours: OpenMessage, theirs: OpenMessage): boolean {
    const { rivalOf, handle, lost } = this.#deps;
    const rival = rivalOf(connection);
    if (rival === undefined) return true;
    switch (judgeCollision(connection, rival, ours, theirs, this.#deps.establishedForMs())) {
      case 'keep-both':
        return true;
      case 'replace-existing':
        handle(rival, {
          type: FsmEvent.TcpConnectionFails,
          reason: 'the peer restarted and opened a new connection',
        });
        return true;
      case 'close-fresh':
        lost(connection, rival);
        return false;
      case 'close-existing':
        this.#waiting = { connection, open: theirs };
        connection.putOff();
        this.#timer.start(PATIENCE_MS);
        return false;
    }
  }

  /** After every step of either: answers the OPEN that waits once the other connection is over. */
  goOn(): void {
    if (this.#waiting === undefined) return;
    const { connection, open } = this.#waiting;
    const { rivalOf, isWanted, answer } = this.#deps;
    // It was closed: the other one has become Established, or the peer gave it up itself.
    const isThere = hasConnection(connection.session);
    if (isThere && (rivalOf(connection)?.session.state === 'OpenConfirm' || !isWanted())) return;
    this.#waiting = undefined;
    this.#timer.stop();
    if (!isThere) return;
    answer(connection, open);
    connection.resume();
  }

  #timeOver(): void {
    const kept = this.#waiting?.connection;
    const loser = kept && this.#deps.rivalOf(kept);
    if (kept !== undefined && loser !== undefined) this.#deps.lost(loser, kept);
  }
}
