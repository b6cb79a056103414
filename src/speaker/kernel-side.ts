// What the speakers of a thread have to do with the kernel: one FIB and one watch over routes to originate for each, opened,
// changed and ended with the instance's configuration. How routes get there is src/fib's business.

import type { SpeakerConfig } from '#bgp/config.ts';
import type { SpeakerEvent } from '#bgp/events.ts';
import type { Clock, NextHopResolver } from '#bgp/ports.ts';
import type { Speaker } from '#bgp/speaker.ts';
import { InstanceFib } from '#fib/instance-fib.ts';
import { KernelServices } from '#fib/kernel-services.ts';
import { Redistribution } from '#fib/redistribution.ts';
import type { InterfaceAddress } from '#io/interfaces.ts';
import type { StopKind } from './port.ts';

export interface KernelSideDeps {
  readonly clock: Clock;
  readonly onEvent: (event: SpeakerEvent) => void;
  /** Interfaces, addresses or foreign routes are others now. */
  readonly changed: () => void;
  /** A speaker was told something and may have work. */
  readonly onWork: () => void;
}

/** What one instance has. */
export interface InstanceKernel {
  readonly fib: InstanceFib;
  readonly redistribution: Redistribution;
}

export class KernelSide {
  readonly #deps: KernelSideDeps;
  readonly #services: KernelServices;
  readonly #instances = new Set<InstanceKernel>();

  /** Throws KernelError. */
  constructor(deps: KernelSideDeps) {
    this.#deps = deps;
    this.#services = new KernelServices({
      changed: () => {
        for (const { redistribution } of this.#instances) redistribution.update();
        deps.changed();
      },
      problem: (problem) =>
        deps.onEvent({ type: 'kernel-problem', instance: '', wallMs: deps.clock.wallMs(), problem }),
    });
  }

  get nextHops(): NextHopResolver {
    return this.#services.nextHops;
  }

  interfaceAddresses(): readonly InterfaceAddress[] {
    return this.#services.view.interfaceAddresses();
  }

  /** For a speaker that is made with it; nothing is done, and nothing told to the speaker, before configure(). */
  open(instance: string, speaker: () => Speaker): InstanceKernel {
    const { clock, onEvent, onWork } = this.#deps;
    const fib = new InstanceFib(this.#services, {
      installed: (...answer) => {
        const [family, w0, w1, w2, w3, length, isInstalled] = answer;
        speaker().routeInstalled(family, w0, w1, w2, w3, length, isInstalled);
        onWork();
      },
      failed: (prefix, reason, others) =>
        onEvent({ type: 'fib-refused', instance, wallMs: clock.wallMs(), prefix, reason, others }),
    });
    const redistribution = new Redistribution(this.#services.view, {
      originate: (source, prefix, route) => speaker().originate(source, prefix, route),
      withdraw: (source, prefix) => speaker().withdrawOriginated(source, prefix),
    });
    return { fib, redistribution };
  }

  /**
   * Right after the speaker was configured: its routes come in later turns. Answers what the kernel or another instance stands
   * against; the rest is done.
   */
  async configure(kernel: InstanceKernel, config: SpeakerConfig): Promise<readonly string[]> {
    const { fib, redistribution } = kernel;
    this.#instances.add(kernel);
    redistribution.configure(new Set((config.redistribute ?? []).map(({ source }) => source)));
    try {
      await fib.configure(config.fib);
      return [];
    } catch (error) {
      if (!(error instanceof RangeError || (error instanceof Error && 'code' in error))) throw error;
      return [`instance ${config.instance}: fib: kernel: ${error.message}`];
    }
  }

  /** `restart`: its routes stay in the kernel for the next process. */
  async end(kernel: InstanceKernel, how: StopKind | 'deconfigured'): Promise<void> {
    this.#instances.delete(kernel);
    await kernel.fib.stop({ keep: how === 'restart' });
  }

  /** After every instance has ended. */
  close(): void {
    this.#services.close();
  }
}
