// The first word of the command line. It may be cut short while it stays unique among all commands, those of the daemons
// included; a daemon itself, and what takes routes away, is started by its full name only, so that a slip of the keyboard does
// neither. Loads nothing.

const inFull: readonly string[] = ['router', 'agent', 'apiserver', 'operator', 'cleanup'];
const others: readonly string[] = ['show', 'clear', 'bgp', 'status', 'config', 'version', 'help'];

/** Every first word that is a command. */
export const firstWords: readonly string[] = [...inFull, ...others];

/** The commands that a first word may mean: itself, or those that begin so; none when it is no command. */
export function matchFirstWord(typed: string): readonly string[] {
  if (typed === '') return [];
  if (firstWords.includes(typed)) return [typed];
  return others.filter((word) => word.startsWith(typed));
}
