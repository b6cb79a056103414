// `waggle agent` from its arguments to its exit code.

import { exitCodes } from '#daemon/run-daemon.ts';
import { runSpeakerDaemon } from '#daemon/run-speaker-daemon.ts';
import { Agent } from './agent.ts';
import { openStore } from './open-store.ts';
import { agentHelp, parseAgentOptions } from './options.ts';

export async function runAgent(args: readonly string[], version: string): Promise<number> {
  const parsed = parseAgentOptions(args, process.env);
  switch (parsed.type) {
    case 'help':
      process.stdout.write(agentHelp);
      return exitCodes.ok;
    case 'wrong':
      process.stderr.write(`waggle agent: ${parsed.message}: see 'waggle agent --help'\n`);
      return exitCodes.usage;
    case 'run': {
      const { options } = parsed;
      const identity = { what: 'waggle agent', version };
      return runSpeakerDaemon(identity, options, async (context) => {
        const opened = await openStore(options, version);
        return new Agent(options, opened, context, version);
      });
    }
  }
}
