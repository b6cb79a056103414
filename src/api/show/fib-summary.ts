// `show ip route summary`: what the kernel has of our routes, in FRR's table and JSON. One source, `bgp`: routes of other programs
// are the kernel's own to list. Our own: the key `tables`, and a line for each table with its batches and the last refusal.

import type { FibFamilyView, InstanceFibView } from '#speaker/port.ts';
import { describeFib, describeLastRefusal } from '../fib-status.ts';
import { escapeText, stringifyJson } from '../escape.ts';
import type { ShowAnswer, ShowContext, ShowRequest } from './command.ts';

const noFib = '% No instance installs routes (fib: kernel)\n';

/** One family of one instance. */
interface Table {
  readonly fib: InstanceFibView;
  readonly family: FibFamilyView;
}

export async function answerFibSummary(context: ShowContext, request: ShowRequest): Promise<ShowAnswer> {
  const asked = request.hasWord('ipv6') ? 'ipv6-unicast' : 'ipv4-unicast';
  const fibs = await context.speaker.fibs();
  const tables = fibs.flatMap((fib) =>
    fib.families.filter(({ family }) => family === asked).map((family): Table => ({ fib, family })),
  );
  return { json: () => `${stringifyJson(describe(tables), 2)}\n`, text: () => render(tables) };
}

/** FRR counts as `rib` what it has chosen, as `fib` what is installed of it. */
function count(tables: readonly Table[]): { readonly rib: number; readonly fib: number } {
  const sum = (figure: (view: FibFamilyView) => number): number =>
    tables.reduce((total, { family }) => total + figure(family), 0);
  return { rib: sum(({ wanted }) => wanted), fib: sum(({ installed }) => installed) };
}

function describe(tables: readonly Table[]): object {
  const { rib, fib } = count(tables);
  const routes = rib + fib === 0 ? [] : [{ fib, rib, fibOffLoaded: 0, fibTrapped: 0, type: 'bgp' }];
  return {
    routes,
    routesTotal: rib,
    routesTotalFib: fib,
    tables: tables.map(({ fib: { instance, table, metric, batches, writes, refusals, lastRefusal }, family }) => ({
      instance,
      table,
      metric,
      wanted: family.wanted,
      installed: family.installed,
      stale: family.stale,
      pending: family.pending,
      failed: family.failed,
      unresolved: family.unresolved,
      // Of both families together.
      batches,
      writes,
      refusals,
      ...(lastRefusal === undefined
        ? {}
        : {
            lastRefusal: {
              prefix: lastRefusal.prefix,
              reason: lastRefusal.reason,
              at: new Date(lastRefusal.wallMs).toISOString(),
            },
          }),
    })),
  };
}

function render(tables: readonly Table[]): string {
  if (tables.length === 0) return noFib;
  const { rib, fib } = count(tables);
  const row = (...[name, routes, installed]: readonly string[]): string =>
    `${name.padEnd(20)} ${routes.padEnd(20)} ${installed}`;
  const lines = [
    row('Route Source', 'Routes', 'FIB  (vrf default)'),
    row('bgp', String(rib), String(fib)),
    '------',
    row('Totals', String(rib), String(fib)),
    '',
    ...tables.flatMap(({ fib: of, family }) => {
      const last = describeLastRefusal(of);
      const figures = describeFib({ ...of, families: [family] });
      return [
        `Instance ${of.instance}, ${figures}`,
        `  ${of.writes} writes in ${of.batches} batches, ${of.refusals} refused`,
        ...(last === undefined ? [] : [`  ${last}`]),
      ].map(escapeText);
    }),
  ];
  return `${lines.join('\n')}\n`;
}
