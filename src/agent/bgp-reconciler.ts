// Keeps the speaker what the peering policy in force says: reads the store, computes, compares with what
// the speaker was last told, and tells it only what differs. Level-triggered: however often it is woken and
// whatever woke it, the outcome depends on the store alone. Knows no file, socket or HTTP.

import { setTimeout as sleep } from 'node:timers/promises';
import type { SpeakerConfig } from '#bgp/config.ts';
import { formatProblem, type ObjectProblem } from '#control/bgp/object-problem.ts';
import { desiredBgp, noBgp, type DesiredBgp } from '#control/bgp/peering-policy.ts';
import { BgpSecrets } from '#control/bgp/secrets.ts';
import { ListenLog } from '#daemon/listen-log.ts';
import type { LogEvent } from '#io/log.ts';
import { kindNames, specOf } from '#kube/kinds.ts';
import type { KubeStore, StoreFault } from '#kube/port.ts';
import type { SpeakerHostConfig, SpeakerPort } from '#speaker/port.ts';
import { ProblemLog, type AgentProblem } from './agent-problem.ts';
import type { OpenedStore } from './open-store.ts';
import { readLocalNode } from './read-local-node.ts';
import { readSecret } from './read-secret.ts';

export interface ReconcilerOptions {
  readonly nodeName: string;
  /** What `waggle status` calls the place of the objects. */
  readonly component: OpenedStore['component'];
  /** Where objects come from, for people: `/etc/waggle/manifests`. */
  readonly source: string;
  /** How long after a refusal of the world (a port taken, say) the speaker is asked again. */
  readonly retryMs: number;
  /** Where the Secrets of authSecretRef live. */
  readonly secretsNamespace: string;
}

export interface ReconcilerDeps {
  readonly store: KubeStore;
  readonly speaker: Pick<SpeakerPort, 'configure' | 'sourcesSynchronised'>;
  /** Once, before the speaker hears of any neighbor. */
  readonly begin: (instances: readonly SpeakerConfig[]) => Promise<void>;
  readonly write: (event: LogEvent) => void;
  /** Called with the seconds that each run took and whether it failed. */
  readonly measured: (seconds: number, hasFailed: boolean) => void;
  /** Milliseconds from any beginning. */
  readonly nowMs: () => number;
}

/** What the reconciler knows after a run. */
export interface ReconcilerState {
  readonly isNodeKnown: boolean;
  readonly podCidrs: readonly string[];
  readonly objects: number;
  readonly policy: string | undefined;
  readonly configured: readonly SpeakerConfig[];
  readonly problems: readonly AgentProblem[];
}

const nothingConfigured: SpeakerHostConfig = { listen: [], instances: [] };

export class BgpReconciler {
  readonly #options: ReconcilerOptions;
  readonly #deps: ReconcilerDeps;
  readonly #problemLog: ProblemLog;
  readonly #listenLog: ListenLog;
  readonly #stop = new AbortController();
  #desired: DesiredBgp = noBgp;
  #applied: SpeakerHostConfig = nothingConfigured;
  #speakerProblems: readonly string[] = [];
  #hasBegun = false;
  #hasSynchronised = false;
  #isWoken = false;
  #running: Promise<void> | undefined;
  #retry: Promise<void> | undefined;
  #state: ReconcilerState = {
    isNodeKnown: false,
    podCidrs: [],
    objects: 0,
    policy: undefined,
    configured: [],
    problems: [],
  };

  constructor(options: ReconcilerOptions, deps: ReconcilerDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#problemLog = new ProblemLog(deps.write);
    this.#listenLog = new ListenLog(deps.write);
  }

  get state(): ReconcilerState {
    return this.#state;
  }

  /** Reconciles now, or again after the run that is under way; resolves when the speaker is told. */
  wake(): Promise<void> {
    this.#isWoken = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Waits for the run that is under way; no other begins. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#retry;
  }

  async #run(): Promise<void> {
    while (this.#isWoken && !this.#stop.signal.aborted) {
      this.#isWoken = false;
      const startMs = this.#deps.nowMs();
      await this.#reconcile();
      this.#deps.measured((this.#deps.nowMs() - startMs) / 1000, this.#speakerProblems.length > 0);
    }
    if (this.#speakerProblems.length > 0) this.#planRetry();
  }

  async #reconcile(): Promise<void> {
    const { store } = this.#deps;
    const node = readLocalNode(store, this.#options.nodeName);
    // Without its node nothing is decided, and nothing that runs is taken away.
    if (node !== undefined) {
      const policies = store.list('CiliumBGPPeeringPolicy').map((policy) => ({
        name: policy.metadata.name,
        creationTimestamp: policy.metadata.creationTimestamp,
        spec: specOf(policy),
      }));
      this.#desired = desiredBgp(policies, node, this.#desired, this.#readSecrets());
    }
    const wanted = listHostConfig(this.#desired);
    if (this.#speakerProblems.length > 0 || !isEqual(wanted, this.#applied)) await this.#configure(wanted);
    const problems = [
      ...store.faults().map((fault) => describeFault(fault, this.#options.component)),
      ...(node === undefined ? [describeMissingNode(this.#options)] : []),
      ...this.#desired.problems.map((problem) => describeObjectProblem(problem, store)),
      ...this.#speakerProblems.map(describeSpeakerProblem),
    ];
    this.#state = {
      isNodeKnown: node !== undefined,
      podCidrs: node?.podCIDRs.map(({ text }) => text) ?? [],
      objects: kindNames.reduce((sum, kind) => sum + store.list(kind).length, 0),
      policy: this.#desired.policy,
      configured: this.#applied.instances,
      problems,
    };
    this.#problemLog.update(problems);
  }

  #readSecrets(): BgpSecrets {
    return new BgpSecrets(this.#options.secretsNamespace, this.#deps.store.list('Secret').map(readSecret));
  }

  async #configure(wanted: SpeakerHostConfig): Promise<void> {
    const isNew = !isEqual(wanted, this.#applied);
    try {
      const hasInstances = wanted.instances.length > 0;
      if (hasInstances && !this.#hasBegun) {
        this.#hasBegun = true;
        await this.#deps.begin(wanted.instances);
      }
      const { problems, ...changes } = await this.#deps.speaker.configure(wanted);
      // The node is known, and with it everything that we originate.
      if (hasInstances && !this.#hasSynchronised) {
        this.#hasSynchronised = true;
        await this.#deps.speaker.sourcesSynchronised();
      }
      this.#applied = wanted;
      this.#speakerProblems = problems;
      this.#listenLog.update(wanted.listen, problems);
      const source = this.#desired.policy === undefined ? 'no policy' : `policy ${this.#desired.policy}`;
      if (isNew) this.#deps.write({ type: 'configuration-applied', source, changes });
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#speakerProblems = [
        `the speaker took no configuration: ${error instanceof Error ? error.message : String(error)}`,
      ];
    }
  }

  #planRetry(): void {
    this.#retry ??= this.#wakeLater().finally(() => {
      this.#retry = undefined;
    });
  }

  async #wakeLater(): Promise<void> {
    const { signal } = this.#stop;
    await sleep(this.#options.retryMs, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) void this.wake();
  }
}

function listHostConfig({ instances }: DesiredBgp): SpeakerHostConfig {
  const ports = new Set(instances.flatMap(({ localPort }) => localPort ?? []));
  return {
    // Upstream's virtual routers listen on every address, and only where the annotation says so.
    listen: [...ports].flatMap((port) => [
      { address: '0.0.0.0', port },
      { address: '::', port },
    ]),
    instances: instances.map(({ speaker }) => speaker),
  };
}

/** Plain values in one order of fields, made by the same code. */
function isEqual(a: SpeakerHostConfig, b: SpeakerHostConfig): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function describeFault({ where, object, message }: StoreFault, component: OpenedStore['component']): AgentProblem {
  const text = `${where}: ${message}`;
  const event: LogEvent = { type: 'configuration-broken', source: where, fault: text };
  const file = fileOf(where);
  return { component, state: 'error', text, event, subject: object ?? file, file };
}

/** `file:line` without its line. */
function fileOf(where: string): string {
  return where.replace(/:\d+$/, '');
}

function describeMissingNode({ nodeName, source }: ReconcilerOptions): AgentProblem {
  const text = `no CiliumNode or Node named ${nodeName} in ${source}: nothing is changed until there is one`;
  return {
    component: 'node',
    state: 'error',
    text,
    event: { type: 'problem', what: 'node', problem: text },
    subject: `node ${nodeName}`,
  };
}

function describeObjectProblem(problem: ObjectProblem, store: KubeStore): AgentProblem {
  const { object, path, reason } = problem;
  const where = store.locate(object, path) ?? object;
  const words = formatProblem(problem);
  const [kind, name] = object.split('/');
  return {
    component: kind === 'CiliumBGPPeeringPolicy' ? `policy ${name}` : 'node',
    // Of two policies one is in force, as promised; the rest is asked for and does not work.
    state: reason === 'conflict' ? 'warning' : 'error',
    text: `${where}: ${words}`,
    event: { type: 'object-refused', source: where, object, reason: words },
    subject: object,
    file: fileOf(where),
  };
}

function describeSpeakerProblem(text: string): AgentProblem {
  return {
    component: 'speaker',
    state: 'error',
    text,
    event: { type: 'problem', what: 'speaker', problem: text },
    subject: 'speaker',
  };
}
