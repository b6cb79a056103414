// What systemd would do with the directives of a unit file that decide rights and folders, done with setpriv and
// prlimit, because no systemd runs in the tests. Sandboxing (Protect…, Restrict…, SystemCallFilter) is not done.

import { chmodSync, chownSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export class UnitFile {
  readonly #values = new Map<string, string[]>();

  /** A unit and its drop-ins, in order. */
  constructor(...paths: readonly string[]) {
    for (const path of paths) {
      for (const line of readFileSync(path, 'utf8').split('\n')) {
        const match = /^([A-Za-z]+)=(.*)$/.exec(line);
        if (match === null) continue;
        const [, name, value] = match;
        this.#values.set(name, [...(this.#values.get(name) ?? []), value]);
      }
    }
  }

  /** Takes a capability away, to see what happens without. */
  drop(capability: string): void {
    for (const name of ['CapabilityBoundingSet', 'AmbientCapabilities']) {
      this.#values.set(
        name,
        this.all(name).map((line) => line.replace(capability, '').trim()),
      );
    }
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  one(name: string): string {
    const values = this.all(name);
    if (values.length !== 1) throw new Error(`${name} stands ${values.length} times`);
    return values[0];
  }

  /** Sets of capabilities of several lines add up. */
  capabilities(name: 'CapabilityBoundingSet' | 'AmbientCapabilities'): readonly string[] {
    return this.all(name).flatMap((line) => line.split(' ').filter((word) => word !== ''));
  }
}

export interface Place {
  /** Stands for /usr/lib/waggle. */
  readonly tree: string;
  /** Stands for /run, /var/lib and /etc. */
  readonly folder: string;
  /** The user's number: nobody has made a user here. */
  readonly uid: number;
}

/** LimitNOFILE, or what there is where not even root may have more. */
export function openFilesOf(unit: UnitFile): number {
  const own = /Max open files\s+\d+\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return Math.min(Number(unit.one('LimitNOFILE')), Number(own ?? Infinity));
}

/** The command line that starts the unit's program with its rights; the folders are made. */
export function commandOf(unit: UnitFile, { tree, folder, uid }: Place): readonly string[] {
  const make = (directive: string, parent: string): string => {
    const path = join(folder, parent, unit.one(directive));
    mkdirSync(path, { recursive: true });
    chownSync(path, uid, uid);
    chmodSync(path, Number.parseInt(unit.one(`${directive}Mode`), 8));
    return path;
  };
  const runDir = make('RuntimeDirectory', 'run');
  const stateDir = make('StateDirectory', 'lib');
  const words = unit
    .one('ExecStart')
    .split(' ')
    .map((word) => word.replace(/^\/usr\/lib\/waggle/, tree).replace(/^\/etc/, join(folder, 'etc')));
  const set = (capabilities: readonly string[]): string =>
    ['-all', ...capabilities.map((name) => `+${name.toLowerCase().replace(/^cap_/, '')}`)].join(',');
  return [
    'prlimit',
    `--nofile=${openFilesOf(unit)}`,
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${uid}`,
    '--clear-groups',
    ...(unit.one('NoNewPrivileges') === 'yes' ? ['--no-new-privs'] : []),
    `--inh-caps=${set(unit.capabilities('AmbientCapabilities'))}`,
    `--ambient-caps=${set(unit.capabilities('AmbientCapabilities'))}`,
    `--bounding-set=${set(unit.capabilities('CapabilityBoundingSet'))}`,
    '--',
    '/bin/sh',
    '-c',
    `umask ${unit.one('UMask')}; exec "$@"`,
    'sh',
    ...words,
    '--run-dir',
    runDir,
    '--state-dir',
    stateDir,
  ];
}
