// A client command: its words on the command line, its options, what it does.

import type { OptionSpec, ParsedArguments } from './arguments.ts';
import type { Output } from './output.ts';

export interface CommandContext {
  readonly arguments: ParsedArguments;
  readonly socketPath: string;
  readonly output: Output;
}

export interface Command {
  /** First words, such as `bgp peers`. */
  readonly name: string;
  /** For the usage line, after the name. */
  readonly usage: string;
  readonly about: string;
  readonly options: readonly OptionSpec[];
  /** More help: the forms of the command. */
  readonly more?: string;
  /** Resolves to the exit code. */
  readonly run: (context: CommandContext) => Promise<number>;
}
