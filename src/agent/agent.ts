// The agent as a whole: the store, the reconciler that it wakes, the speaker, the servers, the log.
// Starts in an order in which no neighbor hears of it before everything could be opened, and before every object is known.

import { performance } from 'node:perf_hooks';
import type { StatusEntry } from '#api/status.ts';
import type { Endpoint } from '#control/router/text-formats.ts';
import type { Daemon } from '#daemon/run-daemon.ts';
import type { SpeakerDaemonContext } from '#daemon/run-speaker-daemon.ts';
import { Restart, stopKindOf } from '#daemon/restart.ts';
import { Servers } from '#daemon/servers.ts';
import { StartError } from '#daemon/start-error.ts';
import { StateFile } from '#daemon/state-file.ts';
import type { KubeStore } from '#kube/port.ts';
import { describeAgent, describePolicies, describeWait } from './agent-status.ts';
import { BgpReconciler } from './bgp-reconciler.ts';
import type { OpenedStore } from './open-store.ts';
import type { AgentOptions } from './options.ts';

const healthListen: Endpoint = { address: '127.0.0.1', port: 9879 };
const metricsListen: Endpoint = { address: '127.0.0.1', port: 9962 };
const retryMs = 5000;

/** Label of the metrics: one control plane, whatever virtual routers it runs. */
const controlPlane = { instance_name: 'bgp' };

export class Agent implements Daemon {
  readonly #options: AgentOptions;
  readonly #context: SpeakerDaemonContext;
  readonly #opened: OpenedStore;
  readonly #store: KubeStore;
  readonly #reconciler: BgpReconciler;
  readonly #servers: Servers;
  readonly #restart: Restart;
  #hasBegun = false;
  #isStopping = false;

  constructor(options: AgentOptions, opened: OpenedStore, context: SpeakerDaemonContext, version: string) {
    this.#options = options;
    this.#context = context;
    const { log, speaker } = context;
    this.#opened = opened;
    this.#store = opened.store;
    this.#restart = new Restart(new StateFile(options.stateDir, Date.now()), (event) => log.write(event));
    speaker.onEvent((event) => log.write(event));
    this.#servers = new Servers(
      { runDir: options.runDir, nodeName: options.nodeName, version },
      {
        speaker,
        log,
        status: () => this.#status(),
        configured: () => this.#reconciler.state.configured,
        wallMs: () => Date.now(),
        reportFault: (error, about) => {
          const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
          log.write({ type: 'api-fault', about, error: text });
        },
      },
    );
    const { metrics } = this.#servers;
    this.#reconciler = new BgpReconciler(
      {
        nodeName: options.nodeName,
        component: opened.component,
        source: opened.name,
        retryMs,
        secretsNamespace: options.bgpSecretsNamespace,
      },
      {
        store: this.#store,
        speaker,
        write: (event) => log.write(event),
        measured: (seconds, hasFailed) => {
          metrics.reconcileDuration.observe(controlPlane, seconds);
          if (hasFailed) metrics.reconcileErrors.inc(controlPlane);
        },
        nowMs: () => performance.now(),
        begin: (instances) => speaker.begin(this.#restart.begin(instances)),
      },
    );
  }

  async start(): Promise<void> {
    const { apiListen } = this.#options;
    const { mayBeAway } = this.#opened;
    const known = this.#store.start();
    this.#opened.policies?.start();
    if (!mayBeAway) await known;
    const closed = await this.#servers.configure({ apiListen, healthListen, metricsListen });
    if (closed.length > 0) throw new StartError(closed[0]);
    const begun = known.then(() => this.#begin());
    // While an API server is away, the daemon runs and says so.
    if (mayBeAway) begun.catch(crash);
    else await begun;
  }

  /** Every object is known. */
  async #begin(): Promise<void> {
    if (this.#isStopping) return;
    this.#hasBegun = true;
    this.#store.onChange(() => this.reload());
    await this.#reconciler.wake();
    this.#servers.started();
  }

  reload(): void {
    if (this.#hasBegun) this.#reconciler.wake().catch(crash);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#store.stop();
    this.#opened.policies?.stop();
    await this.#reconciler.stop();
    await this.#servers.close();
    const how = stopKindOf(this.#reconciler.state.configured);
    await this.#context.speaker.stop(how);
    this.#restart.end(how);
  }

  #status(): readonly StatusEntry[] {
    const { nodeName } = this.#options;
    const listening = this.#servers
      .problems()
      .map((message): StatusEntry => ({ component: 'listen', state: 'error', message }));
    const state = this.#restart.problems.map((message): StatusEntry => ({
      component: 'state',
      state: 'warning',
      message,
    }));
    const agent = this.#hasBegun
      ? describeAgent(this.#reconciler.state, nodeName, this.#opened)
      : describeWait(this.#store.faults(), this.#opened);
    return [...listening, ...state, ...agent, ...describePolicies(this.#opened.policies?.stored ?? 0)];
  }
}

/** Our own fault: nobody can go on from a broken invariant. */
function crash(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
