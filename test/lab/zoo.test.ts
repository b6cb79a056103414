// The zoo does what its README says: Waggle and five other speakers exchange routes in both directions.
import test from 'ava';
import { testChecks, useLab } from './lab-run.ts';

testChecks(test, useLab(test, 'zoo'));
