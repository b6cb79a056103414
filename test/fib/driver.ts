// Runs inside a test's namespace: src/fib against the real kernel, ordered about by JSON lines on stdin (driven.ts has the other
// end). With `--thread` the same runs in a worker thread, as the speaker does.

import { closeSync, openSync, readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { parseAddress } from '#bgp/net/address.ts';
import type { Address } from '#bgp/net/address.ts';
import { families } from '#bgp/net/family.ts';
import type { Family } from '#bgp/net/family.ts';
import { parsePrefix, Prefix } from '#bgp/net/prefix.ts';
import { findPreservedFamilies, findServedPrefixes } from '#fib/forwarding-state.ts';
import { InstanceFib } from '#fib/instance-fib.ts';
import { KernelServices } from '#fib/kernel-services.ts';
import { Redistribution } from '#fib/redistribution.ts';
import type { Order, Orders } from './driven.ts';

function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new TypeError(text);
  return address;
}

function prefixOf(text: string): { readonly prefix: Prefix; readonly family: Family } {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new TypeError(text);
  return { prefix, family: families[prefix.version === 4 ? 0 : 1] };
}

class Driver {
  readonly #services: KernelServices;
  readonly #fib: InstanceFib;
  readonly #redistribution: Redistribution;
  #answers: string[] = [];
  #refused: string[] = [];
  #told: string[] = [];
  readonly #hogged: number[] = [];
  readonly #originated = new Map<string, number>();
  #changes = 0;

  constructor() {
    this.#services = new KernelServices({
      changed: () => {
        this.#changes++;
        this.#redistribution.update();
      },
      problem: (problem) => this.#refused.push(problem),
    });
    this.#fib = new InstanceFib(this.#services, {
      installed: (family, w0, w1, w2, w3, length, isInstalled, error) => {
        const prefix = new Prefix(family.version, length, w0, w1, w2, w3);
        this.#answers.push(`${prefix.toString()} ${isInstalled ? 'yes' : `no: ${error ?? ''}`}`);
      },
      failed: (prefix, reason, others) => this.#refused.push(`${prefix}: ${reason} (${others})`),
    });
    this.#redistribution = new Redistribution(this.#services.view, {
      originate: (source, prefix, { metric }) => {
        this.#told.push(`+ ${source} ${prefix.toString()} ${metric}`);
        this.#originated.set(`${source} ${prefix.toString()}`, metric);
      },
      withdraw: (source, prefix) => {
        const key = `${source} ${prefix.toString()}`;
        this.#told.push(`- ${key}`);
        if (!this.#originated.delete(key)) this.#originated.set(`never began: ${key}`, 0);
      },
    });
  }

  readonly orders: Orders = {
    configure: async (config) => {
      await this.#fib.configure(
        config === undefined
          ? undefined
          : { advertisesInstalledOnly: false, table: config.table, metric: config.metric },
      );
      return this.#fib.current?.preservedFamilies().map(({ name }) => name) ?? [];
    },
    install: async (routes) => {
      this.#install(routes);
      return this.#settle();
    },
    installLate: async ({ routes, ms }) => {
      this.#install(routes);
      const end = performance.now() + ms;
      while (performance.now() < end);
      return this.#settle();
    },
    route: async (text) => {
      const { state = '', reason = '' } = this.#fib.current?.route(prefixOf(text).prefix) ?? {};
      return `${state} ${reason}`.trim();
    },
    installMany: async ({ count, nextHop }) => {
      const hops = [{ nextHop: addressOf(nextHop), weight: 1 }];
      for (let index = 0; index < count; index++) {
        this.#fib.install(families[0], (0x0a00_0000 + (index << 8)) | 0, 0, 0, 0, 24, hops);
      }
      await this.#settle();
      return this.#sum('installed');
    },
    remove: async (prefixes) => {
      for (const text of prefixes) {
        const { prefix, family } = prefixOf(text);
        this.#fib.remove(family, prefix.w0, prefix.w1, prefix.w2, prefix.w3, prefix.length);
      }
      return this.#settle();
    },
    sweep: async () => {
      for (const family of families) this.#fib.sweepStale(family);
      return this.#settle();
    },
    answers: async () => this.#settle(),
    refused: async () => this.#refused,
    figures: async () => {
      const [installed, stale, failed] = [this.#sum('installed'), this.#sum('stale'), this.#sum('failed')];
      return { installed, stale, failed, foreign: this.#services.view.routes(4).count };
    },
    resolve: async ([address, interfaceName]) => {
      const answer = this.#services.nextHops.resolve(addressOf(address), interfaceName);
      if (!answer.isReachable) return 'unreachable';
      const gateways = (answer.gateways ?? []).map(
        ({ address: gateway, interfaceIndex, weight }) =>
          `${gateway?.toString() ?? 'direct'}%${this.#services.view.links.get(interfaceIndex)?.name ?? '?'}*${weight}`,
      );
      return `${answer.metric} ${answer.interfaceName ?? '-'} ${gateways.join(' ')}`.trimEnd();
    },
    redistribute: async (sources) => {
      this.#redistribution.configure(new Set(sources));
      return this.#takeTold();
    },
    told: async () => this.#takeTold(),
    originated: async () => [...this.#originated].map(([key, metric]) => `${key} ${metric}`).toSorted(),
    changes: async () => this.#changes,
    preserved: async (table) => findPreservedFamilies({ table }),
    served: async (prefixes) => findServedPrefixes(prefixes),
    descriptors: async () => readdirSync('/proc/self/fd').length,
    block: async (ms) => {
      // As a long slice of other work would: notifications pile up in the kernel.
      const end = performance.now() + ms;
      while (performance.now() < end);
      return undefined;
    },
    hog: async (isOn) => {
      try {
        while (isOn) this.#hogged.push(openSync('/dev/null', 'r'));
      } catch {
        // There is none left.
      }
      if (!isOn) for (const descriptor of this.#hogged.splice(0)) closeSync(descriptor);
      return undefined;
    },
    stop: async (how) => {
      await this.#fib.stop(how);
      this.#services.close();
      return undefined;
    },
  };

  #install(routes: readonly (readonly [string, ...string[]])[]): void {
    for (const [text, ...hops] of routes) {
      const { prefix, family } = prefixOf(text);
      const { w0, w1, w2, w3, length } = prefix;
      const parsed = hops.map((hop) => {
        const [address, weight = '1'] = hop.split('*');
        const [nextHop, interfaceName] = address.split('%');
        return { nextHop: addressOf(nextHop), interfaceName, weight: Number(weight) };
      });
      if (parsed.length > 0) this.#fib.install(family, w0, w1, w2, w3, length, parsed);
      else this.#fib.installBlackhole(family, w0, w1, w2, w3, length);
    }
  }

  async #settle(): Promise<string[]> {
    await this.#fib.current?.settled();
    return this.#answers.splice(0);
  }

  #sum(figure: 'installed' | 'stale' | 'failed'): number {
    return (this.#fib.current?.view().families ?? []).reduce((sum, family) => sum + family[figure], 0);
  }

  #takeTold(): string[] {
    return this.#told.splice(0).sort();
  }
}

async function answer(driver: Driver, line: string): Promise<string> {
  const { order, ask }: { order: Order; ask: never } = JSON.parse(line);
  try {
    return JSON.stringify({ answer: await driver.orders[order](ask) });
  } catch (error) {
    return JSON.stringify({ error: String(error) });
  }
}

if (!isMainThread) {
  const driver = new Driver();
  parentPort?.on('message', (line: string) => {
    void answer(driver, line).then((text) => parentPort?.postMessage(text));
  });
} else if (process.argv.includes('--thread')) {
  const worker = new Worker(new URL(import.meta.url));
  worker.on('message', (text: string) => process.stdout.write(`${text}\n`));
  createInterface({ input: process.stdin })
    .on('line', (line) => worker.postMessage(line))
    .on('close', () => void worker.terminate());
} else {
  const driver = new Driver();
  createInterface({ input: process.stdin }).on('line', (line) => {
    void answer(driver, line).then((text) => process.stdout.write(`${text}\n`));
  });
}
