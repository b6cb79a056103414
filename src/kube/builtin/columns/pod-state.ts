// What a pod is doing in one word, how many of its containers are ready and how often they were started again: the sums behind
// `kubectl get pods`. After Kubernetes' own table of pods: containers that initialise speak first, then the others from the last to
// the first, and deletion has the last word.

import type { JsonObject } from '../../api/object.ts';
import { at, mapsAt, numberAt, textAt } from '../read-fields.ts';

export interface PodState {
  readonly reason: string;
  readonly ready: number;
  readonly total: number;
  readonly restarts: number;
  /** undefined: never, or nobody wrote when. */
  readonly restartedMs: number | undefined;
}

interface Restarts {
  readonly count: number;
  readonly lastMs: number | undefined;
}

interface Initialising {
  /** undefined: all that must be over is over. */
  readonly reason: string | undefined;
  readonly ready: number;
  readonly restarts: Restarts;
  /** Of sidecars alone: they run on beside the others. */
  readonly sidecarRestarts: Restarts;
}

const none: Restarts = { count: 0, lastMs: undefined };

export function readPodState(pod: JsonObject): PodState {
  const initialising = readInitialising(pod);
  const total = mapsAt(pod, 'spec', 'containers').length + sidecarNames(pod).size;
  const isInitialising = initialising.reason !== undefined && !isTrue(pod, 'Initialized');
  const running = isInitialising
    ? { reason: initialising.reason, ready: 0, restarts: initialising.restarts }
    : readRunning(pod, initialising.reason ?? phaseOf(pod), initialising.sidecarRestarts);
  return {
    reason: deletionOf(pod) ?? running.reason ?? phaseOf(pod),
    ready: initialising.ready + running.ready,
    total,
    restarts: running.restarts.count,
    restartedMs: running.restarts.lastMs,
  };
}

function phaseOf(pod: JsonObject): string {
  const isGated = mapsAt(pod, 'status', 'conditions').some(
    (condition) => textAt(condition, 'type') === 'PodScheduled' && textAt(condition, 'reason') === 'SchedulingGated',
  );
  if (isGated) return 'SchedulingGated';
  const reason = textAt(pod, 'status', 'reason');
  return reason === '' ? textAt(pod, 'status', 'phase') : reason;
}

function deletionOf(pod: JsonObject): string | undefined {
  if (at(pod, 'metadata', 'deletionTimestamp') === undefined) return undefined;
  if (textAt(pod, 'status', 'reason') === 'NodeLost') return 'Unknown';
  return ['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase')) ? undefined : 'Terminating';
}

/** Containers that initialise, and are to run on. */
function sidecarNames(pod: JsonObject): ReadonlySet<string> {
  return new Set(
    mapsAt(pod, 'spec', 'initContainers')
      .filter((container) => textAt(container, 'restartPolicy') === 'Always')
      .map((container) => textAt(container, 'name')),
  );
}

function readInitialising(pod: JsonObject): Initialising {
  const sidecars = sidecarNames(pod);
  let [restarts, sidecarRestarts, ready] = [none, none, 0];
  for (const [index, status] of mapsAt(pod, 'status', 'initContainerStatuses').entries()) {
    const isSidecar = sidecars.has(textAt(status, 'name'));
    restarts = addRestarts(restarts, status);
    if (isSidecar) sidecarRestarts = addRestarts(sidecarRestarts, status);
    const terminated = at(status, 'state', 'terminated');
    if (terminated !== undefined && numberAt(terminated, 'exitCode') === 0) continue;
    if (isSidecar && at(status, 'started') === true) {
      if (at(status, 'ready') === true) ready++;
      continue;
    }
    const waiting = textAt(status, 'state', 'waiting', 'reason');
    const reason =
      terminated !== undefined
        ? endingOf(status)
        : waiting !== '' && waiting !== 'PodInitializing'
          ? waiting
          : `${index}/${mapsAt(pod, 'spec', 'initContainers').length}`;
    return { reason: `Init:${reason}`, ready, restarts, sidecarRestarts };
  }
  return { reason: undefined, ready, restarts, sidecarRestarts };
}

function readRunning(
  pod: JsonObject,
  before: string,
  sidecarRestarts: Restarts,
): { readonly reason: string; readonly ready: number; readonly restarts: Restarts } {
  let [reason, ready, restarts] = [before, 0, sidecarRestarts];
  for (const status of mapsAt(pod, 'status', 'containerStatuses').toReversed()) {
    restarts = addRestarts(restarts, status);
    const waiting = textAt(status, 'state', 'waiting', 'reason');
    if (waiting !== '') reason = waiting;
    else if (at(status, 'state', 'terminated') !== undefined) reason = endingOf(status);
    else if (at(status, 'ready') === true && at(status, 'state', 'running') !== undefined) ready++;
  }
  // One has done its work, another still runs.
  if (reason === 'Completed' && ready > 0) reason = isTrue(pod, 'Ready') ? 'Running' : 'NotReady';
  return { reason, ready, restarts };
}

function endingOf(status: JsonObject): string {
  const terminated = at(status, 'state', 'terminated');
  const reason = textAt(terminated, 'reason');
  if (reason !== '') return reason;
  const signal = numberAt(terminated, 'signal');
  return signal === 0 ? `ExitCode:${numberAt(terminated, 'exitCode')}` : `Signal:${signal}`;
}

function addRestarts({ count, lastMs }: Restarts, status: JsonObject): Restarts {
  const finishedMs = Date.parse(textAt(status, 'lastState', 'terminated', 'finishedAt'));
  const isLater = !Number.isNaN(finishedMs) && (lastMs === undefined || finishedMs > lastMs);
  return { count: count + numberAt(status, 'restartCount'), lastMs: isLater ? finishedMs : lastMs };
}

function isTrue(pod: JsonObject, type: string): boolean {
  return mapsAt(pod, 'status', 'conditions').some(
    (condition) => textAt(condition, 'type') === type && textAt(condition, 'status') === 'True',
  );
}
