// What a message does to a session that stands, but for what is in an UPDATE (update-oracle.ts): by the text of RFC 4271 §4.1, §6.1 and
// §8.2.2, RFC 2918, RFC 7313, RFC 8538 and RFC 8654. Shares no code with the speaker.

export type MessageVerdict =
  | { readonly type: 'nothing' }
  | { readonly type: 'update' }
  /** Subtype 0 asks for routes, 1 is BoRR, 2 is EoRR. */
  | { readonly type: 'refresh'; readonly family: string; readonly subtype: number }
  /** By a NOTIFICATION of either side; `isHard`: the peer's Hard Reset. */
  | { readonly type: 'ends'; readonly isHard: boolean };

const ends: MessageVerdict = { type: 'ends', isHard: false };

const minLengths: Readonly<Record<number, number>> = { 1: 29, 2: 23, 3: 21, 4: 19, 5: 23 };

export function judgeMessage(bytes: Uint8Array, hasExtendedMessages: boolean): MessageVerdict {
  const length = bytes[16] * 256 + bytes[17];
  const type = bytes[18];
  const minLength = minLengths[type];
  if (bytes.subarray(0, 16).some((octet) => octet !== 255) || minLength === undefined || length < minLength)
    return ends;
  // RFC 8654 §4: OPEN and KEEPALIVE stay within 4,096 octets.
  const mayBeLong = hasExtendedMessages && type !== 1 && type !== 4;
  if (!mayBeLong && length > 4096) return ends;
  switch (type) {
    case 2:
      return { type: 'update' };
    case 3:
      // RFC 8538 §3
      return { type: 'ends', isHard: bytes[19] === 6 && bytes[20] === 9 };
    case 4:
      return length === 19 ? { type: 'nothing' } : ends;
    case 5:
      // RFC 7313 §5, and longer ones carry filters that nobody offered (RFC 5291): the speaker's README.
      if (length !== 23) return ends;
      return { type: 'refresh', family: `${bytes[19] * 256 + bytes[20]}/${bytes[22]}`, subtype: bytes[21] };
    default:
      // RFC 4271 §8.2.2: an OPEN has no place in Established.
      return ends;
  }
}
