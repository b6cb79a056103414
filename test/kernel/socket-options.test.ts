// Options are set on real sockets and read back from the kernel, in the main thread and in a worker thread.

import { closeSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { Worker } from 'node:worker_threads';
import test from 'ava';
import { KernelError } from '#kernel/errors.ts';
import { SocketOptions } from '#kernel/socket-options.ts';

test('TTL and hop limit of a client socket are what was asked for', (t) => {
  const options = new SocketOptions();
  for (const version of [4, 6] as const) {
    const fd = options.openClient({ version, sourceAddress: undefined, ttl: 7 });
    t.is(options.getTtl(fd, version), 7);
    options.setTtl(fd, version, 255);
    t.is(options.getTtl(fd, version), 255);
    closeSync(fd);
  }
});

test('a client socket binds to a source address of either family', (t) => {
  const options = new SocketOptions();
  closeSync(options.openClient({ version: 4, sourceAddress: '127.0.0.9', ttl: undefined }));
  closeSync(options.openClient({ version: 6, sourceAddress: '::1', ttl: undefined }));
  t.pass();
});

test('a link-local source address is bound on the interface of its zone', (t) => {
  const found = Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? []).filter(({ address }) => address.startsWith('fe80:')).map(({ address }) => `${address}%${name}`),
  );
  const options = new SocketOptions();
  for (const sourceAddress of found) closeSync(options.openClient({ version: 6, sourceAddress, ttl: 1 }));
  const error = t.throws(() => options.openClient({ version: 6, sourceAddress: 'fe80::1%nowhere0', ttl: 1 }), {
    instanceOf: KernelError,
  });
  t.is(error.code, 'ENODEV');
});

test('what the kernel refuses is a KernelError that names the attempt', (t) => {
  const options = new SocketOptions();
  const foreign = t.throws(() => options.openClient({ version: 4, sourceAddress: '192.0.2.99', ttl: 1 }), {
    instanceOf: KernelError,
  });
  t.is(foreign.code, 'EADDRNOTAVAIL');
  t.is(foreign.message, 'cannot bind to source address 192.0.2.99: EADDRNOTAVAIL');
  const family = t.throws(() => options.openClient({ version: 4, sourceAddress: '::1', ttl: 1 }), {
    instanceOf: KernelError,
  });
  t.is(family.code, 'EAFNOSUPPORT');
  t.throws(() => options.setTtl(-1, 4, 5), { instanceOf: KernelError, message: 'cannot set TTL 5: EBADF' });
  const fd = options.openClient({ version: 4, sourceAddress: undefined, ttl: undefined });
  t.throws(() => options.setTtl(fd, 4, 256), { instanceOf: KernelError, message: 'cannot set TTL 256: EINVAL' });
  closeSync(fd);
});

test('options work in a worker thread', async (t) => {
  const module = JSON.stringify(new URL('../../src/kernel/socket-options.ts', import.meta.url).href);
  const script = `
    import { parentPort } from 'node:worker_threads';
    const { SocketOptions } = await import(${module});
    const options = new SocketOptions();
    const fd = options.openClient({ version: 4, sourceAddress: '127.0.0.1', ttl: 3 });
    parentPort.postMessage(options.getTtl(fd, 4));
  `;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`));
  const answer = await new Promise<unknown>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  await worker.terminate();
  t.is(answer, 3);
});
