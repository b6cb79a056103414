// Programs that run inside a namespace: devices (output to a log file) and our own peer processes (IPC). Every one is ended
// by its pid when the run ends.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { BenchError } from './bench-error.ts';
import type { Cleanup } from './cleanup.ts';
import type { Command as DeviceCommand } from './devices/device.ts';
import { parseReport } from './messages.ts';
import type { Command, Report } from './messages.ts';

const logTailBytes = 2000;

export class DeviceProcess {
  readonly pid: number;
  readonly end: () => void;
  readonly #logPath: string;
  readonly #child: ChildProcess;

  constructor(namespace: string, command: DeviceCommand, logPath: string, cleanup: Cleanup) {
    const log = openSync(logPath, 'a');
    this.#logPath = logPath;
    this.#child = spawn('ip', ['netns', 'exec', namespace, command.file, ...command.args], {
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    // Not started: exited() tells, with the log.
    this.#child.on('error', () => {});
    this.pid = this.#child.pid ?? 0;
    this.end = cleanup.add(() => this.#child.kill('SIGKILL'));
  }

  /** Rejects when the device ends by itself; never resolves. */
  exited(): Promise<never> {
    return new Promise((_resolve, reject) => {
      const refuse = (): void => reject(new BenchError('the device ended'));
      if (this.pid === 0 || this.#child.exitCode !== null) refuse();
      this.#child.once('exit', refuse);
    });
  }

  logTail(): string {
    return readFileSync(this.#logPath, 'utf8').slice(-logTailBytes);
  }
}

/** A TypeScript file of ours that runs in a namespace and reports over IPC. */
export class PeerProcess {
  readonly end: () => void;
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #reports: Report[] = [];
  #wake: () => void = () => {};
  #hasExited = false;

  constructor(namespace: string, file: string, args: readonly string[], cleanup: Cleanup) {
    this.#name = file;
    const path = fileURLToPath(new URL(file, import.meta.url));
    this.#child = spawn('ip', ['netns', 'exec', namespace, process.execPath, path, ...args], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'json',
    });
    this.#child.on('message', (message) => {
      this.#reports.push(parseReport(message));
      this.#wake();
    });
    const exited = (): void => {
      this.#hasExited = true;
      this.#wake();
    };
    this.#child.on('error', exited);
    this.#child.on('exit', exited);
    this.end = cleanup.add(() => this.#child.kill('SIGKILL'));
  }

  send(command: Command): void {
    this.#child.send(command);
  }

  /** The next report; whoever waits is told when the process fails or ends instead. */
  async next(): Promise<Report> {
    for (;;) {
      const report = this.#reports.shift();
      if (report?.type === 'failed') throw new BenchError(report.message);
      if (report !== undefined) return report;
      if (this.#hasExited) throw new BenchError(`${this.#name} ended early`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
