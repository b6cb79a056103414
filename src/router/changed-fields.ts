// Which fields of router.yaml a reload changed beside what the speaker tells itself of (neighbors, and
// networks that come and go), for the log.

import { isDeepStrictEqual } from 'node:util';
import type { RouterSettings } from '#control/router/settings.ts';

export function listChangedFields(before: RouterSettings, after: RouterSettings): readonly string[] {
  const was = listFields(before);
  const is = listFields(after);
  const changed = Object.keys(is).filter((field) => !isDeepStrictEqual(was[field], is[field]));
  const known = new Map(before.speaker.instances[0].networks.map(({ prefix, origin }) => [prefix, origin]));
  const isOriginChanged = after.speaker.instances[0].networks.some(
    ({ prefix, origin }) => (known.get(prefix) ?? origin) !== origin,
  );
  return isOriginChanged ? [...changed, 'router.networks'] : changed;
}

function listFields({ speaker, apiListen, metricsListen, healthListen }: RouterSettings): Record<string, unknown> {
  const [instance] = speaker.instances;
  return {
    'router.asn': instance.asn,
    'router.routerId': instance.routerId,
    'router.listen': speaker.listen,
    'router.hostname': instance.hostname,
    'router.domainName': instance.domainName,
    'router.softwareVersion': instance.softwareVersion,
    'router.clusterId': instance.clusterId,
    'router.confederation': instance.confederation,
    'router.bestPath': instance.bestPath,
    'router.maxPaths': instance.maxPaths,
    'router.fib': instance.fib,
    'router.redistribute': instance.redistribute,
    'router.aggregates': instance.aggregates,
    'router.gracefulRestart.selectionDeferralSec': instance.selectionDeferralSec,
    'router.gracefulShutdown': instance.isGracefulShutdown,
    // Those that are made when somebody connects; the speaker tells of the others.
    'router.neighbors': instance.dynamicNeighbors,
    'router.policies': instance.policies,
    'api.listen': apiListen,
    'prometheus.listen': metricsListen,
    'health.listen': healthListen,
  };
}
