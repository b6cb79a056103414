// Everything the speaker tells about itself as it happens: one union, one name per observable event.
// The shell turns each into a log line (src/io/log.ts holds the catalogue) and counts it. Texts that
// come from a peer are marked in the field name (`peer…`) and must be escaped where they are shown.

import type { FamilyName } from './net/family.ts';
import type { SessionState } from './views.ts';

export type SpeakerEvent = { readonly instance: string; readonly wallMs: number } & (
  | {
      readonly type: 'neighbor-state';
      readonly neighbor: string;
      readonly from: SessionState;
      readonly to: SessionState;
      readonly reason: string;
    }
  | {
      readonly type: 'notification-sent' | 'notification-received';
      readonly neighbor: string;
      readonly code: number;
      readonly subcode: number;
      readonly text: string;
    }
  | { readonly type: 'connect-failed'; readonly neighbor: string; readonly error: string }
  | {
      readonly type: 'connection-refused';
      readonly remoteAddress: string;
      readonly reason: string;
    }
  | {
      readonly type: 'collision';
      readonly neighbor: string;
      readonly kept: 'incoming' | 'outgoing';
    }
  | {
      readonly type: 'update-fault';
      readonly neighbor: string;
      readonly action: 'treat-as-withdraw' | 'attribute-discard';
      readonly attribute: number | undefined;
      readonly reason: string;
    }
  | { readonly type: 'end-of-rib'; readonly neighbor: string; readonly family: FamilyName }
  | {
      readonly type: 'family-not-sent';
      readonly neighbor: string;
      readonly family: FamilyName;
      readonly reason: string;
    }
  /** No message can carry the route (RFC 4271 §4.3, §9.2: it is withheld); told once a second an update group. */
  | {
      readonly type: 'route-not-sent';
      readonly neighbors: readonly string[];
      readonly family: FamilyName;
      readonly prefix: string;
      readonly reason: string;
    }
  /** A surprise while decoding a peer's bytes: our fault; the session was reset. */
  | { readonly type: 'internal-error'; readonly neighbor: string; readonly error: string }
);
