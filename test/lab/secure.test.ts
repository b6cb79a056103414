// Passwords, hop limits, prefix limits and dynamic neighbors do what the README of the lab says.
import test from 'ava';
import { testChecks, useLab } from './lab-run.ts';

testChecks(test, useLab(test, 'secure'));
