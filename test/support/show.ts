// Runs a show command against a speaker as the API's route does, without HTTP, and collects what it answers.

import { findCommand } from '#api/show/pattern.ts';
import { SliceWriter } from '#api/slice-writer.ts';
import { showTree } from '#api/show/tree.ts';
import type { SpeakerPort } from '#speaker/port.ts';
import { FIXTURE_WALL_MS } from './frr-fixtures.ts';

export async function show(
  speaker: SpeakerPort,
  words: string,
  format: 'json' | 'text',
  wallMs = FIXTURE_WALL_MS,
): Promise<string> {
  const { command, request } = findCommand(showTree, words.split(' '));
  const context = { speaker, nodeName: 'alpha', wallMs: () => wallMs };
  const answer = await command.answer(context, request);
  const body = format === 'json' ? answer.json() : answer.text();
  if (typeof body === 'string') return body;
  let text = '';
  const out = new SliceWriter(async (slice) => {
    text += Buffer.from(slice).toString('latin1');
  });
  await body(out);
  await out.end();
  return Buffer.from(text, 'latin1').toString('utf8');
}
