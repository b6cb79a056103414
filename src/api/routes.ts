// Every route of the API, in one list: registered, described and compared with unknown paths from here.

import { changeRoutes } from './changes.ts';
import { describeApi } from './openapi.ts';
import type { ApiRoute } from './route.ts';
import { showRoute } from './show-route.ts';
import { statusRoutes } from './status-routes.ts';
import { peersRoute } from './v1/peers.ts';
import { routePoliciesRoute } from './v1/route-policies.ts';
import { routesRoute } from './v1/routes.ts';

const openApiRoute: ApiRoute = {
  method: 'GET',
  path: '/openapi.json',
  summary: 'This description',
  parameters: [],
  answer: { type: 'object' },
  isChange: false,
  handle: async (context) => describeApi(apiRoutes, context.version),
};

export const apiRoutes: readonly ApiRoute[] = [
  showRoute,
  peersRoute,
  routesRoute,
  routePoliciesRoute,
  ...statusRoutes,
  ...changeRoutes,
  openApiRoute,
];
