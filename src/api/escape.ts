// Text that a peer chose (host names, shutdown messages) must not reach a terminal raw: control characters, ANSI sequences and
// marks that reorder or hide text are written as escapes, in tables and in JSON alike.

/** C0, DEL, C1 (0x9b begins an ANSI sequence too), bidirectional and zero-width marks, line separators, byte-order mark. */
// oxlint-disable-next-line no-control-regex -- finding control characters is what this is for
const unsafe = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
const unsafeInJson = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, '0');
}

/** For tables: `\x1b` or `\u202e` in place of the character, and a backslash doubled so that nothing can be forged. */
export function escapeText(text: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replace(unsafe, (character) => (character < '\u0100' ? `\\x${hex(character, 2)}` : `\\u${hex(character, 4)}`));
}

/** JSON.stringify whose output is also safe to print on a terminal. */
export function stringifyJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(unsafeInJson, (character) => `\\u${hex(character, 4)}`);
}
