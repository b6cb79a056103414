// A limited amount of something that all users share: slots, octets. One user gets three quarters of it at most, so that whatever he does
// leaves room for the others.

export class Shares {
  readonly limit: number;
  /** Of one user. */
  readonly ownLimit: number;
  #taken = 0;
  readonly #byUser = new Map<string, number>();

  constructor(limit: number) {
    this.limit = limit;
    this.ownLimit = Math.ceil((limit * 3) / 4);
  }

  /** undefined: it is taken. Otherwise nothing is, and this says which limit stands against it. */
  take(user: string, amount: number): 'all' | 'own' | undefined {
    if (this.#taken + amount > this.limit) return 'all';
    const own = (this.#byUser.get(user) ?? 0) + amount;
    if (own > this.ownLimit) return 'own';
    this.#taken += amount;
    this.#byUser.set(user, own);
    return undefined;
  }

  give(user: string, amount: number): void {
    this.#taken -= amount;
    const own = (this.#byUser.get(user) ?? 0) - amount;
    if (own > 0) this.#byUser.set(user, own);
    else this.#byUser.delete(user);
  }
}
