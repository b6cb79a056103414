// The first word of the command line. It may be cut short while it stays unique among all commands, those of the daemons
// included; a daemon itself is started by its full name only, so that a slip of the keyboard starts none. Loads nothing.

const daemons: readonly string[] = ['router', 'agent'];
const others: readonly string[] = ['show', 'clear', 'bgp', 'status', 'config', 'version', 'help'];

/** Every first word that is a command. */
export const firstWords: readonly string[] = [...daemons, ...others];

/** The commands that a first word may mean: itself, or those that begin so; none when it is no command. */
export function matchFirstWord(typed: string): readonly string[] {
  if (typed === '') return [];
  if (firstWords.includes(typed)) return [typed];
  const found = firstWords.filter((word) => word.startsWith(typed));
  return found.length === 1 && daemons.includes(found[0]) ? [] : found;
}
