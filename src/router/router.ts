// The router as a whole: one speaker thread, the file it follows, its servers, its log and its status.
// Starts in an order in which nothing speaks before everything could be opened; a reload touches only what
// changed, and a broken file nothing.

import { isDeepStrictEqual } from 'node:util';
import type { StatusEntry } from '#api/status.ts';
import { withPasswords } from '#control/router/passwords.ts';
import type { RouterSettings } from '#control/router/settings.ts';
import { ListenLog } from '#daemon/listen-log.ts';
import { Restart, stopKindOf } from '#daemon/restart.ts';
import { Servers } from '#daemon/servers.ts';
import { StartError } from '#daemon/start-error.ts';
import { StateFile } from '#daemon/state-file.ts';
import { FileWatch } from '#io/file-watch.ts';
import type { EventLog } from '#io/log.ts';
import type { SpeakerPort } from '#speaker/port.ts';
import { listChangedFields } from './changed-fields.ts';
import { describeReadError, maxConfigBytes } from './config-file.ts';
import type { ConfigFile } from './config-file.ts';
import type { RouterOptions } from './options.ts';
import { PasswordFiles } from './password-files.ts';

/** What the world refused is tried again so often. */
const retryMs = 5_000;

export interface RouterDeps {
  readonly speaker: SpeakerPort;
  readonly log: EventLog;
  readonly file: ConfigFile;
  readonly version: string;
}

export class Router {
  readonly #deps: RouterDeps;
  readonly #servers: Servers;
  readonly #listenLog: ListenLog;
  readonly #restart: Restart;
  readonly #passwords: PasswordFiles;
  /** What the file says, and the same with the passwords of other files. */
  #written: RouterSettings | undefined;
  #settings: RouterSettings | undefined;
  #watch: FileWatch | undefined;
  /** Faults of the file as it is now, when it is not the one that runs. */
  #faults: readonly string[] = [];
  #problems: readonly string[] = [];
  /** What the log knows of password files. */
  #heldDown: readonly string[] = [];
  /** undefined until the first configuration is in force. */
  #appliedWallMs: number | undefined;
  #reloading: Promise<void> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;

  constructor(options: RouterOptions, deps: RouterDeps) {
    this.#deps = deps;
    const { speaker, log, version } = deps;
    speaker.onEvent((event) => log.write(event));
    this.#listenLog = new ListenLog((event) => log.write(event));
    this.#passwords = new PasswordFiles(deps.file.path, () => this.#enqueue(() => this.#takePasswords()));
    this.#restart = new Restart(new StateFile(options.stateDir, Date.now()), (event) => log.write(event));
    this.#servers = new Servers(
      { runDir: options.runDir, nodeName: options.nodeName, version },
      {
        speaker,
        log,
        status: () => this.status(),
        configured: () => this.#settings?.speaker.instances ?? [],
        wallMs: () => Date.now(),
        reportFault: (error, about) => {
          const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
          log.write({ type: 'api-fault', about, error: text });
        },
      },
    );
  }

  /** Throws StartError; the caller then stops what was started. */
  async start(written: RouterSettings, text: string): Promise<void> {
    const { speaker, file } = this.#deps;
    this.#written = written;
    const settings = await this.#resolve(written);
    this.#settings = settings;
    const closed = await this.#servers.configure(settings);
    if (closed.length > 0) throw new StartError(closed[0]);
    // Listening sockets alone first: if a port is taken, no neighbor hears of this start. The neighbors follow
    // at once, because until then whoever connects is refused as unknown.
    const { listen } = settings.speaker;
    const { problems } = await speaker.configure({ listen, instances: [] });
    if (problems.length > 0) throw new StartError(problems[0]);
    this.#listenLog.update(listen, problems);
    await speaker.begin(this.#restart.begin(settings.speaker.instances));
    await this.#apply(settings);
    // Everything that we originate stands in the file; what the kernel adds, the speaker waits for itself.
    await speaker.sourcesSynchronised();
    this.#servers.started();
    this.#watch = new FileWatch(
      { path: file.path, text, maxBytes: maxConfigBytes },
      {
        changed: (read) => this.#enqueue(() => this.#take(read)),
        unreadable: (error) => this.#refuse([describeReadError(file.path, error)]),
      },
    );
  }

  /** Reads the file now, whether it changed or not (SIGHUP). */
  reload(): void {
    this.#enqueue(async () => {
      const read = await this.#deps.file.read();
      if ('fault' in read) return this.#refuse([read.fault]);
      this.#watch?.accept(read.text);
      await this.#take(read.text);
    });
  }

  async stop(): Promise<void> {
    this.#watch?.stop();
    this.#passwords.stop();
    clearTimeout(this.#retry);
    await this.#reloading;
    // The reload that was under way may have planned another.
    clearTimeout(this.#retry);
    await this.#servers.close();
    const how = stopKindOf(this.#settings?.speaker.instances ?? []);
    await this.#deps.speaker.stop(how);
    this.#restart.end(how);
  }

  status(): readonly StatusEntry[] {
    const { path } = this.#deps.file;
    if (this.#appliedWallMs === undefined) {
      return [{ component: 'configuration', state: 'error', message: `${path}: not in force yet` }];
    }
    const since = new Date(this.#appliedWallMs).toISOString();
    const configuration: StatusEntry[] =
      this.#faults.length === 0
        ? [{ component: 'configuration', state: 'ok', message: `${path}, in force since ${since}` }]
        : this.#faults.map((fault) => ({
            component: 'configuration',
            state: 'error',
            message: `${fault} (the configuration of ${since} stays in force)`,
          }));
    const listening = this.#listProblems().map((message): StatusEntry => ({
      component: 'listen',
      state: 'error',
      message,
    }));
    const state = this.#restart.problems.map((message): StatusEntry => ({
      component: 'state',
      state: 'warning',
      message,
    }));
    const passwords = this.#passwords.problems.map((message): StatusEntry => ({
      component: 'password',
      state: 'error',
      message,
    }));
    // What is wrong comes first.
    const rest = [...listening, ...passwords, ...state];
    return this.#faults.length === 0 ? [...rest, ...configuration] : [...configuration, ...rest];
  }

  #listProblems(): readonly string[] {
    return [...this.#problems, ...this.#servers.problems()];
  }

  /** One reload at a time, in the order in which they were asked for. */
  #enqueue(work: () => Promise<void> | void): void {
    this.#reloading = this.#reloading.then(work);
  }

  async #take(text: string): Promise<void> {
    const { log, file } = this.#deps;
    const checked = file.check(text);
    if ('faults' in checked) return this.#refuse(checked.faults);
    this.#faults = [];
    this.#written = checked.settings;
    const settings = await this.#resolve(checked.settings);
    if (isDeepStrictEqual(settings, this.#settings) && this.#listProblems().length === 0) {
      log.write({ type: 'configuration-unchanged', source: file.path });
      return;
    }
    await this.#apply(settings);
  }

  /** A password file has another content, or another mode. */
  async #takePasswords(): Promise<void> {
    if (this.#written === undefined) return;
    const settings = await this.#resolve(this.#written);
    if (!isDeepStrictEqual(settings, this.#settings)) await this.#apply(settings);
  }

  async #resolve(written: RouterSettings): Promise<RouterSettings> {
    const passwords = await this.#passwords.read(written.passwordFiles);
    this.#tellHeldDown();
    return withPasswords(written, passwords);
  }

  /** Why neighbors stay down for want of a password: each reason once when it comes, and once when all are over. */
  #tellHeldDown(): void {
    const { log } = this.#deps;
    const { problems } = this.#passwords;
    for (const problem of problems) {
      if (!this.#heldDown.includes(problem)) log.write({ type: 'problem', what: 'password', problem });
    }
    if (problems.length === 0 && this.#heldDown.length > 0) log.write({ type: 'problem-over', what: 'password' });
    this.#heldDown = problems;
  }

  #refuse(faults: readonly string[]): void {
    this.#faults = faults;
    for (const fault of faults) {
      this.#deps.log.write({ type: 'configuration-broken', source: this.#deps.file.path, fault });
    }
  }

  async #apply(settings: RouterSettings): Promise<void> {
    const { speaker, log, file } = this.#deps;
    const known = this.#listProblems();
    await this.#servers.configure(settings);
    const { problems, ...changes } = await speaker.configure(settings.speaker);
    const fields = this.#settings === undefined ? [] : listChangedFields(this.#settings, settings);
    this.#settings = settings;
    this.#problems = problems;
    this.#listenLog.update(settings.speaker.listen, problems);
    this.#appliedWallMs = Date.now();
    log.write({ type: 'configuration-applied', source: file.path, changes, fields });
    this.#tellProblems(known);
  }

  /** What was refused, and nothing else: all that runs is configured as it is. */
  async #tryAgain(): Promise<void> {
    if (this.#settings === undefined) return;
    const known = this.#listProblems();
    await this.#servers.configure(this.#settings);
    this.#problems = (await this.#deps.speaker.configure(this.#settings.speaker)).problems;
    this.#listenLog.update(this.#settings.speaker.listen, this.#problems);
    this.#tellProblems(known);
  }

  /** Each once when it comes and once when all are over. */
  #tellProblems(known: readonly string[]): void {
    const { log } = this.#deps;
    const problems = this.#listProblems();
    for (const problem of problems) {
      if (!known.includes(problem)) log.write({ type: 'problem', what: 'listen', problem });
    }
    clearTimeout(this.#retry);
    if (problems.length > 0) {
      this.#retry = setTimeout(() => this.#enqueue(() => this.#tryAgain()), retryMs);
      this.#retry.unref();
    } else if (known.length > 0) log.write({ type: 'problem-over', what: 'listen' });
  }
}
