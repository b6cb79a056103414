// Paths of fields as Kubernetes writes them in messages: `spec.peers[0].address`.
// Not the JSONPath of printer columns.

/** `''` is the object itself. A key that is no plain name stands in brackets. */
export function pathTo(path: string, key: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(key)) return `${path}[${key.slice(0, 256)}]`;
  return path === '' ? key : `${path}.${key}`;
}
