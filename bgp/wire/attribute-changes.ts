// What a policy changes about the attributes of a route, as plain compiled values: policy/ makes them, import and export
// transforms apply them to canonical blocks. Which route gets which change is decided elsewhere.

/** A community, or a family of them: equal where the mask has ones. 1 word standard, 2 extended, 3 large. */
export interface WordPattern {
  readonly words: readonly number[];
  readonly masks: readonly number[];
}

/** First everything goes (`isReplaced`; RFC 8642: the well-known ones too) or what matches `remove`, then `add` comes, each once. */
export interface ListChange {
  readonly isReplaced: boolean;
  readonly remove: readonly WordPattern[];
  readonly add: readonly (readonly number[])[];
}

/** undefined: unchanged. */
export interface AttributeChanges {
  readonly communities: ListChange | undefined;
  readonly extendedCommunities: ListChange | undefined;
  readonly largeCommunities: ListChange | undefined;
  readonly localPreference: number | undefined;
  readonly med: { readonly set: number } | { readonly add: number } | 'remove' | undefined;
  /** Code point of ORIGIN. */
  readonly origin: number | undefined;
  /** `self`, `peer`, `unchanged`, or 4 or 16 octets. */
  readonly nextHop: 'self' | 'peer' | 'unchanged' | Uint8Array | undefined;
  /** Leftmost first; 0 stands for the AS number that the session shows. */
  readonly prepend: readonly number[];
  readonly aigp: number | 'remove' | undefined;
  /** Not an attribute: the rank of the path here. */
  readonly weight: number | undefined;
}

export const noChanges: AttributeChanges = {
  communities: undefined,
  extendedCommunities: undefined,
  largeCommunities: undefined,
  localPreference: undefined,
  med: undefined,
  origin: undefined,
  nextHop: undefined,
  prepend: [],
  aigp: undefined,
  weight: undefined,
};
