// Reads a file of configuration as text, within a limit, and only a regular one: a pipe would be waited for and a device
// never ends.

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** What lies there is not read; the message goes after the path. */
export class TextFileError extends Error {
  override readonly name = 'TextFileError';
}

/** Throws TextFileError, and what the system says (`code`). */
export async function readTextFile(path: string, maxBytes: number): Promise<string> {
  // Without O_NONBLOCK opening a pipe waits until somebody writes.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = await file.stat();
    if (found.isDirectory()) throw new TextFileError('is a directory');
    if (!found.isFile()) throw new TextFileError('is not a regular file');
    if (found.size > maxBytes) throw new TextFileError(`has ${found.size} bytes: at most ${maxBytes} are read`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}
