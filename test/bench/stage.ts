// What every run needs: a pair of namespaces, a directory, the device in the one namespace, and our processes in either. All of
// it is gone when the run ends, however it ends.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { BenchError } from './bench-error.ts';
import { DeviceProcess, PeerProcess } from './child.ts';
import type { Cleanup } from './cleanup.ts';
import type { Device } from './devices/device.ts';
import { createNamespaces } from './netns.ts';
import type { Namespaces } from './netns.ts';
import type { BenchPlan } from './plan.ts';

export class Stage {
  readonly device: DeviceProcess;
  readonly #namespaces: Namespaces;
  readonly #cleanup: Cleanup;
  readonly #ends: (() => void)[] = [];

  constructor(device: Device, plan: BenchPlan, cleanup: Cleanup) {
    this.#cleanup = cleanup;
    this.#namespaces = createNamespaces(plan, cleanup);
    const directory = mkdtempSync(path.join(tmpdir(), `waggle-bench-${process.pid}-`));
    this.#ends.push(cleanup.add(() => rmSync(directory, { recursive: true, force: true })));
    this.#ends.push(this.#namespaces.remove);
    const command = device.prepare({ path: directory }, plan);
    this.device = new DeviceProcess(this.#namespaces.device, command, path.join(directory, 'device.log'), cleanup);
    this.#ends.push(this.device.end);
  }

  startPeer(where: 'device' | 'peers', file: string, ...args: (string | number)[]): PeerProcess {
    const peer = new PeerProcess(this.#namespaces[where], file, args.map(String), this.#cleanup);
    this.#ends.push(peer.end);
    return peer;
  }

  end(): void {
    for (let end = this.#ends.pop(); end !== undefined; end = this.#ends.pop()) end();
  }
}

/** Runs `play` on a stage of its own; what goes wrong is told with the device's name and the end of its log. */
export async function withStage<Result>(
  device: Device,
  plan: BenchPlan,
  cleanup: Cleanup,
  play: (stage: Stage) => Promise<Result>,
): Promise<Result> {
  const stage = new Stage(device, plan, cleanup);
  try {
    return await Promise.race([play(stage), stage.device.exited()]);
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    throw new BenchError(`${device.name}: ${error.message}`, stage.device.logTail(), { cause: error });
  } finally {
    stage.end();
  }
}
