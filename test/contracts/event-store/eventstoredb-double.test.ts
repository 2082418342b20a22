import { describeContract } from './contract.ts';
import { eventStoreDBDoubleEngine } from './eventstoredb-double.engine.ts';

describeContract(eventStoreDBDoubleEngine);
