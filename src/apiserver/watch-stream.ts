// A watch as an answer that does not end: one JSON document a line and event. What there is at the beginning is sent as fast as the client
// reads; a client that does not read the changes loses its watch before they fill the memory, and comes back from the version it saw
// last. Kubernetes API concepts, "Efficient detection of changes".

import type { ServerResponse } from 'node:http';
import type { WatchEvent, Watching } from '#kube/api/api-port.ts';

export interface WatchStreamOptions {
  readonly media: string;
  readonly timeoutMs: number;
  /** Octets of changes that may wait for one client. */
  readonly waitingBytes: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** One event, with the end of its line. */
  readonly render: (event: WatchEvent) => Buffer;
  /** The client is too slow, in words for the log. */
  readonly cut: (why: string) => void;
}

/** How long one turn renders before others are served. */
const turnBudgetMs = 4;

/** `begin` starts the watch; what it throws is thrown before anything is sent. Resolves when the answer is over. */
export function streamWatch(
  response: ServerResponse,
  begin: (told: (event: WatchEvent) => void) => Watching,
  options: WatchStreamOptions,
): Promise<void> {
  let stream: WatchStream | undefined;
  // Nothing is told within this call.
  const watching = begin((event) => stream?.tell(event));
  return new Promise((resolve) => {
    stream = new WatchStream(response, options, () => {
      stream = undefined;
      watching.close();
      resolve();
    });
  });
}

class WatchStream {
  readonly #response: ServerResponse;
  readonly #options: WatchStreamOptions;
  readonly #ended: () => void;
  readonly #timer: NodeJS.Timeout;
  /** In order: of the beginning events, which cost nothing that is not there anyway, later lines. */
  #waiting: (WatchEvent | Buffer)[] = [];
  /** How many of those that wait are sent. */
  #at = 0;
  #waitingBytes = 0;
  #isBeginning = true;
  #isOver = false;
  #isPlanned = false;

  constructor(response: ServerResponse, options: WatchStreamOptions, ended: () => void) {
    const { timeoutMs, headers, media } = options;
    this.#response = response;
    this.#options = options;
    this.#ended = ended;
    this.#timer = setTimeout(() => this.#end(), timeoutMs);
    this.#timer.unref();
    response.once('close', () => this.#end());
    response.on('drain', this.#pump);
    response.writeHead(200, { ...headers, 'content-type': media, 'cache-control': 'no-cache, private' });
    // The client learns at once that its watch stands, also when nothing changes.
    response.flushHeaders();
    // What is told within this turn is what there is.
    setImmediate(() => (this.#isBeginning = false));
  }

  tell(event: WatchEvent): void {
    if (this.#isBeginning) {
      this.#waiting.push(event);
      this.#plan();
      return;
    }
    const line = this.#options.render(event);
    if (event.type === 'ERROR' || (this.#at === this.#waiting.length && !this.#response.writableNeedDrain)) {
      this.#response.write(line);
      // Whatever waits is not sent: the client lists anew.
      if (event.type === 'ERROR') this.#end();
      return;
    }
    this.#waiting.push(line);
    this.#waitingBytes += line.length;
    const bytes = this.#waitingBytes + this.#response.writableLength;
    if (bytes <= this.#options.waitingBytes) return;
    this.#options.cut(`${bytes} octets of events wait`);
    this.#response.destroy();
    this.#end();
  }

  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    setImmediate(() => {
      this.#isPlanned = false;
      this.#pump();
    });
  }

  readonly #pump = (): void => {
    const endMs = performance.now() + turnBudgetMs;
    while (!this.#isOver && this.#at < this.#waiting.length && !this.#response.writableNeedDrain) {
      if (performance.now() > endMs) return this.#plan();
      this.#send(this.#waiting[this.#at++]);
    }
    if (this.#at < this.#waiting.length) return;
    this.#waiting = [];
    this.#at = 0;
  };

  #send(next: WatchEvent | Buffer): void {
    if (!Buffer.isBuffer(next)) {
      this.#response.write(this.#options.render(next));
      return;
    }
    this.#waitingBytes -= next.length;
    this.#response.write(next);
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    // What waits is not lost: the client goes on from the version of the last line.
    if (!this.#response.destroyed) this.#response.end();
    this.#waiting = [];
    this.#at = 0;
    this.#ended();
  }
}
