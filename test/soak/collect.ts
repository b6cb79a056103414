// Loaded into the daemon under soak (`node --import`): on SIGUSR2 the garbage of every thread is collected, so that what is measured
// afterwards is what is kept. The daemon itself knows nothing of it.

import { Session } from 'node:inspector/promises';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  const session = new Session();
  session.connect();
  const workers = new Set<string>();
  session.on('NodeWorker.attachedToWorker', ({ params }) => workers.add(params.sessionId));
  session.on('NodeWorker.detachedFromWorker', ({ params }) => workers.delete(params.sessionId));
  await session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  let lastId = 0;
  const collect = async (): Promise<void> => {
    await session.post('HeapProfiler.collectGarbage');
    for (const sessionId of workers) {
      lastId += 1;
      const message = JSON.stringify({ id: lastId, method: 'HeapProfiler.collectGarbage' });
      await session.post('NodeWorker.sendMessageToWorker', { sessionId, message });
    }
  };
  process.on('SIGUSR2', () => {
    collect().catch((error: unknown) => process.stderr.write(`soak: no collection: ${String(error)}\n`));
  });
}
