// Options of TCP sockets that Node has no call for: TTL and hop limit, source address of a client socket
// before it connects. Takes and gives file descriptors and knows nothing of sessions.
// linux: ip(7), ipv6(7), socket(7).

import { constants } from 'node:os';
import { addressBytes, parseAddress } from '#bgp/net/address.ts';
import { errnoCode, KernelError, UnsupportedFeatureError } from './errors.ts';
import { AddressFamily, IpOption, Ipv6Option, Level, loadLibc, nonBlockingStream } from './libc.ts';
import type { Libc } from './libc.ts';

export interface ClientSocketOptions {
  readonly version: 4 | 6;
  /** With a zone for link-local addresses; the kernel chooses the port when the socket connects. */
  readonly sourceAddress: string | undefined;
  readonly ttl: number | undefined;
}

export class SocketOptions {
  #libc: Libc | undefined;

  /** A non-blocking TCP socket, bound to its source and with its TTL; the caller owns the descriptor. */
  openClient(options: ClientSocketOptions): number {
    const libc = this.#load();
    const family = options.version === 4 ? AddressFamily.Inet : AddressFamily.Inet6;
    const fd = libc.socket(family, nonBlockingStream, 0);
    if (fd < 0) throw new KernelError(errnoCode(libc.errno()), `open an IPv${options.version} TCP socket`);
    try {
      if (options.ttl !== undefined) this.setTtl(fd, options.version, options.ttl);
      if (options.sourceAddress !== undefined) this.#bind(fd, options.version, options.sourceAddress);
      return fd;
    } catch (error) {
      libc.close(fd);
      throw error;
    }
  }

  /** TTL (IPv4) or hop limit (IPv6) of everything the socket sends from now on. */
  setTtl(fd: number, version: 4 | 6, ttl: number): void {
    const { level, option } = this.#ttlOption(version);
    this.#set(fd, level, option, ttl, `set ${version === 4 ? 'TTL' : 'hop limit'} ${ttl}`);
  }

  getTtl(fd: number, version: 4 | 6): number {
    const libc = this.#load();
    const { level, option } = this.#ttlOption(version);
    const value = new Uint8Array(4);
    const length = new Uint32Array([4]);
    if (libc.getsockopt(fd, level, option, value, length) !== 0) {
      throw new KernelError(errnoCode(libc.errno()), `read the TTL of descriptor ${fd}`);
    }
    return new DataView(value.buffer).getInt32(0, true);
  }

  #ttlOption(version: 4 | 6): { readonly level: number; readonly option: number } {
    return version === 4
      ? { level: Level.Ip, option: IpOption.Ttl }
      : { level: Level.Ipv6, option: Ipv6Option.UnicastHops };
  }

  #set(fd: number, level: number, option: number, value: number, attempted: string): void {
    const libc = this.#load();
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setInt32(0, value, true);
    if (libc.setsockopt(fd, level, option, bytes, bytes.length) === 0) return;
    const errno = libc.errno();
    if (errno === constants.errno.ENOPROTOOPT)
      throw new UnsupportedFeatureError(`socket option ${level}/${option}`, '4.2');
    throw new KernelError(errnoCode(errno), attempted);
  }

  #bind(fd: number, version: 4 | 6, source: string): void {
    const libc = this.#load();
    // The port is chosen at connect time, against the whole four-tuple: thousands of sessions may share a source.
    this.#set(fd, Level.Ip, IpOption.BindAddressNoPort, 1, 'leave the choice of the source port to connect');
    const address = this.#encode(version, source);
    if (libc.bind(fd, address, address.length) !== 0) {
      throw new KernelError(errnoCode(libc.errno()), `bind to source address ${source}`);
    }
  }

  /** sockaddr_in or sockaddr_in6 with port 0; the family field is in host order, little-endian on both machines. */
  #encode(version: 4 | 6, source: string): Uint8Array {
    const [text, zone] = source.split('%');
    const address = parseAddress(text);
    if (address === undefined || address.version !== version) {
      throw new KernelError('EAFNOSUPPORT', `use ${source} as the source of an IPv${version} connection`);
    }
    const bytes = new Uint8Array(version === 4 ? 16 : 28);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, version === 4 ? AddressFamily.Inet : AddressFamily.Inet6, true);
    bytes.set(addressBytes(address), version === 4 ? 4 : 8);
    if (zone !== undefined) {
      const index = this.#load().interfaceIndex(zone);
      if (index === 0) throw new KernelError('ENODEV', `find interface ${zone} of source address ${source}`);
      view.setUint32(24, index, true);
    }
    return bytes;
  }

  #load(): Libc {
    this.#libc ??= loadLibc();
    return this.#libc;
  }
}
