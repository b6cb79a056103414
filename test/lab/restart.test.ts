// Waggle, FRR and BIRD are killed and come back, and nobody notices. Two rounds of each; `npm run chaos` plays ten.
import test from 'ava';
import { testChecks, useLab } from './lab-run.ts';

process.env['WAGGLE_LAB_ROUNDS'] ??= '2';
testChecks(test, useLab(test, 'restart'));
