// The calls of libc that netlink sockets take, and the event loop's eye on a descriptor, through koffi. Beside ../libc.ts because
// only processes that speak netlink pay for them. koffi polls with libuv's uv_poll on the loop of the thread that asks, so it works
// in the main thread and in workers alike: an event is there 20 to 50 µs after the kernel sent it, and an idle socket costs nothing.
// (Measured beside it: a timer of 10 ms costs a wakeup each time and is late by half of it; recv on koffi's pool takes one of four
// threads away from file and DNS calls, and hangs process.exit() while it blocks.)

import { createRequire } from 'node:module';

type Koffi = typeof import('koffi').default;

export const AF_NETLINK = 16;
/** SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK */
export const rawSocket = 0o3 | 0o2000000 | 0o4000;
export const SocketLevel = 1;
export const SocketOption = { ReceiveBufferForce: 33, ReceiveBuffer: 8 } as const;
export const pollReadable = 1;

export interface PollHandle {
  close(): void;
}

export interface SystemCalls {
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  getsockname(fd: number, address: Uint8Array, length: Uint32Array): number;
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, length: number): number;
  attachFilter(fd: number, program: Uint8Array): number;
  send(fd: number, bytes: Uint8Array, length: number, flags: number): number;
  recv(fd: number, bytes: Uint8Array, length: number, flags: number): number;
  /** Waits until the descriptor can be read; 0: the time is over. */
  waitReadable(fd: number, timeoutMs: number): number;
  close(fd: number): number;
  errno(): number;
  /** Calls when the descriptor can be read or has an error, until closed. Does not keep the thread alive. */
  watch(fd: number, readable: () => void): PollHandle;
}

let loaded: SystemCalls | undefined; // scratch: the library, once a thread

export function loadSystemCalls(): SystemCalls {
  loaded ??= load();
  return loaded;
}

function load(): SystemCalls {
  const koffi: Koffi = createRequire(import.meta.url)('koffi');
  const library = koffi.load(null);
  const filter = koffi.struct({ len: 'uint16', filter: 'const void *' });
  const setFilter: (fd: number, level: number, option: number, value: object, length: number) => number = library.func(
    'setsockopt',
    'int',
    ['int', 'int', 'int', koffi.pointer(filter), 'uint32'],
  );
  const poll: (fds: Uint8Array, count: number, timeoutMs: number) => number = library.func(
    'int poll(_Inout_ void *, uint64_t, int)',
  );
  return {
    socket: library.func('int socket(int, int, int)'),
    bind: library.func('int bind(int, const void *, uint32_t)'),
    getsockname: library.func('int getsockname(int, _Out_ void *, _Inout_ uint32_t *)'),
    setsockopt: library.func('int setsockopt(int, int, int, const void *, uint32_t)'),
    attachFilter: (fd, program) => setFilter(fd, SocketLevel, 26, { len: program.length / 8, filter: program }, 16),
    send: library.func('int64_t send(int, const void *, uint64_t, int)'),
    recv: library.func('int64_t recv(int, _Out_ void *, uint64_t, int)'),
    waitReadable: (fd, timeoutMs) => {
      const fds = new Uint8Array(8);
      const view = new DataView(fds.buffer);
      view.setInt32(0, fd, true);
      view.setInt16(4, pollReadable, true);
      return poll(fds, 1, timeoutMs);
    },
    close: library.func('int close(int)'),
    errno: () => koffi.errno(),
    watch: (fd, readable) => {
      let isClosed = false;
      // koffi hands over libuv's status before the events, whatever its types say.
      const happened = (...[status]: unknown[]): void => {
        readable();
        // An overrun is an error of the socket, on which libuv ends the watch.
        if (status !== 0 && !isClosed) handle.start({ readable: true }, happened);
      };
      const handle = koffi.node.poll(fd, { readable: true }, happened);
      handle.unref();
      return {
        close: () => {
          if (isClosed) return;
          isClosed = true;
          handle.close();
        },
      };
    },
  };
}
