// iBGP between loopbacks over OSPF; Waggle as a reflector's client and as a reflector.
import test from 'ava';
import { testChecks, useLab } from './lab-run.ts';

testChecks(test, useLab(test, 'ibgp-rr'));
