// Whether this start is a restart, and what outlived the process before it (RFC 4724 §4.1, RFC 8538): asked once, before
// the first neighbor is configured, from the state file and the kernel. And how this process ends.

import type { FamilyName } from '#bgp/net/family.ts';
import type { SpeakerConfig } from '#bgp/config.ts';
import { findPreservedFamilies, findServedPrefixes } from '#fib/forwarding-state.ts';
import type { LogEvent } from '#io/log.ts';
import { KernelError } from '#kernel/errors.ts';
import type { BeginState, StopKind } from '#speaker/port.ts';
import { StateFile } from './state-file.ts';

const familyNames: readonly FamilyName[] = ['ipv4-unicast', 'ipv6-unicast'];

/** What is asked of the kernel. */
export interface ForwardingState {
  findPreservedFamilies(fib: { readonly table: number }): readonly FamilyName[];
  findServedPrefixes(prefixes: readonly string[]): readonly string[];
}

export class Restart {
  readonly #file: StateFile;
  readonly #kernel: ForwardingState;
  readonly #write: (event: LogEvent) => void;
  #problems: readonly string[] = [];
  #hasBegun = false;

  constructor(
    file: StateFile,
    write: (event: LogEvent) => void,
    kernel: ForwardingState = { findPreservedFamilies, findServedPrefixes },
  ) {
    this.#file = file;
    this.#write = write;
    this.#kernel = kernel;
  }

  /** What cannot be read or written, for the status. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Once, right before the first configuration that has neighbors: from now on a successor counts as a restart. */
  begin(instances: readonly SpeakerConfig[]): BeginState {
    const { isRestarting, reason, problem } = this.#file.read();
    const problems = problem === undefined ? [] : [problem];
    let preservedFamilies: readonly FamilyName[] = [];
    try {
      if (isRestarting) preservedFamilies = listPreservedFamilies(instances, this.#kernel);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      problems.push(`what outlived the last process cannot be seen: ${error.message}: peers are told that nothing did`);
    }
    this.#hasBegun = true;
    this.#tell([...problems, ...this.#save('running')]);
    this.#write({ type: 'begun', isRestarting, reason, families: preservedFamilies });
    return { isRestarting, preservedFamilies };
  }

  /** After the sessions ended; nothing when none ever began. */
  end(how: StopKind): void {
    if (this.#hasBegun) this.#tell(this.#save(how));
  }

  #save(end: StopKind | 'running'): string[] {
    const problem = this.#file.write(end);
    return problem === undefined ? [] : [problem];
  }

  #tell(problems: readonly string[]): void {
    this.#problems = problems;
    for (const problem of problems) this.#write({ type: 'problem', what: 'state', problem });
  }
}

/**
 * The F bit. Routes that this process installed are looked for in the kernel. Of what it does not install, the process is
 * no part: there every network that we announce must be served by the kernel itself. All instances have to agree.
 */
export function listPreservedFamilies(instances: readonly SpeakerConfig[], kernel: ForwardingState): FamilyName[] {
  return familyNames.filter((name) =>
    instances.every(({ networks, fib }) => {
      const own = networks
        .map(({ prefix }) => prefix)
        .filter((prefix) => prefix.includes(':') === (name === 'ipv6-unicast'));
      const isServed = kernel.findServedPrefixes(own).length === own.length;
      if (fib === undefined) return isServed;
      return kernel.findPreservedFamilies(fib).includes(name) || (own.length > 0 && isServed);
    }),
  );
}

/** Peers are asked to keep our routes only by a neighbor with full graceful restart; without one nobody waits for us. */
export function stopKindOf(instances: readonly SpeakerConfig[]): StopKind {
  const isAwaited = instances.some(
    ({ neighbors, dynamicNeighbors = [] }) =>
      neighbors.some(({ gracefulRestart }) => gracefulRestart?.mode === 'full') ||
      dynamicNeighbors.some(({ neighbor }) => neighbor.gracefulRestart?.mode === 'full'),
  );
  return isAwaited ? 'restart' : 'final';
}
