// What a peer is to us: it decides which attributes it may send and gets, and what a route from it may do.

/** RFC 4271 §1: internal, external; RFC 5065 §1: in another member AS of our confederation. */
export type PeerKind = 'ibgp' | 'confederation' | 'ebgp';
