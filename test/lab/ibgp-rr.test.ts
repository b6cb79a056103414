// iBGP over OSPF with reflectors of FRR and Waggle does what its README says.
import test from 'ava';
import { testChecks, useLab } from './lab-run.ts';

testChecks(test, useLab(test, 'ibgp-rr'));
