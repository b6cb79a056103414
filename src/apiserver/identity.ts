// Who asks: the subject of the client certificate that the TLS handshake proved. There are no passwords and no tokens, so whoever has
// no certificate of ours is nobody. Read once for each connection, since a connection cannot change its certificate.

import type { TLSSocket } from 'node:tls';

export interface Identity {
  readonly user: string;
  readonly groups: readonly string[];
}

/** Everybody with a certificate is in it. */
const authenticated = 'system:authenticated';

interface Proof {
  readonly who: Identity | string;
  readonly untilMs: number;
}

export class Identities {
  readonly #proofs = new WeakMap<TLSSocket, Proof>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** A text: why the request is nobody's. A connection may outlive its certificate, which counts no longer then. */
  of(socket: TLSSocket): Identity | string {
    let proof = this.#proofs.get(socket);
    if (proof === undefined) {
      const { valid_to: validTo } = socket.getPeerCertificate();
      proof = { who: readIdentity(socket), untilMs: validTo === undefined ? Infinity : Date.parse(validTo) };
      this.#proofs.set(socket, proof);
    }
    return this.#nowMs() > proof.untilMs && typeof proof.who !== 'string'
      ? 'the client certificate is not accepted: CERT_HAS_EXPIRED'
      : proof.who;
  }
}

/** CN is the user, each O a group. A text: why the request is nobody's. */
function readIdentity(socket: TLSSocket): Identity | string {
  // An object without fields when there is none.
  const { subject } = socket.getPeerCertificate();
  if (!socket.authorized) {
    const hasSent = typeof subject === 'object';
    // Of a connection without a certificate Node says that it could not get the issuer of one.
    return hasSent
      ? `the client certificate is not accepted: ${String(socket.authorizationError)}`
      : 'no client certificate';
  }
  const user = textsOf(subject?.CN);
  if (user.length !== 1 || user[0] === '') return 'the client certificate names no user (CN)';
  return { user: user[0], groups: [...new Set([...textsOf(subject?.O), authenticated])] };
}

/** Of several, Node makes a list. */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
