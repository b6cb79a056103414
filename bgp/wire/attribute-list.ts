// Where the attributes of one UPDATE stand: a first walk over the Path Attributes field that judges only the list itself
// (RFC 7606 §4) and leaves each attribute's place in columns by code. One list is used for all messages of a session.
// hot

import { AttributeFlag } from './attribute.ts';

export class AttributeList {
  /** Codes present, ascending, each once. */
  readonly codes: Uint8Array = new Uint8Array(256);
  count = 0;
  /** Codes of attributes that appeared again; only the first one is in the list. */
  readonly repeated: number[] = [];
  /** Why the field could not be read to its end, and the code of the attribute concerned (0 when not even that is known). */
  listFault: string | undefined = undefined;
  listFaultCode = 0;
  /** 0 absent, 1 present, 2 present but dropped. */
  private readonly states: Uint8Array = new Uint8Array(256);
  private readonly flags: Uint8Array = new Uint8Array(256);
  private readonly headers: Int32Array = new Int32Array(256);
  private readonly starts: Int32Array = new Int32Array(256);
  private readonly ends: Int32Array = new Int32Array(256);

  scan(buffer: Uint8Array, start: number, end: number): void {
    for (let index = 0; index < this.count; index++) this.states[this.codes[index]] = 0;
    this.count = 0;
    if (this.repeated.length > 0) this.repeated.length = 0;
    this.listFault = undefined;
    this.listFaultCode = 0;
    let at = start;
    while (at < end) {
      const flags = buffer[at];
      const headerSize = (flags & AttributeFlag.ExtendedLength) === 0 ? 3 : 4;
      const code = end - at >= 2 ? buffer[at + 1] : 0;
      // RFC 7606 §4: fewer octets left than a header takes, or than the attribute says.
      if (end - at < headerSize) return this.stop(code, 'attribute header cut short');
      const length = headerSize === 3 ? buffer[at + 2] : (buffer[at + 2] << 8) | buffer[at + 3];
      const valueStart = at + headerSize;
      if (valueStart + length > end) return this.stop(code, 'attribute runs past the list');
      if (this.states[code] === 0) this.add(code, flags, at, valueStart, valueStart + length);
      else if (!this.repeated.includes(code)) this.repeated.push(code);
      at = valueStart + length;
    }
  }

  /** True for an attribute that came, unless it was dropped. */
  has(code: number): boolean {
    return this.states[code] === 1;
  }

  /** Takes an attribute out of the set, but not out of `codes`. */
  drop(code: number): void {
    this.states[code] = 2;
  }

  flagsOf(code: number): number {
    return this.flags[code];
  }

  /** Offset of the flags octet. */
  headerOf(code: number): number {
    return this.headers[code];
  }

  /** The value's range. */
  startOf(code: number): number {
    return this.starts[code];
  }

  endOf(code: number): number {
    return this.ends[code];
  }

  private add(code: number, flags: number, header: number, start: number, end: number): void {
    this.states[code] = 1;
    this.flags[code] = flags;
    this.headers[code] = header;
    this.starts[code] = start;
    this.ends[code] = end;
    // Insertion sort: senders order their attributes (RFC 4271 §5), so that this is one comparison as a rule.
    let place = this.count++;
    for (; place > 0 && this.codes[place - 1] > code; place--) this.codes[place] = this.codes[place - 1];
    this.codes[place] = code;
  }

  private stop(code: number, reason: string): void {
    this.listFault = reason;
    this.listFaultCode = code;
  }
}
