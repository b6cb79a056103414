// The health port (9879): `GET /healthz` is 200 once the first configuration is in force and while the speaker thread answers, else
// 503, so that whoever probes waits or restarts the process. A refused policy is no reason to, and is told in the body; a neighbor
// that is down is one for `waggle status` alone.

import type { SpeakerPort } from '#speaker/port.ts';
import { createPlainServer, type ListeningServer, type PlainAnswer } from './plain-server.ts';
import { type StatusEntry, worstState } from './status.ts';

/** A speaker that says nothing for so long is taken for dead. */
const ANSWER_WITHIN_MS = 3000;

export interface HealthDeps {
  readonly speaker: SpeakerPort;
  readonly status: () => readonly StatusEntry[];
  /** False until the first configuration is in force. */
  readonly isStarted: () => boolean;
}

export function createHealthServer(options: { address: string; port: number }, deps: HealthDeps): ListeningServer {
  return createPlainServer(options, new Map([['/healthz', () => answerHealth(deps)]]));
}

async function answerHealth(deps: HealthDeps): Promise<PlainAnswer> {
  const isAlive = await isSpeakerAlive(deps.speaker);
  const faults: string[] = [];
  if (!isAlive) faults.push('the speaker thread does not answer');
  if (!deps.isStarted()) faults.push('starting: the first configuration is not in force yet');
  const components = [
    ...faults.map((message): StatusEntry => ({ component: 'speaker', state: 'error', message })),
    ...deps.status(),
  ];
  const body = JSON.stringify({ state: worstState(components), components });
  return { status: faults.length === 0 ? 200 : 503, type: 'application/json; charset=utf-8', body };
}

async function isSpeakerAlive(speaker: SpeakerPort): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ANSWER_WITHIN_MS);
  });
  const answered = speaker.figures().then(
    () => true,
    () => false,
  );
  const isAlive = await Promise.race([answered, late]);
  clearTimeout(timer);
  return isAlive;
}
