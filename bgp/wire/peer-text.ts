// Texts that a peer sends for people: host names, software versions, shutdown communications (RFC 9003 §4). They are made safe to
// show here, once, so that no log, table or quoted field can be broken by them. Nothing of the protocol depends on them.

/** Whole escape sequences of terminals (ECMA-48 CSI and OSC), so that not even their letters stay behind. */
const ESCAPE_SEQUENCES =
  // oxlint-disable-next-line no-control-regex -- these are the characters that it is about
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?)|\u009b[0-?]*[ -/]*[@-~]/g;

/**
 * Wrong UTF-8 becomes U+FFFD, escape sequences go, control and formatting characters (also those that reorder text) become spaces,
 * double quotes single ones. undefined when nothing is left.
 */
export function cleanPeerText(octets: Uint8Array): string | undefined {
  const text = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(octets);
  const cleaned = text
    .replaceAll(ESCAPE_SEQUENCES, '')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, ' ')
    .replaceAll('"', "'")
    .trim();
  return cleaned === '' ? undefined : cleaned;
}

/** At most `limit` octets of UTF-8, cut at a character's edge. */
export function encodeText(text: string, limit: number): Uint8Array {
  const octets = new Uint8Array(limit);
  const { written } = new TextEncoder().encodeInto(text, octets);
  return octets.slice(0, written);
}
