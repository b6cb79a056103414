// The process behind devices/relay.ts.

import { generatorPlan, receiverPlan } from './plan.ts';
import { startRelay } from './relay.ts';

startRelay({ host: '0.0.0.0', generator: generatorPlan, receiver: receiverPlan });
