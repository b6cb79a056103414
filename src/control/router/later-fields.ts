// Fields that router.yaml will have and this version does not act on: refused by name rather than ignored,
// so that nobody believes a session protected or a limit set. Each is a path with `*` for any position.

const fields: readonly string[] = [
  'router.bfd',
  'router.bmp',
  'router.dampening',
  'router.rpki',
  'router.vrfs',
  'router.neighbors.*.bfd',
  'router.peerGroups.*.bfd',
  'router.policies.*.statements.*.match.rpki',
  'api.tls',
  'prometheus.tls',
];

const known = new Set(fields);

export function isLaterField(path: readonly (string | number)[]): boolean {
  return known.has(path.map((step) => (typeof step === 'number' ? '*' : step)).join('.'));
}
