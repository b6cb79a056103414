// Fields that router.yaml will have and this version does not act on: refused by name rather than ignored,
// so that nobody believes a session protected or a limit set. Each is a path with `*` for any position.

const fields: readonly string[] = [
  'router.bestPath',
  'router.bfd',
  'router.bmp',
  'router.clusterId',
  'router.confederation',
  'router.dampening',
  'router.aggregates',
  'router.gracefulRestart',
  'router.maxPaths',
  'router.peerGroups',
  'router.redistribute',
  'router.rpki',
  'router.vrfs',
  'router.neighbors.*.addPath',
  'router.neighbors.*.allowAsIn',
  'router.neighbors.*.bfd',
  'router.neighbors.*.defaultOriginate',
  'router.neighbors.*.gracefulRestart',
  'router.neighbors.*.interface',
  'router.neighbors.*.localAsn',
  'router.neighbors.*.maxPrefixes',
  'router.neighbors.*.password',
  'router.neighbors.*.passwordFile',
  'router.neighbors.*.peerGroup',
  'router.neighbors.*.prefix',
  'router.neighbors.*.removePrivateAsn',
  'router.neighbors.*.role',
  'router.neighbors.*.routeReflectorClient',
  'router.neighbors.*.ttlSecurity',
  'router.policies.*.statements.*.match.asPath',
  'router.policies.*.statements.*.match.communities',
  'router.policies.*.statements.*.match.nextHops',
  'router.policies.*.statements.*.match.rpki',
  'router.policies.*.statements.*.set.med',
  'router.policies.*.statements.*.set.nextHop',
  'router.policies.*.statements.*.set.prependAsn',
  'api.tls',
  'prometheus.tls',
];

const known = new Set(fields);

export function isLaterField(path: readonly (string | number)[]): boolean {
  return known.has(path.map((step) => (typeof step === 'number' ? '*' : step)).join('.'));
}
