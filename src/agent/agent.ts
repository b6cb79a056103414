// The agent as a whole: the store, the reconciler that it wakes, the speaker, the servers, the log.
// Starts in an order in which no neighbor hears of it before everything could be opened.

import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { StatusEntry } from '#api/status.ts';
import type { Endpoint } from '#control/router/text-formats.ts';
import type { Daemon } from '#daemon/run-daemon.ts';
import type { SpeakerDaemonContext } from '#daemon/run-speaker-daemon.ts';
import { Restart, stopKindOf } from '#daemon/restart.ts';
import { Servers } from '#daemon/servers.ts';
import { StartError } from '#daemon/start-error.ts';
import { StateFile } from '#daemon/state-file.ts';
import { emptyStore } from '#kube/empty-store.ts';
import { lookAtDirectory } from '#kube/manifest-directory.ts';
import { ManifestStore } from '#kube/manifest-store.ts';
import { HistoryError } from '#kube/object-history.ts';
import type { KubeStore } from '#kube/port.ts';
import { describeAgent } from './agent-status.ts';
import { BgpReconciler } from './bgp-reconciler.ts';
import { admitManifest } from './judge-manifest.ts';
import type { AgentOptions } from './options.ts';

const healthListen: Endpoint = { address: '127.0.0.1', port: 9879 };
const metricsListen: Endpoint = { address: '127.0.0.1', port: 9962 };
const retryMs = 5000;

/** Label of the metrics: one control plane, whatever virtual routers it runs. */
const controlPlane = { instance_name: 'bgp' };

export class Agent implements Daemon {
  readonly #options: AgentOptions;
  readonly #context: SpeakerDaemonContext;
  readonly #source: string;
  readonly #store: KubeStore;
  readonly #reconciler: BgpReconciler;
  readonly #servers: Servers;
  readonly #restart: Restart;

  /** Throws StartError. */
  constructor(options: AgentOptions, context: SpeakerDaemonContext, version: string) {
    this.#options = options;
    this.#context = context;
    const { log, speaker } = context;
    this.#source = options.manifests ?? 'the store (no --manifests DIR is given)';
    this.#store = openStore(options);
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
      { nodeName: options.nodeName, source: this.#source, retryMs, secretsNamespace: options.bgpSecretsNamespace },
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
    const { manifests, apiListen } = this.#options;
    const failure = manifests === undefined ? undefined : lookAtDirectory(manifests).failure;
    if (failure !== undefined) throw new StartError(`--manifests ${manifests}: ${failure}`);
    await this.#store.start();
    const closed = await this.#servers.configure({ apiListen, healthListen, metricsListen });
    if (closed.length > 0) throw new StartError(closed[0]);
    this.#store.onChange(() => this.reload());
    await this.#reconciler.wake();
    this.#servers.started();
  }

  reload(): void {
    this.#reconciler.wake().catch((error: unknown) => {
      // Our own fault: nobody can go on from a broken invariant.
      process.nextTick(() => {
        throw error;
      });
    });
  }

  async stop(): Promise<void> {
    this.#store.stop();
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
    return [...listening, ...state, ...describeAgent(this.#reconciler.state, nodeName, this.#source)];
  }
}

function openStore({ manifests, stateDir }: AgentOptions): KubeStore {
  if (manifests === undefined) return emptyStore;
  try {
    return new ManifestStore(
      { directory: manifests, historyFile: join(stateDir, 'objects.json') },
      { admit: admitManifest, nowMs: () => Date.now() },
    );
  } catch (error) {
    if (error instanceof HistoryError) throw new StartError(error.message, { cause: error });
    throw error;
  }
}
