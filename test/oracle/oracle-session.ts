// What the oracle has to know of a session to judge its messages.

export interface OracleSession {
  readonly kind: 'ebgp' | 'confederation' | 'ibgp';
  readonly peerAsn: number;
  /** Both sides sent the capability of RFC 6793. */
  readonly hasFourOctetAsn: boolean;
  /** Negotiated families as `afi/safi`: `1/1`, `2/1`. */
  readonly families: ReadonlySet<string>;
  /** Families in which the peer sends path identifiers (RFC 7911). */
  readonly addPath: ReadonlySet<string>;
  /** IPv4 unicast may have IPv6 next hops (RFC 8950). */
  readonly hasExtendedNextHop: boolean;
  /** RFC 4271 §6.3: the leftmost AS has to be the peer's. */
  readonly enforcesFirstAs: boolean;
  /** RFC 7311 §3.4. */
  readonly acceptsAigp: boolean;
}
