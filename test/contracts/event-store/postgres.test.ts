import { describeContract } from './contract.ts';
import { postgresEngine } from './postgres.engine.ts';

describeContract(postgresEngine());
