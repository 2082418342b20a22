import { type DynamicModule, Module } from '@nestjs/common';
import { LogQuery } from '../../services/integrity/application/log-query.ts';
import { ProvenBalances } from '../../services/integrity/application/proven-balances.ts';
import { SignedAnswers } from '../../services/integrity/application/signed-answers.ts';
import { ProjectionsModule } from '../projections.module.ts';
import { SignedAnswersController } from './signed-answers.controller.ts';

export interface SignedAnswersPorts {
  readonly answers: SignedAnswers;
  readonly balances: ProvenBalances;
  readonly query: LogQuery;
}

/** What read models say, signed; it needs the parts that prove the ledger, which only the composition has. */
@Module({})
export class SignedAnswersModule {
  static register({ answers, balances, query }: SignedAnswersPorts): DynamicModule {
    return {
      module: SignedAnswersModule,
      imports: [ProjectionsModule],
      controllers: [SignedAnswersController],
      providers: [
        { provide: SignedAnswers, useValue: answers },
        { provide: ProvenBalances, useValue: balances },
        { provide: LogQuery, useValue: query },
      ],
    };
  }
}
