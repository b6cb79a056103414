// `GET /status` (what `waggle status` shows), Cilium's `GET /v1/healthz`, and the version.

import { listFibStatus } from './fib-status.ts';
import { type ApiRoute, type RouteContext } from './route.ts';
import { countSessions, listSessionStatus } from './session-status.ts';
import { type StatusReport, type StatusState, worstState } from './status.ts';

const cilium: Readonly<Record<StatusState, string>> = { ok: 'Ok', warning: 'Warning', error: 'Failure' };

async function reportStatus(context: RouteContext): Promise<StatusReport> {
  const { deps, nodeName, version } = context;
  const [instances, fibs] = await Promise.all([deps.speaker.instances(), deps.speaker.fibs()]);
  const components = [...deps.status(), ...listSessionStatus(instances), ...listFibStatus(fibs)];
  return { nodeName, version, state: worstState(components), components, sessions: countSessions(instances) };
}

const text = { type: 'string' };
const state = { type: 'string', enum: ['ok', 'warning', 'error'] };
const counts = ['configured', 'established', 'down', 'keptDown', 'shutDown', 'drained', 'dynamic'];

export const statusRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/status',
    summary: 'How the components and the sessions are, and what is wrong with the configuration',
    parameters: [],
    answer: {
      type: 'object',
      properties: {
        nodeName: text,
        version: text,
        state,
        components: {
          type: 'array',
          items: { type: 'object', properties: { component: text, state, message: text } },
        },
        sessions: {
          type: 'object',
          properties: Object.fromEntries(counts.map((name) => [name, { type: 'integer' }])),
          required: counts,
        },
      },
      required: ['nodeName', 'version', 'state', 'components', 'sessions'],
    },
    isChange: false,
    handle: async (context) => reportStatus(context),
  },
  {
    method: 'GET',
    path: '/v1/healthz',
    summary: "The same in the shape of Cilium's agent",
    parameters: [],
    answer: {
      type: 'object',
      properties: { cilium: { type: 'object', properties: { state: text, msg: text } } },
      required: ['cilium'],
    },
    isChange: false,
    handle: async (context) => {
      const report = await reportStatus(context);
      const notes = report.components.filter((entry) => entry.state !== 'ok');
      const message = notes.map((entry) => `${entry.component}: ${entry.message}`).join('; ');
      return { cilium: { state: cilium[report.state], msg: message === '' ? report.version : message } };
    },
  },
  {
    method: 'GET',
    path: '/version',
    summary: 'The version that runs',
    parameters: [],
    answer: { type: 'object', properties: { version: text, nodeName: text }, required: ['version', 'nodeName'] },
    isChange: false,
    handle: async ({ version, nodeName }) => ({ version, nodeName }),
  },
];
