// A daemon with a BGP speaker on a thread of its own: the thread is there before the daemon is made, and ends with it.

import type { EventLog } from '#io/log.ts';
import type { SpeakerPort } from '#speaker/port.ts';
import { SpeakerThreadClient } from '#speaker/worker-client.ts';
import type { DaemonOptions } from './options.ts';
import { type Daemon, type DaemonContext, type DaemonIdentity, exitCodes, runDaemon } from './run-daemon.ts';

export interface SpeakerDaemonContext extends DaemonContext {
  /** The daemon's `stop` ends it. */
  readonly speaker: SpeakerPort;
}

export function runSpeakerDaemon(
  identity: DaemonIdentity,
  options: DaemonOptions,
  create: (context: SpeakerDaemonContext) => Daemon | Promise<Daemon>,
): Promise<number> {
  return runDaemon(identity, options, async ({ log }) => {
    const speaker = new SpeakerThreadClient({ crashed: (error) => crash(log, error) });
    try {
      return await create({ log, speaker });
    } catch (error) {
      // What could not even be made has begun nothing but the thread.
      await speaker.stop();
      throw error;
    }
  });
}

/** Nothing is left to do without the speaker: forwarding goes on in the kernel, a supervisor starts us again. */
function crash(log: EventLog, error: Error): void {
  const { cause } = error;
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : error.message;
  log.write({ type: 'speaker-crashed', error: text });
  process.exit(exitCodes.failed);
}
