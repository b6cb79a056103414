// A set of fields of an object, as a tree: who owns which of them. Elements of paths are as managedFields writes them: `f:name` a field,
// `k:{"port":80}` an item of a list by its keys, `v:"x"` an item by its value. Upstream: structured-merge-diff, fieldpath.Set. Never
// changed once it is made.

export interface FieldSet {
  /** Fields that are in the set themselves. */
  readonly members: ReadonlySet<string>;
  /** Fields under which others are. */
  readonly children: ReadonlyMap<string, FieldSet>;
}

export const noFields: FieldSet = { members: new Set(), children: new Map() };

export function isEmpty({ members, children }: FieldSet): boolean {
  return members.size === 0 && children.size === 0;
}

/** The very same as `a` where it has all of `b`. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(a)) return b;
  if (isEmpty(b)) return a;
  const children = new Map(a.children);
  let isMore = !isWithin(b.members, a.members);
  for (const [element, child] of b.children) {
    const ours = a.children.get(element) ?? noFields;
    const both = union(ours, child);
    if (both === ours) continue;
    children.set(element, both);
    isMore = true;
  }
  return isMore ? { members: new Set([...a.members, ...b.members]), children } : a;
}

/** What is in `a` and not in `b`; the very same as `a` where they share nothing. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(a) || isEmpty(b)) return a;
  const members = [...a.members].filter((element) => !b.members.has(element));
  let isLess = members.length < a.members.size;
  const children = mapChildren(a, (element, child) => {
    const other = b.children.get(element);
    if (other === undefined) return child;
    const rest = difference(child, other);
    isLess ||= rest !== child;
    return rest;
  });
  return isLess ? { members: new Set(members), children } : a;
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(a) || isEmpty(b)) return noFields;
  const members = new Set([...a.members].filter((element) => b.members.has(element)));
  return {
    members,
    children: mapChildren(a, (element, child) => intersection(child, b.children.get(element) ?? noFields)),
  };
}

export function isSameSet(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  if (a.members.size !== b.members.size || a.children.size !== b.children.size) return false;
  if (!isWithin(a.members, b.members)) return false;
  for (const [element, child] of a.children) {
    const other = b.children.get(element);
    if (other === undefined || !isSameSet(child, other)) return false;
  }
  return true;
}

/** The path of each member, in order. */
export function* paths(set: FieldSet, under: readonly string[] = []): Generator<readonly string[]> {
  for (const element of set.members) yield [...under, element];
  for (const [element, child] of set.children) yield* paths(child, [...under, element]);
}

/** Without those that become empty. */
function isWithin(part: ReadonlySet<string>, whole: ReadonlySet<string>): boolean {
  for (const element of part) if (!whole.has(element)) return false;
  return true;
}

function mapChildren(
  { children }: FieldSet,
  change: (element: string, child: FieldSet) => FieldSet,
): ReadonlyMap<string, FieldSet> {
  const changed = new Map<string, FieldSet>();
  for (const [element, child] of children) {
    const next = change(element, child);
    if (!isEmpty(next)) changed.set(element, next);
  }
  return changed;
}
