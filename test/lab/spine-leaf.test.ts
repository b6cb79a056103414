// Two spines, two switches, multihomed nodes: several paths in every kernel, and one of them at a time when a cable is pulled.
import test from 'ava';
import { testChecks, useLab } from './lab-run.ts';

testChecks(test, useLab(test, 'spine-leaf'));
