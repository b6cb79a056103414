// A watch as an answer that does not end: one JSON document a line and event. A client that does not read loses its watch before its
// events fill the memory; it comes back from the version it saw last. Kubernetes API concepts, "Efficient detection of changes".

import type { ServerResponse } from 'node:http';
import type { WatchEvent, Watching } from '#kube/api/api-port.ts';

/** Octets that may wait for one client. */
const maxWaiting = 8 * 1024 * 1024;

export interface WatchStreamOptions {
  readonly media: string;
  readonly timeoutMs: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** Text of one event, without the end of its line. */
  readonly render: (event: WatchEvent) => string;
  /** The client is too slow, in words for the log. */
  readonly cut: (why: string) => void;
}

/** `begin` starts the watch; what it throws is thrown before anything is sent. Resolves when the answer is over. */
export function streamWatch(
  response: ServerResponse,
  begin: (told: (event: WatchEvent) => void) => Watching,
  { media, timeoutMs, headers, render, cut }: WatchStreamOptions,
): Promise<void> {
  let tell: (event: WatchEvent) => void = () => {};
  // Nothing is told within this call.
  const watching = begin((event) => tell(event));
  return new Promise((resolve) => {
    const end = (): void => {
      tell = () => {};
      clearTimeout(timer);
      watching.close();
      if (!response.destroyed && !response.writableEnded) response.end();
      resolve();
    };
    const timer = setTimeout(end, timeoutMs);
    timer.unref();
    tell = (event) => {
      response.write(`${render(event)}\n`);
      if (event.type === 'ERROR') return end();
      if (response.writableLength <= maxWaiting) return;
      cut(`${response.writableLength} octets of events wait`);
      response.destroy();
      end();
    };
    response.once('close', end);
    response.writeHead(200, { ...headers, 'content-type': media, 'cache-control': 'no-cache, private' });
    // The client learns at once that its watch stands, also when nothing changes.
    response.flushHeaders();
  });
}
