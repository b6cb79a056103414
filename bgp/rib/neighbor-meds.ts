// hot: the least MULTI_EXIT_DISC by neighboring AS among the paths of one prefix (RFC 4271 §9.1.2.2 (c)): a small hash
// table that is used again for every prefix. Emptying it is raising a number.

export class NeighborMeds {
  private asns: Uint32Array;
  private least: Uint32Array;
  private stamps: Uint32Array;
  private stamp: number;

  constructor() {
    this.asns = new Uint32Array(64);
    this.least = new Uint32Array(64);
    this.stamps = new Uint32Array(64);
    this.stamp = 0;
  }

  /** Forgets everything; at most `count` numbers follow. */
  begin(count: number): void {
    if (count * 2 > this.asns.length) {
      let capacity = this.asns.length;
      while (capacity < count * 2) capacity *= 2;
      this.asns = new Uint32Array(capacity);
      this.least = new Uint32Array(capacity);
      this.stamps = new Uint32Array(capacity);
      this.stamp = 0;
    }
    if (this.stamp === 0xffff_ffff) {
      this.stamps.fill(0);
      this.stamp = 0;
    }
    this.stamp++;
  }

  note(asn: number, med: number): void {
    const place = this.placeOf(asn);
    if (this.stamps[place] === this.stamp) {
      if (med < this.least[place]) this.least[place] = med;
      return;
    }
    this.stamps[place] = this.stamp;
    this.asns[place] = asn;
    this.least[place] = med;
  }

  /** Only for a number that was noted. */
  leastOf(asn: number): number {
    return this.least[this.placeOf(asn)];
  }

  private placeOf(asn: number): number {
    const { asns, stamp, stamps } = this;
    const mask = asns.length - 1;
    let place = (Math.imul(asn, 0x9e37_79b1) >>> 16) & mask;
    while (stamps[place] === stamp && asns[place] !== asn) place = (place + 1) & mask;
    return place;
  }
}
