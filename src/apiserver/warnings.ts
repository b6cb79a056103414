// What is said beside an answer, as Warning headers: `299 - "text"`. Clients read so many octets of headers and no more, Node's 16 KiB,
// so that all texts together come to 4 KiB, as upstream's; the last says how many were left out.

/** Of all texts. */
const maxTotal = 4 * 1024;
/** Of one text, where not all of them fit whole. */
const maxCut = 256;
/** What stands around each text. */
const frame = 'warning: 299 - ""\r\n'.length;
/** So many are kept to be told apart; what comes after them is counted. */
const maxKept = 256;

export class Warnings {
  readonly #texts = new Set<string>();
  #uncounted = 0;

  add(text: string): void {
    if (this.#texts.has(text)) return;
    if (this.#texts.size < maxKept) this.#texts.add(text);
    else this.#uncounted++;
  }

  /** No header where there is nothing to say. */
  headers(): Readonly<Record<string, readonly string[]>> {
    if (this.#texts.size === 0) return {};
    const whole = [...this.#texts].map((text) => quote(text.slice(0, maxTotal)));
    if (this.#uncounted === 0 && lengthOf(whole) <= maxTotal) return toHeaders(whole);
    const cut = [...this.#texts].map((text) => quote(text.slice(0, maxCut)));
    let told = 0;
    for (let length = 128; told < cut.length; told++) {
      length += cut[told].length + frame;
      if (length > maxTotal) break;
    }
    const left = cut.length - told + this.#uncounted;
    return toHeaders(left === 0 ? cut : [...cut.slice(0, told), `${left} more warnings are left out`]);
  }
}

/** As a quoted string may have it. */
function quote(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').replaceAll(/["\\]/g, String.raw`\$&`);
}

function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length + frame, 0);
}

function toHeaders(texts: readonly string[]): Readonly<Record<string, readonly string[]>> {
  return { warning: texts.map((text) => `299 - "${text}"`) };
}
