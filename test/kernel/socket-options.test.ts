// Options are set on real sockets and read back from the kernel, in the main thread and in a worker thread.

import { closeSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { Worker } from 'node:worker_threads';
import test from 'ava';
import { KernelError } from '#kernel/errors.ts';
import { SocketOptions } from '#kernel/socket-options.ts';
import { buildTtlFilter } from '#kernel/ttl-filter.ts';

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

test("the smallest TTL, the device and the system's own TTL are what was asked for", (t) => {
  const options = new SocketOptions();
  for (const version of [4, 6] as const) {
    const system = options.openClient({ version, sourceAddress: undefined, ttl: undefined });
    const own = options.getTtl(system, version);
    closeSync(system);
    const fd = options.openClient({ version, sourceAddress: undefined, ttl: 255, minTtl: 254, deviceName: 'lo' });
    t.is(options.getMinTtl(fd, version), 254);
    t.is(options.boundDevice(fd), 'lo');
    options.bindToDevice(fd, 'lo');
    options.setMinTtl(fd, version, 0);
    t.is(options.getMinTtl(fd, version), 0);
    options.setTtl(fd, version, undefined);
    t.is(options.getTtl(fd, version), own);
    closeSync(fd);
  }
  t.throws(() => options.openClient({ version: 4, sourceAddress: undefined, ttl: 1, deviceName: 'nowhere0' }), {
    instanceOf: KernelError,
    message: 'cannot bind to interface nowhere0: ENODEV',
  });
});

test('keys of 1 to 80 octets are taken for addresses and prefixes, and no key can be taken away', (t) => {
  const options = new SocketOptions();
  const fd = options.openClient({ version: 6, sourceAddress: undefined, ttl: undefined });
  for (const peer of ['2001:db8::1', '2001:db8::/32', 'fe80::1%lo']) {
    for (const password of ['x', 'y'.repeat(80), 'ключ']) options.setKey(fd, peer, password);
    options.setKey(fd, peer, undefined);
    options.setKey(fd, peer, undefined);
  }
  for (const [peer, password] of [
    ['2001:db8::1', ''],
    ['2001:db8::1', 'z'.repeat(81)],
    ['2001:db8::1', 'ü'.repeat(41)],
    ['2001:db8::/129', 'x'],
    ['nobody', 'x'],
  ]) {
    const error = t.throws(() => options.setKey(fd, peer, password), { instanceOf: KernelError });
    t.is(error.code, 'EINVAL');
    t.false(password.length > 1 && error.message.includes(password), 'the password stays out of the message');
  }
  closeSync(fd);
});

test('a filter is attached, replaced and taken away', (t) => {
  const options = new SocketOptions();
  const fd = options.openListener(4, '127.0.0.9', 0);
  for (const minTtl of [255, 254]) {
    const built = buildTtlFilter(4, [{ prefix: '192.0.2.1/32', minTtl }]);
    t.is(built?.leftOut.length, 0);
    options.setFilter(fd, built?.program);
  }
  options.setFilter(fd, undefined);
  options.setFilter(fd, undefined);
  t.throws(() => options.setFilter(fd, new Uint8Array(8)), { instanceOf: KernelError });
  t.is(buildTtlFilter(6, [{ prefix: '192.0.2.1/32', minTtl: 255 }]), undefined);
  t.is(buildTtlFilter(4, [{ prefix: '192.0.2.1/32', minTtl: 0 }]), undefined);
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
