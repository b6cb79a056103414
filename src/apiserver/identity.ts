// Who asks: the subject of the client certificate that the TLS handshake proved. There are no passwords and no tokens, so whoever has
// no certificate of ours is nobody.

import type { TLSSocket } from 'node:tls';

export interface Identity {
  readonly user: string;
  readonly groups: readonly string[];
}

/** Everybody with a certificate is in it. */
const authenticated = 'system:authenticated';

/** CN is the user, each O a group. A text: why the request is nobody's. */
export function readIdentity(socket: TLSSocket): Identity | string {
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
