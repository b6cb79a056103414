// Path attributes as they stand in an UPDATE, one base64 text each, out of a view's canonical block. The canonical MP_REACH_NLRI
// holds only family and next hop (see bgp/wire); what a reader of UPDATEs expects has the reserved octet and the NLRI too.

const EXTENDED_LENGTH = 0x10;
const MP_REACH_NLRI = 14;

/** The NLRI of one prefix (RFC 4271 §4.3): its length in bits and as many octets as it takes. */
export function encodeNlri(words: Int32Array, at: number, length: number): Uint8Array {
  const size = (length + 7) >> 3;
  const nlri = new Uint8Array(1 + size);
  nlri[0] = length;
  for (let index = 0; index < size; index++)
    nlri[1 + index] = (words[at + (index >> 2)] >>> (24 - (index & 3) * 8)) & 255;
  return nlri;
}

/** One attribute each, header included. */
export function splitAttributes(block: Uint8Array, nlri: Uint8Array): Uint8Array[] {
  const list: Uint8Array[] = [];
  let offset = 0;
  while (offset + 3 <= block.length) {
    const isExtended = (block[offset] & EXTENDED_LENGTH) !== 0;
    const length = isExtended ? block[offset + 2] * 256 + block[offset + 3] : block[offset + 2];
    const value = offset + (isExtended ? 4 : 3);
    const end = value + length;
    const isReach = block[offset + 1] === MP_REACH_NLRI;
    list.push(isReach ? completeReach(block.subarray(value, end), nlri) : block.subarray(offset, end));
    offset = end;
  }
  return list;
}

/** RFC 4760 §3: AFI, SAFI, length of next hop, next hop, reserved, NLRI. */
function completeReach(value: Uint8Array, nlri: Uint8Array): Uint8Array {
  const body = value.length + 1 + nlri.length;
  const whole = new Uint8Array(3 + body);
  whole.set([0x80, MP_REACH_NLRI, body]);
  whole.set(value, 3);
  whole.set(nlri, 3 + value.length + 1);
  return whole;
}
