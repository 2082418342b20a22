import { parseArgs } from 'node:util';
import { ProjectedLedgerHoldings } from '../../../projections/account-balances/projected.ledger-holdings.ts';
import { UpToDateReads } from '../../../projections/sql/up-to-date-reads.ts';
import { systemClock } from '../../commands/application/clock.ts';
import { AdvisoryLock } from '../../integrity/adapters/postgres/advisory-lock.ts';
import { amountText } from '../../money/money.ts';
import { ProjectionProgress } from '../../read-store/projection-progress.ts';
import { providerIdOf } from '../../settlement/domain/chain-number.ts';
import { differenceOf, isSound, type Reconciliation } from '../../settlement/domain/reconciliation.ts';
import { openReconciling } from '../../settlement/reconciling.ts';
import { type Environment, readSettings, SettingsFault } from '../settings.ts';
import { withLedger } from '../with-ledger.ts';

const usage = 'settlement reconcile takes [--provider <slug>] [--data <folder>]. SETTLEMENT_CHAINS names the chains, as for the start.';
const exitCodeOfDifference = 1;

/**
 * `settlement reconcile`: holds what chains have of a provider against its books, beside a running service (docs/guides/accept-crypto.md). Exit
 * code 1 if they differ.
 */
export async function reconcile(args: readonly string[], environment: Environment): Promise<number> {
  const { provider, data } = optionsIn(args);
  const { settlementChains: chains } = readSettings([], environment);
  if (chains.length === 0) throw new SettingsFault(usage);
  return withLedger({ provider, data }, environment, async ({ provider: slug, eventStore, pool }) => {
    const reconciler = openReconciling({
      ...{ chains, pool, lock: new AdvisoryLock(pool), clock: systemClock },
      providers: { slugOf: (providerId) => (providerId === providerIdOf(slug) ? slug : undefined) },
      holdings: new ProjectedLedgerHoldings(new UpToDateReads({ pool, store: eventStore, progress: new ProjectionProgress(pool) })),
      onAlarm: () => undefined, // Every line below says it, and the service raises its alarms itself.
      onOverdue: () => undefined,
      onRetry: () => undefined,
    });
    const found = await reconciler.compare();
    process.stdout.write(`${reportOf(slug, found)}\n`);
    return found.every(isSound) ? 0 : exitCodeOfDifference;
  });
}

function reportOf(provider: string, found: readonly Reconciliation[]): string {
  if (found.length === 0) return `Nothing of ${provider} is on a chain yet.`;
  const verdict = found.every(isSound) ? 'THE SAME: chains hold what the books say.' : 'DIFFERENT: chains do not hold what the books say.';
  return [verdict, ...found.map(lineOf)].join('\n');
}

function lineOf(reconciliation: Reconciliation): string {
  const { subject, chainId, currency, blocks, onChain, opening, inLedger, inFlight } = reconciliation;
  const place = chainId === undefined ? 'all chains' : `chain ${chainId}`;
  const sides = `${amountText(onChain)} on chain, ${amountText(opening)} from before, ${amountText(inLedger)} in the books`;
  const states = blocks.map((block) => `${block.chainId}:${block.number} ${block.hash}`).join(', ');
  return `  ${subject} ${currency}, ${place}: ${sides}, ${amountText(inFlight)} in flight; difference ${amountText(differenceOf(reconciliation))} (${states})`;
}

function optionsIn(args: readonly string[]): { readonly provider: string | undefined; readonly data: string | undefined } {
  try {
    const options = { provider: { type: 'string' }, data: { type: 'string' } } as const;
    const { provider, data } = parseArgs({ args: [...args], options, allowPositionals: false }).values;
    return { provider, data };
  } catch (error) {
    throw new SettingsFault((error as Error).message);
  }
}
