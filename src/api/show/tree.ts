// The show tree: every show command as data. `GET /show/<words>`, `waggle show <words>` and openapi.json come from this list.
// `show ip bgp …` is FRR's older spelling and means IPv4. A new command is one more row.

import type { ShowCommand } from './command.ts';
import { answerDebug } from './debug.ts';
import { answerFibSummary } from './fib-summary.ts';
import { answerMemory } from './memory.ts';
import { answerNeighbors } from './neighbors.ts';
import { buildShowTree, type ShowTree } from './pattern.ts';
import { answerFiltered, answerNeighborRoutes, answerTable } from './routes.ts';
import { answerSummary } from './summary.ts';
import { answerUpdateGroups } from './update-groups.ts';

export const showCommands: readonly ShowCommand[] = [
  {
    pattern: 'bgp [instance NAME] [ipv4|ipv4 unicast|ipv6|ipv6 unicast] summary [established|failed]',
    help: 'State and route counts of every neighbor, one table a family',
    size: 'small',
    answer: answerSummary,
  },
  {
    pattern: 'bgp [instance NAME] [ipv4|ipv4 unicast|ipv6|ipv6 unicast] neighbors [ADDRESS]',
    help: 'Everything about the sessions, or about one',
    size: 'small',
    answer: answerNeighbors,
  },
  {
    pattern:
      'bgp [instance NAME] [ipv4|ipv4 unicast|ipv6|ipv6 unicast] neighbors ADDRESS (advertised-routes|received-routes|routes)',
    help: 'Routes sent to a neighbor, received from it before policy, or accepted from it',
    size: 'stream',
    answer: answerNeighborRoutes,
  },
  {
    pattern: 'bgp [instance NAME] [ipv4|ipv4 unicast|ipv6|ipv6 unicast]',
    help: 'The routing table of a family; IPv4 when none is named',
    size: 'stream',
    answer: answerTable,
  },
  {
    pattern: 'bgp [instance NAME] [ipv4|ipv4 unicast|ipv6|ipv6 unicast] PREFIX [longer-prefixes]',
    help: "One prefix in detail, an address's longest match, or all prefixes within one",
    size: 'stream',
    answer: answerTable,
  },
  {
    pattern: 'bgp [instance NAME] [ipv4|ipv4 unicast|ipv6|ipv6 unicast] community [COMMUNITY|COMMUNITY exact-match]',
    help: 'Routes with a community, with this one, or with this one alone; * stands for any number',
    size: 'stream',
    answer: answerFiltered,
  },
  {
    pattern:
      'bgp [instance NAME] [ipv4|ipv4 unicast|ipv6|ipv6 unicast] large-community [LARGECOMMUNITY|LARGECOMMUNITY exact-match]',
    help: 'Routes with a large community, with this one, or with this one alone; * stands for any number',
    size: 'stream',
    answer: answerFiltered,
  },
  {
    pattern: 'bgp [instance NAME] [ipv4|ipv4 unicast|ipv6|ipv6 unicast] (as-path|regexp) EXPRESSION',
    help: 'Routes whose AS path an expression matches, such as _65001_',
    size: 'stream',
    answer: answerFiltered,
  },
  {
    pattern: 'bgp [instance NAME] [ipv4 unicast|ipv6 unicast] update-groups',
    help: 'Neighbors that are sent the same, and what makes them alike',
    size: 'small',
    answer: answerUpdateGroups,
  },
  {
    pattern: 'bgp [instance NAME] memory',
    help: 'What the tables take',
    size: 'small',
    answer: answerMemory,
  },
  {
    pattern: 'bgp [instance NAME] debug',
    help: 'Whose messages are logged, and which',
    size: 'small',
    answer: answerDebug,
  },
  {
    pattern: 'debugging [bgp]',
    help: 'As show bgp debug',
    size: 'small',
    answer: answerDebug,
  },
  {
    pattern: '(ip|ipv6) route summary',
    help: 'How many of our routes the kernel has, and what it refused',
    size: 'small',
    answer: answerFibSummary,
  },
  {
    pattern: 'ip bgp [instance NAME] [ipv4|ipv4 unicast] summary [established|failed]',
    help: 'As show bgp ipv4 summary',
    size: 'small',
    answer: answerSummary,
  },
  {
    pattern: 'ip bgp [instance NAME] [ipv4|ipv4 unicast] neighbors [ADDRESS]',
    help: 'As show bgp ipv4 neighbors',
    size: 'small',
    answer: answerNeighbors,
  },
  {
    pattern: 'ip bgp [instance NAME] [ipv4|ipv4 unicast] neighbors ADDRESS (advertised-routes|received-routes|routes)',
    help: 'As show bgp ipv4 neighbors ADDRESS …',
    size: 'stream',
    answer: answerNeighborRoutes,
  },
  {
    pattern: 'ip bgp [instance NAME] [ipv4|ipv4 unicast]',
    help: 'As show bgp ipv4 unicast',
    size: 'stream',
    answer: answerTable,
  },
  {
    pattern: 'ip bgp [instance NAME] [ipv4|ipv4 unicast] PREFIX [longer-prefixes]',
    help: 'As show bgp ipv4 unicast PREFIX',
    size: 'stream',
    answer: answerTable,
  },
  {
    pattern: 'ip bgp [instance NAME] [ipv4|ipv4 unicast] community [COMMUNITY|COMMUNITY exact-match]',
    help: 'As show bgp ipv4 community',
    size: 'stream',
    answer: answerFiltered,
  },
  {
    pattern: 'ip bgp [instance NAME] [ipv4|ipv4 unicast] large-community [LARGECOMMUNITY|LARGECOMMUNITY exact-match]',
    help: 'As show bgp ipv4 large-community',
    size: 'stream',
    answer: answerFiltered,
  },
  {
    pattern: 'ip bgp [instance NAME] [ipv4|ipv4 unicast] (as-path|regexp) EXPRESSION',
    help: 'As show bgp ipv4 as-path',
    size: 'stream',
    answer: answerFiltered,
  },
  {
    pattern: 'ip bgp [instance NAME] [ipv4 unicast] update-groups',
    help: 'As show bgp ipv4 unicast update-groups',
    size: 'small',
    answer: answerUpdateGroups,
  },
  {
    pattern: 'ip bgp [instance NAME] memory',
    help: 'As show bgp memory',
    size: 'small',
    answer: answerMemory,
  },
];

export const showTree: ShowTree = buildShowTree(showCommands);
