// A speaker on real sockets, to be run inside a network namespace: configurations come as lines of JSON on stdin, views go
// out on stdout. For what concerns sessions alone, without a router file and its daemon. Counterpart: SpeakerProcess.

import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { InstanceView, NeighborView } from '#bgp/views.ts';
import { InProcessSpeaker } from '#support/in-process-speaker.ts';
import type { SpeakerHostConfig, StopKind } from '#speaker/port.ts';

type Ask =
  | { readonly ask: 'configure'; readonly config: SpeakerHostConfig }
  | { readonly ask: 'instances' }
  | { readonly ask: 'stop'; readonly how: StopKind };

interface Answer {
  readonly problems?: readonly string[];
  readonly instances?: readonly InstanceView[];
}

export class SpeakerProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: Interface;

  constructor(namespace: string) {
    this.#child = spawn('ip', ['netns', 'exec', namespace, process.execPath, import.meta.filename], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface({ input: this.#child.stdout });
  }

  async configure(config: SpeakerHostConfig): Promise<readonly string[]> {
    return (await this.#ask({ ask: 'configure', config })).problems ?? [];
  }

  async neighbor(address: string): Promise<NeighborView | undefined> {
    const { instances = [] } = await this.#ask({ ask: 'instances' });
    return instances.flatMap(({ neighbors }) => neighbors).find((neighbor) => neighbor.address === address);
  }

  async stop(how: StopKind = 'final'): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    await this.#ask({ ask: 'stop', how });
    await ended;
  }

  #ask(ask: Ask): Promise<Answer> {
    return new Promise((resolve) => {
      this.#lines.once('line', (line) => resolve(JSON.parse(line)));
      this.#child.stdin.write(`${JSON.stringify(ask)}\n`);
    });
  }
}

async function answer(speaker: InProcessSpeaker, ask: Ask): Promise<Answer> {
  switch (ask.ask) {
    case 'configure':
      return { problems: (await speaker.configure(ask.config)).problems };
    case 'instances':
      return { instances: await speaker.instances() };
    case 'stop':
      await speaker.stop(ask.how);
      return {};
  }
}

if (process.argv[1] === import.meta.filename) {
  const speaker = new InProcessSpeaker();
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    const ask: Ask = JSON.parse(line);
    void answer(speaker, ask).then((answered) => {
      process.stdout.write(`${JSON.stringify(answered)}\n`);
      if (ask.ask === 'stop') lines.close();
    });
  });
}
