// TCP MD5 signatures (RFC 2385) as the kernel takes them: struct tcp_md5sig of linux/tcp.h. A key belongs to a
// socket and a remote address or prefix; the longest prefix wins. It cannot be tied to an ordinary interface
// (TCP_MD5SIG_FLAG_IFINDEX wants an L3 master device), so the zone of a link-local address is left out.

import { addressBytes, parseAddress } from '#bgp/net/address.ts';
import { parsePrefix } from '#bgp/net/prefix.ts';
import { KernelError } from './errors.ts';
import { AddressFamily, TcpOption } from './libc.ts';

/** Most octets of a key (TCP_MD5SIG_MAXKEYLEN). */
export const maxKeyBytes = 80;

const flagPrefix = 1;
/** struct sockaddr_storage, flags, prefix length, key length, interface index, key */
const structBytes = 128 + 1 + 1 + 2 + 4 + maxKeyBytes;

/** Option and value that set the key of a peer, or take it away (`password` undefined). */
export function encodeKey(
  peer: string,
  password: string | undefined,
): { readonly option: number; readonly value: Uint8Array } {
  const [text, length] = peer.split('/');
  const address = parseAddress(text.split('%')[0]);
  if (address === undefined || (length !== undefined && parsePrefix(peer) === undefined)) {
    throw new KernelError('EINVAL', `set a TCP MD5 key for ${peer}`);
  }
  const key = new TextEncoder().encode(password ?? '');
  if (key.length > maxKeyBytes || (password !== undefined && key.length === 0)) {
    // Without octets it would mean: no key at all.
    throw new KernelError('EINVAL', `set a TCP MD5 key of ${key.length} octets for ${peer} (1..${maxKeyBytes})`);
  }
  const value = new Uint8Array(structBytes);
  const view = new DataView(value.buffer);
  view.setUint16(0, address.version === 4 ? AddressFamily.Inet : AddressFamily.Inet6, true);
  value.set(addressBytes(address), address.version === 4 ? 4 : 8);
  if (length !== undefined) {
    view.setUint8(128, flagPrefix);
    view.setUint8(129, Number(length));
  }
  view.setUint16(130, key.length, true);
  value.set(key, 136);
  return { option: length === undefined ? TcpOption.Md5 : TcpOption.Md5Extended, value };
}
