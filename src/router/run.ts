// `waggle router` from its arguments to its exit code: a file that is in order, then the life of a daemon.

import { exitCodes } from '#daemon/run-daemon.ts';
import { runSpeakerDaemon } from '#daemon/run-speaker-daemon.ts';
import { ConfigFile } from './config-file.ts';
import { parseRouterOptions, routerHelp, type RouterOptions } from './options.ts';
import { Router } from './router.ts';

export async function runRouter(args: readonly string[], version: string): Promise<number> {
  const parsed = parseRouterOptions(args, process.env);
  switch (parsed.type) {
    case 'help':
      process.stdout.write(routerHelp);
      return exitCodes.ok;
    case 'wrong':
      process.stderr.write(`waggle router: ${parsed.message}: see 'waggle router --help'\n`);
      return exitCodes.usage;
    case 'run':
      return run(parsed.options, version);
  }
}

async function run(options: RouterOptions, version: string): Promise<number> {
  const file = new ConfigFile(options.configFile);
  const read = await file.read();
  const checked = 'fault' in read ? { faults: [read.fault] } : file.check(read.text);
  if ('faults' in checked || 'fault' in read) {
    const faults = 'faults' in checked ? checked.faults : [];
    for (const fault of faults) process.stderr.write(`${fault}\n`);
    return exitCodes.failed;
  }
  return runSpeakerDaemon({ what: 'waggle router', version }, options, (context) => {
    const router = new Router(options, { ...context, file, version });
    return {
      start: () => router.start(checked.settings, read.text),
      reload: () => router.reload(),
      stop: () => router.stop(),
    };
  });
}
