// Everything the speaker tells about itself as it happens: one union, one name per observable event.
// The shell turns each into a log line (src/io/log.ts holds the catalogue) and counts it. Texts that
// come from a peer are marked in the field name (`peer…`) and must be escaped where they are shown.

import type { FamilyName } from './net/family.ts';
import type { DebugKind, SessionState } from './views.ts';

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
  /** RFC 7606 §2, AFI/SAFI disable: routes of the family could not be read; the session goes on without it. */
  | {
      readonly type: 'family-disabled';
      readonly neighbor: string;
      readonly family: FamilyName;
      readonly reason: string;
    }
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
  /** RFC 4486 §4: mark: `warning` at the configured share of the limit, `reached` beyond it; each once until it is below again. */
  | {
      readonly type: 'prefix-limit';
      readonly neighbor: string;
      readonly family: FamilyName;
      readonly mark: 'warning' | 'reached';
      readonly prefixes: number;
      readonly limit: number;
      readonly action: 'warn' | 'discard' | 'restart' | 'shutdown';
    }
  /** RFC 4724 §4.2, RFC 9494 §4.3: what became of the routes of a session that was lost. */
  | {
      readonly type: 'stale-routes';
      readonly neighbor: string;
      readonly family: FamilyName;
      readonly change: 'kept' | 'long-lived' | 'removed';
      readonly routes: number;
      readonly reason: string;
    }
  /** RFC 4724 §4.1: selection waits for the peers after a restart, and does so no longer. */
  | { readonly type: 'selection-deferral'; readonly change: 'begun' | 'ended'; readonly reason: string }
  | {
      readonly type: 'dynamic-neighbor';
      readonly neighbor: string;
      readonly prefix: string;
      readonly change: 'added' | 'removed';
    }
  /** RFC 8326; `neighbor` undefined: all of them. */
  | { readonly type: 'graceful-shutdown'; readonly neighbor: string | undefined; readonly isDraining: boolean }
  /** RFC 7313: the peer sends its routes again, and has done so. */
  | {
      readonly type: 'route-refresh';
      readonly neighbor: string;
      readonly family: FamilyName;
      readonly change: 'requested' | 'begun' | 'ended' | 'timed-out';
      /** Routes that were not sent again and went, at the end. */
      readonly removed: number;
    }
  /** A message, while `debug` is on for its neighbor: facts of its header, no octets. */
  | {
      readonly type: 'debug-message';
      readonly neighbor: string;
      readonly direction: 'sent' | 'received';
      readonly kind: DebugKind;
      readonly text: string;
    }
  /** The kernel refused a route (src/fib); told once in a while, with how many others there were meanwhile. */
  | {
      readonly type: 'fib-refused';
      readonly prefix: string;
      readonly reason: string;
      readonly others: number;
    }
  /** What the kernel's tables have that we cannot work with. */
  | { readonly type: 'kernel-problem'; readonly problem: string }
  /** A surprise while decoding a peer's bytes: our fault; the session was reset. */
  | { readonly type: 'internal-error'; readonly neighbor: string; readonly error: string }
);
