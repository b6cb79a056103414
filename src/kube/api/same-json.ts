// Whether two values are the same as JSON.

/** Equal as JSON, whatever the order of keys; a field that is undefined is absent. */
export function isSameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) || Array.isArray(other)) {
    if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false;
    return one.every((item, index) => isSameJson(item, other[index]));
  }
  const [ours, theirs] = [Object.entries(one), Object.entries(other)].map(
    (entries) => new Map<string, unknown>(entries.filter(([, value]) => value !== undefined)),
  );
  if (ours.size !== theirs.size) return false;
  for (const [key, value] of ours) if (!theirs.has(key) || !isSameJson(value, theirs.get(key))) return false;
  return true;
}
