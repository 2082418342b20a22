import { describeContract } from './contract.ts';
import { memoryEngine } from './memory.engine.ts';

describeContract(memoryEngine);
