// Texts that a peer or a file decided, made fit for a log and a terminal: one line, no control or
// bidirectional characters, bounded.

// oxlint-disable-next-line no-control-regex
const unsafe = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

export function escapeText(text: string, maxLength = 512): string {
  const safe = text.replaceAll(unsafe, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return safe.length <= maxLength ? safe : `${safe.slice(0, maxLength - 1)}…`;
}
