// `waggle status [--wait]`: how the daemon is, or waiting until it is well.

import { setTimeout as sleep } from 'node:timers/promises';
import type { StatusReport } from '#api/status.ts';
import { UsageError } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { describeOutputOption, readFormat, renderData } from './format.ts';
import { NoDaemonError, readBody, send } from './http.ts';
import { readList, readObject, textOf, toObject } from './json.ts';
import { renderColumns, write } from './output.ts';

const POLL_MS = 500;
const DEFAULT_WAIT_SEC = 300;

async function fetchStatus(socketPath: string): Promise<string> {
  return readBody(await send({ socketPath, method: 'GET', path: '/status', accept: 'application/json' }));
}

/** `ok` also counts a warning: it works, though not as asked. */
function stateOf(body: string): StatusReport['state'] {
  const state = textOf(readObject(body), 'state');
  return state === 'ok' || state === 'warning' ? state : 'error';
}

async function waitForStatus(socketPath: string, waitSec: number): Promise<string> {
  const deadline = performance.now() + waitSec * 1000;
  for (;;) {
    try {
      const body = await fetchStatus(socketPath);
      if (stateOf(body) === 'ok' || performance.now() >= deadline) return body;
    } catch (error) {
      if (!(error instanceof NoDaemonError) || performance.now() >= deadline) throw error;
    }
    await sleep(POLL_MS);
  }
}

function renderStatus(body: string): string {
  const report = readObject(body);
  const rows = readList(report['components']).map((entry) => {
    const component = toObject(entry);
    return [
      `${textOf(component, 'component')}:`,
      textOf(component, 'state').toUpperCase(),
      textOf(component, 'message'),
    ];
  });
  return renderColumns([['node:', textOf(report, 'nodeName'), `waggle ${textOf(report, 'version')}`], ...rows]);
}

async function runStatus({ arguments: { words, options }, socketPath, output }: CommandContext): Promise<number> {
  if (words.length > 0) throw new UsageError(`status takes no words: ${words.join(' ')}`);
  const format = readFormat(options, 'text');
  const waitSec = Number(options.get('--wait-duration') ?? DEFAULT_WAIT_SEC);
  if (!(waitSec >= 0)) throw new UsageError(`--wait-duration is ${options.get('--wait-duration')}; expected seconds`);
  const body = options.has('--wait') ? await waitForStatus(socketPath, waitSec) : await fetchStatus(socketPath);
  await write(output.stdout, format === 'text' ? renderStatus(body) : await renderData(readObject(body), format));
  return stateOf(body) === 'error' || (options.has('--wait') && stateOf(body) !== 'ok') ? 1 : 0;
}

export const statusCommand: Command = {
  name: 'status',
  usage: 'status [--wait] [-o json|yaml|text]',
  about:
    'How the daemon and its sessions are, what its configuration asks for and does not get. Exit code 1 when something is in ERROR; a WARNING, such as a session that is down, leaves it at 0.',
  options: [
    {
      name: '--wait',
      help: 'until the daemon runs and everything is ok: no warning either; exit code 1 if it does not come to that',
    },
    { name: '--wait-duration', value: 'SECONDS', help: `at most so long (default ${DEFAULT_WAIT_SEC})` },
    describeOutputOption('text'),
  ],
  run: runStatus,
};
