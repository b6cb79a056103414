// The quickstart lab does what its README says.
import test from 'ava';
import { testChecks, useLab } from './lab-run.ts';

testChecks(test, useLab(test, 'quickstart'));
