// The operator as a whole: who leads, the controllers that work while we do, and the port with metrics and health. Wiring alone; what is
// decided is decided in the parts.

import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { createPlainServer, type ListeningServer, type PlainAnswer } from '#api/plain-server.ts';
import { ApiListenError } from '#api/unix-socket.ts';
import type { Daemon } from '#daemon/run-daemon.ts';
import { StartError } from '#daemon/start-error.ts';
import type { LogEvent } from '#io/log.ts';
import { formatEndpoint } from '#io/tcp-listeners.ts';
import type { Cluster } from '#kube/cluster/cluster.ts';
import { Elector } from './elector.ts';
import { NoticeController } from './notice-controller.ts';
import { noticedKinds } from './noticed-kinds.ts';
import type { OperatorOptions } from './options.ts';

/** Upstream's defaults of leader election. */
const times = { leaseMs: 15_000, renewMs: 10_000, retryMs: 2_000 } as const;
/** Everything is looked at so often even when nothing changes: whatever was missed is made good, and Events that expired come back. */
const resyncMs = 300_000;
const maxProblems = 20;

export class Operator implements Daemon {
  readonly #options: OperatorOptions;
  readonly #log: { write(event: LogEvent): void };
  readonly #elector: Elector;
  readonly #notices: NoticeController;
  readonly #server: ListeningServer;
  readonly #registry = new Registry();
  readonly #problems = new Map<string, string>();
  #resync: NodeJS.Timeout | undefined;

  constructor(options: OperatorOptions, cluster: Cluster, log: { write(event: LogEvent): void }, version: string) {
    this.#options = options;
    this.#log = log;
    const { writes, failures } = this.#measure(version);
    const identity = `${options.nodeName}_${randomUUID()}`;
    const clocks = { nowMs: () => performance.now(), wallMs: () => Date.now() };
    this.#elector = new Elector(
      { ...times, namespace: options.leaseNamespace, name: 'waggle-operator', identity },
      {
        ...clocks,
        cluster,
        led: (holder) => {
          this.#over('leader election');
          this.#log.write({ type: 'leader', holder, isUs: holder === identity });
          this.#notices.wake();
        },
        failed: (error) => this.#fail('leader election', error),
      },
    );
    this.#notices = new NoticeController({
      ...clocks,
      cluster,
      kinds: noticedKinds,
      isLeader: () => this.#elector.isLeader,
      random: Math.random,
      written: (type, what) => {
        this.#over(what);
        writes.inc({ type });
      },
      failed: (what, error) => {
        failures.inc();
        this.#fail(what, error);
      },
      settled: () => {
        for (const what of this.#problems.keys()) if (/^(Event|status of) /.test(what)) this.#over(what);
      },
      watchFailed: (kind, message) => {
        const what = `watch of ${kind}`;
        if (message === undefined) this.#over(what);
        else this.#fail(what, new Error(message));
      },
    });
    const answers = new Map<string, () => Promise<PlainAnswer>>([
      ['/metrics', () => this.#answerMetrics()],
      ['/healthz', () => Promise.resolve(this.#answerHealth())],
    ]);
    this.#server = createPlainServer(options.metricsListen, answers);
  }

  async start(): Promise<void> {
    const { address } = this.#options.metricsListen;
    try {
      const port = await this.#server.listen();
      this.#log.write({ type: 'listening', what: 'metrics', address: formatEndpoint({ address, port }) });
    } catch (error) {
      if (error instanceof ApiListenError) throw new StartError(error.message, { cause: error });
      throw error;
    }
    this.#elector.start();
    // While an API server is away, the daemon runs and says so.
    void this.#notices.start();
    this.#resync = setInterval(() => this.#notices.wake(), resyncMs);
  }

  /** Nothing is configured by a file. */
  reload(): void {}

  async stop(): Promise<void> {
    clearInterval(this.#resync);
    await this.#notices.close();
    await this.#elector.close();
    await this.#server.close();
    this.#registry.clear();
  }

  /** Of many at once the first few are told; metrics count the others. */
  #fail(what: string, { message }: Error): void {
    if (this.#problems.get(what) === message) return;
    if (!this.#problems.has(what) && this.#problems.size >= maxProblems) return;
    this.#problems.set(what, message);
    this.#log.write({ type: 'problem', what, problem: `${what}: ${message}` });
  }

  #over(what: string): void {
    if (this.#problems.delete(what)) this.#log.write({ type: 'problem-over', what });
  }

  #measure(version: string): { readonly writes: Counter<'type'>; readonly failures: Counter } {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    const [isLeader, policies] = [(): number => Number(this.#elector.isLeader), () => this.#notices.countPolicies()];
    new Gauge({ name: 'waggle_build_info', help: '1, with the version', labelNames: ['version'], registers }).set(
      { version },
      1,
    );
    const leader = { name: 'waggle_operator_leader', help: '1 while this operator is the one that works' };
    new Gauge({
      ...leader,
      registers,
      collect() {
        this.set(isLeader());
      },
    });
    const stored = { name: 'waggle_operator_policies_not_enforced', help: 'Network policies that are stored only' };
    new Gauge({
      ...stored,
      registers,
      collect() {
        this.set(policies());
      },
    });
    return {
      writes: new Counter({
        name: 'waggle_operator_notice_writes_total',
        help: 'Conditions and Events that were written',
        labelNames: ['type'],
        registers,
      }),
      failures: new Counter({
        name: 'waggle_operator_notice_errors_total',
        help: 'Writes of conditions and Events that failed',
        registers,
      }),
    };
  }

  async #answerMetrics(): Promise<PlainAnswer> {
    return { status: 200, type: this.#registry.contentType, body: await this.#registry.metrics() };
  }

  /** A cluster that is away is no reason to restart us. */
  #answerHealth(): PlainAnswer {
    const body = {
      isLeader: this.#elector.isLeader,
      isSynchronised: this.#notices.isSynced,
      problems: [...this.#problems.values(), ...this.#notices.failures],
    };
    return { status: 200, type: 'application/json; charset=utf-8', body: JSON.stringify(body) };
  }
}
