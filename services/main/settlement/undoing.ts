import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  SettlementDispatchesQuery,
  type TakenBackDispatch,
} from '../../../projections/settlement-dispatches/settlement-dispatches.query.ts';
import { lastDataFolder } from '../embedded/last-data-folder.ts';
import { type Environment, readSettings, SettingsFault } from '../settings.ts';
import { withLedger } from '../with-ledger.ts';
import { isUnanswered, ServiceDoor } from './service-door.ts';

export const undoingUsage =
  'undo [--provider <slug>], undo --dispatch <id> --reason <text> [--confirm <digest>] [--url <url of the service>] [--key-file <file of an API key>]';

const exitCodes = { done: 0, undecided: 1, unanswered: 2 } as const;

interface Asked {
  readonly dispatch: string;
  readonly reason: string;
  readonly digest: string | undefined;
}

/**
 * `settlement undo`: lists what is done although the ledger has taken back what it did on chain, and asks the service to open one of these
 * orders again, once whoever decides it names exactly that by its digest.
 */
export async function undo(args: readonly string[], environment: Environment): Promise<number> {
  const { dispatch, reason, confirm: digest, url, 'key-file': keyFile, data, provider } = optionsIn(args);
  if (dispatch === undefined) {
    if (reason !== undefined || digest !== undefined) throw new SettingsFault(`settlement takes ${undoingUsage}.`);
    return list({ data, provider }, environment);
  }
  if (reason === undefined || provider !== undefined) throw new SettingsFault(`settlement takes ${undoingUsage}.`);
  const { host, port, dataFolder } = readSettings(data === undefined ? [] : ['--data', data], environment, lastDataFolder());
  const door = await ServiceDoor.open(url ?? `http://${host}:${port}`, keyFile ?? join(dataFolder, 'api-key'));
  return ask(door, { dispatch, reason, digest });
}

function list(
  place: { readonly provider: string | undefined; readonly data: string | undefined },
  environment: Environment,
): Promise<number> {
  return withLedger(place, environment, async ({ provider, pool }) => {
    const found = await new SettlementDispatchesQuery(pool).takenBack(provider);
    for (const each of found) print(lineOf(each));
    if (found.length === 0) print('Nothing is done of which the ledger has taken back what it did.');
    else print('Each is opened again by: settlement undo --dispatch <id> --reason <text>');
    return found.length === 0 ? exitCodes.done : exitCodes.undecided;
  });
}

async function ask(door: ServiceDoor, { dispatch, reason, digest }: Asked): Promise<number> {
  const answer = await door.post({
    path: '/v1/settlement/undoings',
    idempotencyKey: `undo:${dispatch}:${digest ?? ''}`,
    body: { dispatch, reason, ...(digest !== undefined && { digest }) },
  });
  const { isAccepted, code, status, params } = answer;
  if (isAccepted) {
    print(`${dispatch} is open again: its transaction is looked for, and sent again as it was signed.`);
    return exitCodes.done;
  }
  if (code === 'dispatch_undo_undecided') {
    const { tx, digest: named } = params as { readonly tx: string; readonly digest: string };
    const found = digest === undefined ? '' : `${digest} is not what is undone by now. `;
    print(`Nothing was undone. ${found}${dispatch} was done by ${tx}, and the ledger has taken back what that did.`);
    print(`To open it again, repeat the command with --confirm ${named}.`);
    return exitCodes.undecided;
  }
  print(`${dispatch} was not undone: ${code ?? status}`);
  return isUnanswered(answer) ? exitCodes.unanswered : exitCodes.undecided;
}

function lineOf({ id, operation, chainId, tx, orderedAt }: TakenBackDispatch): string {
  return `${id}  ${operation}  chain ${chainId}  ordered ${orderedAt.toISOString()}  ${tx}`;
}

function optionsIn(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    const options = { data: text, provider: text, dispatch: text, reason: text, confirm: text, url: text, 'key-file': text } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new SettingsFault((error as Error).message);
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
