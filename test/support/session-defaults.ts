// What sessions of tests offer where a test does not care: what the router file has when nothing is said.

import type { GracefulRestartConfig, TimersConfig } from '#bgp/config.ts';

export const defaultTimers: TimersConfig = { connectRetrySec: 120, holdTimeSec: 90, keepaliveSec: 30 };

export const defaultGracefulRestart: GracefulRestartConfig = {
  mode: 'helper',
  restartTimeSec: 120,
  stalePathSec: 360,
  hasNotification: true,
};
