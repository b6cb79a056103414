// Show commands' patterns (`bgp summary [established|failed]`) become one trie of words, and typed words find their way through
// it: a word may be cut short while it stays unique, an argument is checked by its kind. No command is known here.

import { parseAddress } from '#bgp/net/address.ts';
import { parsePrefix } from '#bgp/net/prefix.ts';
import { badArgument, ProblemError, problemTypes } from '../problem.ts';
import type { ShowCommand, ShowRequest } from './command.ts';

export type ArgumentName = 'ADDRESS' | 'PREFIX' | 'NAME' | 'COMMUNITY' | 'LARGECOMMUNITY' | 'EXPRESSION';

const argumentHelp: Readonly<Record<ArgumentName, string>> = {
  ADDRESS: 'an IPv4 or IPv6 address',
  PREFIX: 'a prefix or an address',
  NAME: "an instance's name",
  COMMUNITY: 'a community such as 64500:100, 64500:* or no-export',
  LARGECOMMUNITY: 'a large community such as 64500:1:2',
  EXPRESSION: 'an expression over the AS path such as ^65001_ or _65002$',
};

interface Node {
  readonly words: Map<string, Node>;
  argument: { readonly name: ArgumentName; readonly node: Node } | undefined;
  command: ShowCommand | undefined;
}

export interface ShowTree {
  readonly root: Node;
  readonly commands: readonly ShowCommand[];
}

export interface FoundCommand {
  readonly command: ShowCommand;
  readonly request: ShowRequest;
}

function createNode(): Node {
  return { words: new Map(), argument: undefined, command: undefined };
}

/** Every sequence of words that a pattern stands for. Groups do not nest. */
export function expandPattern(pattern: string): readonly (readonly string[])[] {
  let sequences: string[][] = [[]];
  for (const token of pattern.match(/\[[^\]]+\]|\([^)]+\)|\S+/g) ?? []) {
    const isOptional = token.startsWith('[');
    const isGroup = isOptional || token.startsWith('(');
    const choices = (isGroup ? token.slice(1, -1) : token).split('|').map((choice) => choice.trim().split(/\s+/));
    if (isOptional) choices.unshift([]);
    sequences = sequences.flatMap((sequence) => choices.map((choice) => [...sequence, ...choice]));
  }
  return sequences;
}

function isArgument(token: string): token is ArgumentName {
  return token in argumentHelp;
}

export function buildShowTree(commands: readonly ShowCommand[]): ShowTree {
  const root = createNode();
  for (const command of commands) {
    for (const sequence of expandPattern(command.pattern)) insert(root, sequence, command);
  }
  return { root, commands };
}

function insert(root: Node, sequence: readonly string[], command: ShowCommand): void {
  let node = root;
  for (const token of sequence) {
    if (isArgument(token)) {
      node.argument ??= { name: token, node: createNode() };
      node = node.argument.node;
      continue;
    }
    const next = node.words.get(token) ?? createNode();
    node.words.set(token, next);
    node = next;
  }
  node.command ??= command;
}

function listContinuations(node: Node): string[] {
  const words = [...node.words.keys()];
  return node.argument === undefined ? words : [...words, node.argument.name];
}

function isValidArgument(name: ArgumentName, word: string): boolean {
  // What the command itself parses, with a better message.
  if (name !== 'ADDRESS' && name !== 'PREFIX') return true;
  const address = word.includes('%') ? word.slice(0, word.indexOf('%')) : word;
  if (parseAddress(address) !== undefined) return true;
  return name === 'PREFIX' && parsePrefix(word) !== undefined;
}

/** The word of `node` that `typed` means: itself, or the only one that begins so. */
function findWord(node: Node, typed: string, before: readonly string[]): string | undefined {
  if (node.words.has(typed)) return typed;
  const candidates = [...node.words.keys()].filter((word) => word.startsWith(typed));
  if (candidates.length > 1) {
    throw new ProblemError({
      type: problemTypes.ambiguousCommand,
      title: 'A word is ambiguous',
      status: 400,
      detail: `Ambiguous command: ${['show', ...before, typed].join(' ')}`,
      suggestions: candidates.map((word) => ['show', ...before, word].join(' ')),
    });
  }
  return candidates[0];
}

/** Finds the command that the words mean. Throws ProblemError: unknown (404), ambiguous, incomplete or wrong argument (400). */
export function findCommand(tree: ShowTree, typed: readonly string[]): FoundCommand {
  let node = tree.root;
  const words: string[] = [];
  const keywords = new Set<string>();
  const values: Partial<Record<ArgumentName, string>> = {};
  for (const word of joinPrefixes(typed)) {
    const keyword = findWord(node, word, words);
    const next = keyword === undefined ? undefined : node.words.get(keyword);
    if (keyword !== undefined && next !== undefined) {
      words.push(keyword);
      keywords.add(keyword);
      node = next;
    } else if (node.argument !== undefined && isValidArgument(node.argument.name, word)) {
      values[node.argument.name] = word;
      words.push(word);
      node = node.argument.node;
    } else {
      throw refuse(node, words, word);
    }
  }
  if (node.command === undefined) throw refuseIncomplete(node, words);
  return {
    command: node.command,
    request: {
      words,
      hasWord: (word) => keywords.has(word),
      neighbor: values.ADDRESS,
      prefix: values.PREFIX,
      instance: values.NAME,
      community: values.COMMUNITY,
      largeCommunity: values.LARGECOMMUNITY,
      expression: values.EXPRESSION,
    },
  };
}

/** In a path a prefix takes two segments: `203.0.113.0`, `24`. */
function joinPrefixes(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (const word of words) {
    const last = joined.at(-1);
    const isLength = /^\d{1,3}$/.test(word);
    if (isLength && last !== undefined && parseAddress(last) !== undefined)
      joined[joined.length - 1] = `${last}/${word}`;
    else joined.push(word);
  }
  return joined;
}

function refuse(node: Node, before: readonly string[], word: string): ProblemError {
  const continuations = listContinuations(node);
  const looksLikeArgument = /[.:/]|^\d/.test(word);
  if (node.argument !== undefined && (looksLikeArgument || node.words.size === 0)) {
    return badArgument(`${word} is not ${argumentHelp[node.argument.name]}: ${['show', ...before, word].join(' ')}`);
  }
  const nearest = findNearest(word, [...node.words.keys()]);
  const suggestions = nearest === undefined ? continuations : [nearest];
  return new ProblemError({
    type: problemTypes.unknownCommand,
    title: 'No such command',
    status: 404,
    detail: `Unknown command: ${['show', ...before, word].join(' ')}`,
    suggestions: suggestions.map((next) => ['show', ...before, next].join(' ')),
  });
}

function refuseIncomplete(node: Node, words: readonly string[]): ProblemError {
  return new ProblemError({
    type: problemTypes.incompleteCommand,
    title: 'The command is not complete',
    status: 400,
    detail: `Command incomplete: ${['show', ...words].join(' ')}`,
    suggestions: listContinuations(node).map((next) => ['show', ...words, next].join(' ')),
  });
}

/** The candidate with the fewest edits, if that is at most half the word. */
export function findNearest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 2)) + 1;
  for (const candidate of candidates) {
    const distance = countEdits(word.slice(0, 64), candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein's distance. */
function countEdits(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(previous[j] + 1, row[j - 1] + 1, swap));
    }
    previous = row;
  }
  return previous[b.length];
}
