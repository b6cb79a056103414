// Every case, by what it is about. Their number is told by the tests, so that none is lost unseen.

import type { Case } from '../scene.ts';
import { definitions } from './definitions.ts';
import { lifecycle } from './lifecycle.ts';
import { lists } from './lists.ts';
import { patches } from './patches.ts';
import { services } from './services.ts';
import { verbs } from './verbs.ts';
import { watches } from './watches.ts';

export const cases: readonly Case[] = [
  ...verbs,
  ...lists,
  ...patches,
  ...watches,
  ...lifecycle,
  ...services,
  ...definitions,
];
