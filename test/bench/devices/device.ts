// What the bench must know of a speaker to measure it. One file a device beside this one; index.ts lists them.

import type { BenchPlan } from '../plan.ts';
import type { Transit } from '../verify.ts';

/** What a device may write to, made anew for every run and removed afterwards. */
export interface RunDirectory {
  readonly path: string;
}

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

export interface Device {
  readonly name: string;
  readonly transit: Transit;
  /** The version as the report shows it, or undefined if the device is not installed. */
  findVersion(): string | undefined;
  /** Writes the configuration into the directory and says what to run in the device's namespace. */
  prepare(directory: RunDirectory, plan: BenchPlan): Command;
}
