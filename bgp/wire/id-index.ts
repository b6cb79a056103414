// An open-addressing hash index from values to the numbers of their rows: linear probing over one column of ids. Rows and their hashes
// belong to the owner, who compares them; ids are whole numbers above 0, each in the index once.
// hot

export class IdIndex {
  /** Ids by place; 0 ends a search: begin at `hash & (slots.length - 1)` and go on by one, around the end. */
  slots: Uint32Array;
  /** Ids in the index. */
  size = 0;

  /** `slots` is a power of two. */
  constructor(slots: number) {
    this.slots = new Uint32Array(slots);
  }

  /** Adds an id whose hash stands in `hashes`. At most half of the places are taken. */
  add(id: number, hashes: Int32Array): void {
    if (++this.size * 2 > this.slots.length) this.grow(hashes);
    const slots = this.slots;
    const mask = slots.length - 1;
    let slot = hashes[id] & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = id;
  }

  /** Takes an id out and closes the gap, so that searches never meet a dead place. */
  remove(id: number, hashes: Int32Array): void {
    const slots = this.slots;
    const mask = slots.length - 1;
    let gap = hashes[id] & mask;
    while (slots[gap] !== id) gap = (gap + 1) & mask;
    for (let next = (gap + 1) & mask; slots[next] !== 0; next = (next + 1) & mask) {
      const home = hashes[slots[next]] & mask;
      if (((next - home) & mask) >= ((next - gap) & mask)) {
        slots[gap] = slots[next];
        gap = next;
      }
    }
    slots[gap] = 0;
    this.size--;
  }

  private grow(hashes: Int32Array): void {
    const old = this.slots;
    const slots = new Uint32Array(old.length * 2);
    const mask = slots.length - 1;
    for (let index = 0; index < old.length; index++) {
      const id = old[index];
      if (id === 0) continue;
      let slot = hashes[id] & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = id;
    }
    this.slots = slots;
  }
}
