// All captures, in the order in which they are made.

import { birdScenarios } from './bird.ts';
import { frrScenarios } from './frr.ts';
import { otherScenarios } from './others.ts';
import type { Scenario } from './scenario.ts';

export const scenarios: readonly Scenario[] = [...frrScenarios, ...birdScenarios, ...otherScenarios];
