// Options of TCP sockets that Node has no call for: TTL and its lower bound, source address, device, MD5 key,
// filter; and sockets that have theirs before they connect or listen. Takes and gives file descriptors and knows
// nothing of sessions. linux: ip(7), ipv6(7), socket(7), tcp(7).

import { constants } from 'node:os';
import { addressBytes, parseAddress } from '#bgp/net/address.ts';
import { isRefused, MissingCapabilityError } from './capabilities.ts';
import { errnoCode, KernelError, UnsupportedFeatureError } from './errors.ts';
import { AddressFamily, IpOption, Ipv6Option, Level, loadLibc, nonBlockingStream, SocketOption } from './libc.ts';
import type { Libc } from './libc.ts';
import { encodeKey } from './tcp-md5.ts';

export interface ClientSocketOptions {
  readonly version: 4 | 6;
  /** With a zone for link-local addresses; the kernel chooses the port when the socket connects. */
  readonly sourceAddress: string | undefined;
  readonly ttl: number | undefined;
  /** RFC 5082: what arrives with less is dropped. */
  readonly minTtl?: number | undefined;
  readonly deviceName?: string | undefined;
  /** TCP MD5 key for the peer. */
  readonly key?: { readonly peer: string; readonly password: string } | undefined;
}

/** What the system's own TTL is called in setsockopt. */
const systemTtl = -1;
/** IFNAMSIZ with its closing zero. */
const interfaceNameBytes = 16;

export class SocketOptions {
  #libc: Libc | undefined;

  /** A non-blocking TCP socket with its options, bound to its source; the caller owns the descriptor. */
  openClient({ version, sourceAddress, ttl, minTtl, deviceName, key }: ClientSocketOptions): number {
    return this.#open(version, (fd) => {
      if (ttl !== undefined) this.setTtl(fd, version, ttl);
      if (minTtl !== undefined) this.setMinTtl(fd, version, minTtl);
      if (deviceName !== undefined) this.bindToDevice(fd, deviceName);
      if (key !== undefined) this.setKey(fd, key.peer, key.password);
      if (sourceAddress === undefined) return;
      // The port is chosen at connect time, against the whole four-tuple: thousands of sessions may share a source.
      this.#set(fd, Level.Ip, IpOption.BindAddressNoPort, 1, 'leave the choice of the source port to connect');
      this.#bind(fd, this.#encode(version, sourceAddress, 0), `bind to source address ${sourceAddress}`);
    });
  }

  /**
   * A bound socket that does not listen yet, IPv6 ones for IPv6 alone. It answers connections with the largest TTL, which a
   * peer that looks at the TTL (RFC 5082) wants of the very first packet.
   */
  openListener(version: 4 | 6, address: string, port: number): number {
    return this.#open(version, (fd) => {
      this.#set(fd, Level.Socket, SocketOption.ReuseAddress, 1, 'allow the port to be used again');
      if (version === 6) this.#set(fd, Level.Ipv6, Ipv6Option.V6Only, 1, 'listen for IPv6 alone');
      this.setTtl(fd, version, 255);
      this.#bind(fd, this.#encode(version, address, port), `bind to ${address} port ${port}`);
    });
  }

  /** TTL (IPv4) or hop limit (IPv6) of everything the socket sends from now on; undefined: the system's. */
  setTtl(fd: number, version: 4 | 6, ttl: number | undefined): void {
    const { level, option } = this.#ttlOption(version);
    const attempted = `set ${version === 4 ? 'TTL' : 'hop limit'} ${ttl ?? 'of the system'}`;
    this.#set(fd, level, option, ttl ?? systemTtl, attempted);
  }

  getTtl(fd: number, version: 4 | 6): number {
    const { level, option } = this.#ttlOption(version);
    return this.#get(fd, level, option, `read the TTL of descriptor ${fd}`);
  }

  /** What arrives with a smaller TTL or hop limit is dropped (RFC 5082); 0: nothing is. */
  setMinTtl(fd: number, version: 4 | 6, minTtl: number): void {
    const attempted = `drop packets with a ${version === 4 ? 'TTL' : 'hop limit'} below ${minTtl}`;
    if (version === 4) this.#set(fd, Level.Ip, IpOption.MinTtl, minTtl, attempted);
    else this.#set(fd, Level.Ipv6, Ipv6Option.MinHopCount, minTtl, attempted);
  }

  getMinTtl(fd: number, version: 4 | 6): number {
    const attempted = `read the smallest TTL of descriptor ${fd}`;
    return version === 4
      ? this.#get(fd, Level.Ip, IpOption.MinTtl, attempted)
      : this.#get(fd, Level.Ipv6, Ipv6Option.MinHopCount, attempted);
  }

  /** Only packets of this interface from now on. Since Linux 5.7 the first device of a socket needs no capability. */
  bindToDevice(fd: number, name: string): void {
    // To change a device, even into itself, needs CAP_NET_RAW.
    if (this.boundDevice(fd) === name) return;
    const bytes = new TextEncoder().encode(`${name}\0`);
    try {
      this.#setBytes(fd, Level.Socket, SocketOption.BindToDevice, bytes, `bind to interface ${name}`);
    } catch (cause) {
      if (!(cause instanceof KernelError && isRefused(cause.code))) throw cause;
      throw new MissingCapabilityError(cause.code, 'CAP_NET_RAW', `interface: ${name}`, { cause });
    }
  }

  /** undefined: any. */
  boundDevice(fd: number): string | undefined {
    const libc = this.#load();
    const value = new Uint8Array(interfaceNameBytes);
    const length = new Uint32Array([interfaceNameBytes]);
    if (libc.getsockopt(fd, Level.Socket, SocketOption.BindToDevice, value, length) !== 0) {
      throw new KernelError(errnoCode(libc.errno()), `read the interface of descriptor ${fd}`);
    }
    const end = value.indexOf(0);
    return end <= 0 ? undefined : new TextDecoder().decode(value.subarray(0, end));
  }

  /** TCP MD5 key (RFC 2385) for a peer's address or prefix; undefined takes it away, also when there is none. */
  setKey(fd: number, peer: string, password: string | undefined): void {
    const { option, value } = encodeKey(peer, password);
    const attempted = `${password === undefined ? 'take away' : 'set'} the TCP MD5 key of ${peer}`;
    try {
      this.#setBytes(fd, Level.Tcp, option, value, attempted);
    } catch (error) {
      const isMissing = error instanceof KernelError && error.code === 'ENOENT';
      if (error instanceof UnsupportedFeatureError && password === undefined) return;
      if (error instanceof UnsupportedFeatureError) {
        throw new UnsupportedFeatureError('TCP MD5 signatures (CONFIG_TCP_MD5SIG)', '4.13');
      }
      if (password !== undefined || !isMissing) throw error;
    } finally {
      value.fill(0);
    }
  }

  /** Classic BPF (ttl-filter.ts) in the place of any other; undefined: none. Accepted sockets inherit it. */
  setFilter(fd: number, program: Uint8Array | undefined): void {
    const libc = this.#load();
    const result =
      program === undefined
        ? libc.setsockopt(fd, Level.Socket, SocketOption.DetachFilter, new Uint8Array(4), 4)
        : libc.attachFilter(fd, program);
    if (result === 0) return;
    const code = errnoCode(libc.errno());
    if (program === undefined && code === 'ENOENT') return;
    throw new KernelError(code, program === undefined ? 'take the filter away' : 'attach a filter');
  }

  #open(version: 4 | 6, prepare: (fd: number) => void): number {
    const libc = this.#load();
    const family = version === 4 ? AddressFamily.Inet : AddressFamily.Inet6;
    const fd = libc.socket(family, nonBlockingStream, 0);
    if (fd < 0) throw new KernelError(errnoCode(libc.errno()), `open an IPv${version} TCP socket`);
    try {
      prepare(fd);
      return fd;
    } catch (error) {
      libc.close(fd);
      throw error;
    }
  }

  #ttlOption(version: 4 | 6): { readonly level: number; readonly option: number } {
    return version === 4
      ? { level: Level.Ip, option: IpOption.Ttl }
      : { level: Level.Ipv6, option: Ipv6Option.UnicastHops };
  }

  #get(fd: number, level: number, option: number, attempted: string): number {
    const libc = this.#load();
    const value = new Uint8Array(4);
    const length = new Uint32Array([4]);
    if (libc.getsockopt(fd, level, option, value, length) !== 0) {
      throw new KernelError(errnoCode(libc.errno()), attempted);
    }
    return new DataView(value.buffer).getInt32(0, true);
  }

  #set(fd: number, level: number, option: number, value: number, attempted: string): void {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setInt32(0, value, true);
    this.#setBytes(fd, level, option, bytes, attempted);
  }

  #setBytes(fd: number, level: number, option: number, value: Uint8Array, attempted: string): void {
    const libc = this.#load();
    if (libc.setsockopt(fd, level, option, value, value.length) === 0) return;
    const errno = libc.errno();
    if (errno === constants.errno.ENOPROTOOPT)
      throw new UnsupportedFeatureError(`socket option ${level}/${option}`, '4.2');
    throw new KernelError(errnoCode(errno), attempted);
  }

  #bind(fd: number, address: Uint8Array, attempted: string): void {
    const libc = this.#load();
    if (libc.bind(fd, address, address.length) !== 0) throw new KernelError(errnoCode(libc.errno()), attempted);
  }

  /** sockaddr_in or sockaddr_in6; the family field is in host order, little-endian on both machines. */
  #encode(version: 4 | 6, source: string, port: number): Uint8Array {
    const [text, zone] = source.split('%');
    const address = parseAddress(text);
    if (address === undefined || address.version !== version) {
      throw new KernelError('EAFNOSUPPORT', `use ${source} as an IPv${version} address`);
    }
    const bytes = new Uint8Array(version === 4 ? 16 : 28);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, version === 4 ? AddressFamily.Inet : AddressFamily.Inet6, true);
    view.setUint16(2, port);
    bytes.set(addressBytes(address), version === 4 ? 4 : 8);
    if (zone !== undefined) {
      const index = this.#load().interfaceIndex(zone);
      if (index === 0) throw new KernelError('ENODEV', `find interface ${zone} of address ${source}`);
      view.setUint32(24, index, true);
    }
    return bytes;
  }

  #load(): Libc {
    this.#libc ??= loadLibc();
    return this.#libc;
  }
}
