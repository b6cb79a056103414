// The few functions of libc that need no more than numbers and byte buffers, through koffi. koffi is loaded
// by the first call of loadLibc and not before: a process that sets no socket option never pays for it.
// The numbers are those of Linux on x86-64 and arm64, which agree but for system calls.

import { createRequire } from 'node:module';

/** `SOL_…`, `IP_…`, `IPV6_…`, `AF_…` of the kernel's headers. */
export const Level = { Ip: 0, Socket: 1, Tcp: 6, Ipv6: 41 } as const;
export const SocketOption = { ReuseAddress: 2, BindToDevice: 25, AttachFilter: 26, DetachFilter: 27 } as const;
export const IpOption = { Ttl: 2, MinTtl: 21, BindAddressNoPort: 24 } as const;
export const Ipv6Option = { UnicastHops: 16, V6Only: 26, MinHopCount: 73 } as const;
export const TcpOption = { Md5: 14, Md5Extended: 32 } as const;
export const AddressFamily = { Inet: 2, Inet6: 10 } as const;
/** SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC */
export const nonBlockingStream = 0o1 | 0o4000 | 0o2000000;

/** Numbers of system calls that glibc has no function for before 2.41. */
const systemCalls: Readonly<Record<string, { readonly setAttributes: number; readonly getAttributes: number }>> = {
  x64: { setAttributes: 314, getAttributes: 315 },
  arm64: { setAttributes: 274, getAttributes: 275 },
};

type Koffi = typeof import('koffi').default;

export interface Libc {
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, length: number): number;
  getsockopt(fd: number, level: number, option: number, value: Uint8Array, length: Uint32Array): number;
  /** SO_ATTACH_FILTER with a program of classic BPF, eight octets an instruction. */
  attachFilter(fd: number, program: Uint8Array): number;
  close(fd: number): number;
  flock(fd: number, operation: number): number;
  interfaceIndex(name: string): number;
  /** `struct sched_attr` of the calling thread, both ways; the filled buffer says by its own length how much there is. */
  getSchedulingAttributes(attributes: Uint8Array): number;
  setSchedulingAttributes(attributes: Uint8Array): number;
  /** Of the call that just failed; read it before any other call. */
  errno(): number;
}

export function loadLibc(): Libc {
  // Synchronous on purpose: a socket is opened in one go, within one turn of the event loop.
  const koffi: Koffi = createRequire(import.meta.url)('koffi');
  // The node binary links libc dynamically (glibc and musl), so its own handle has every symbol.
  const library = koffi.load(null);
  const socket: Libc['socket'] = library.func('int socket(int, int, int)');
  const bind: Libc['bind'] = library.func('int bind(int, const void *, uint32_t)');
  const setsockopt: Libc['setsockopt'] = library.func('int setsockopt(int, int, int, const void *, uint32_t)');
  const getsockopt: Libc['getsockopt'] = library.func(
    'int getsockopt(int, int, int, _Out_ void *, _Inout_ uint32_t *)',
  );
  // struct sock_fprog holds a pointer, which a buffer of ours could not.
  const filter = koffi.struct({ len: 'uint16', filter: 'const void *' });
  const setFilter: (fd: number, level: number, option: number, value: object, length: number) => number = library.func(
    'setsockopt',
    'int',
    ['int', 'int', 'int', koffi.pointer(filter), 'uint32'],
  );
  const attachFilter: Libc['attachFilter'] = (fd, program) =>
    setFilter(fd, Level.Socket, SocketOption.AttachFilter, { len: program.length / 8, filter: program }, 16);
  const close: Libc['close'] = library.func('int close(int)');
  const flock: Libc['flock'] = library.func('int flock(int, int)');
  const interfaceIndex: Libc['interfaceIndex'] = library.func('uint32_t if_nametoindex(const char *)');
  const systemCall: (number: number, thread: number, buffer: Uint8Array, third: number, fourth: number) => number =
    library.func('long syscall(long, long, _Inout_ void *, long, long)');
  const numbers = systemCalls[process.arch];
  return {
    socket,
    bind,
    setsockopt,
    getsockopt,
    attachFilter,
    close,
    flock,
    interfaceIndex,
    getSchedulingAttributes: (attributes) =>
      numbers === undefined ? -1 : systemCall(numbers.getAttributes, 0, attributes, attributes.length, 0),
    setSchedulingAttributes: (attributes) =>
      numbers === undefined ? -1 : systemCall(numbers.setAttributes, 0, attributes, 0, 0),
    errno: () => koffi.errno(),
  };
}
