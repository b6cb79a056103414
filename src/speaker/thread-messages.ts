// What the two threads post to each other: numbered requests one way, answers and events the other.
// Only values that can be structured-cloned; large columns are transferred, not copied.

import type { SpeakerEvent } from '#bgp/events.ts';
import type {
  DebugKind,
  InstanceView,
  MemoryView,
  PolicyDecisionView,
  RouteQuery,
  RouteViewHead,
  UpdateGroupView,
} from '#bgp/views.ts';
import type { FibRouteView } from '#fib/fib-view.ts';
import type { PackedBatch } from './packed-batch.ts';
import type { PostedError } from './port-error.ts';
import type {
  BeginState,
  ClearKind,
  ConfigureOutcome,
  ExplainQuery,
  InstanceFibView,
  SpeakerFigures,
  SpeakerHostConfig,
  StopKind,
} from './port.ts';

export type ViewId = number;

/** Each request with its answer: the one table of the protocol. */
export interface Calls {
  readonly begin: { readonly ask: BeginState; readonly answer: undefined };
  readonly sourcesSynchronised: { readonly ask: undefined; readonly answer: undefined };
  readonly configure: { readonly ask: SpeakerHostConfig; readonly answer: ConfigureOutcome };
  readonly instances: { readonly ask: undefined; readonly answer: readonly InstanceView[] };
  readonly openRoutes: {
    readonly ask: RouteQuery;
    readonly answer: { readonly view: ViewId; readonly head: RouteViewHead };
  };
  readonly nextBatch: {
    /** `spare`: the block of an earlier batch that was read. */
    readonly ask: { readonly view: ViewId; readonly spare: ArrayBuffer | undefined };
    readonly answer: PackedBatch | undefined;
  };
  readonly closeRoutes: { readonly ask: ViewId; readonly answer: undefined };
  readonly clear: {
    readonly ask: { readonly neighbor: string | undefined; readonly kind: ClearKind };
    readonly answer: readonly string[];
  };
  readonly shutdown: {
    readonly ask: { readonly neighbor: string; readonly isShutdown: boolean; readonly message: string | undefined };
    readonly answer: boolean;
  };
  readonly drain: {
    readonly ask: { readonly neighbor: string | undefined; readonly isDraining: boolean };
    readonly answer: boolean;
  };
  readonly debug: {
    readonly ask: { readonly neighbor: string; readonly kinds: readonly DebugKind[] };
    readonly answer: boolean;
  };
  readonly updateGroups: { readonly ask: undefined; readonly answer: readonly UpdateGroupView[] };
  readonly memory: { readonly ask: undefined; readonly answer: readonly MemoryView[] };
  readonly explain: { readonly ask: ExplainQuery; readonly answer: readonly PolicyDecisionView[] };
  readonly figures: { readonly ask: undefined; readonly answer: SpeakerFigures };
  readonly fibs: { readonly ask: undefined; readonly answer: readonly InstanceFibView[] };
  readonly fibRoute: { readonly ask: ExplainQuery; readonly answer: FibRouteView | undefined };
  readonly stop: { readonly ask: StopKind; readonly answer: undefined };
}

export type CallName = keyof Calls;

export type Request = {
  readonly [Name in CallName]: { readonly id: number; readonly call: Name; readonly ask: Calls[Name]['ask'] };
}[CallName];

export type Reply =
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: PostedError }
  | { readonly type: 'event'; readonly event: SpeakerEvent };
