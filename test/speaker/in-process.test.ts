// The in-process adapter against the compliance suite of the speaker's port.

import { InProcessSpeaker } from '#support/in-process-speaker.ts';
import { testCompliance } from './compliance.ts';

testCompliance('in process', () => new InProcessSpeaker(), '127.71.1');
