import { chainBlockOf } from '../../application/watching/chain-block.ts';
import { dataSlice, id, Interface, type LogDescription, zeroPadValue } from 'ethers';
import { type ChainEffect, type ChainModule, type EffectKind, type RecordedLogName, recordedLogNames } from '../../domain/chain-effect.ts';
import type { LogReader } from '../../application/watching/log-reader.ts';
import type { LogFilter, ProvenLog } from '../../application/watching/watched-node.ts';
import type { TokenTransfer } from '../../domain/stray-transfers.ts';
import { NodeAnswerFault } from '../../application/watching/watcher-faults.ts';
import type { WatchedContract, WatchedLog } from '../../application/watching/watcher-store.ts';
import { contractEvents } from './contract-events.ts';

type Fields = Readonly<Record<string, string>>;

interface BusinessKey {
  readonly effect: EffectKind;
  readonly keyOf: (fields: Fields) => string;
}

const transferTopic = id('Transfer(address,address,uint256)');

const bySeq = ({ seq }: Fields): string => seq as string;
const byEvent = ({ eventId }: Fields): string => eventId as string;

/** What a contract can do once, by the name of the log that says so. Any other log is known by its place. */
const businessKeys: Readonly<Record<string, BusinessKey>> = {
  Settled: { effect: 'slot', keyOf: bySeq },
  Collected: { effect: 'slot', keyOf: bySeq },
  Purchased: { effect: 'slot', keyOf: bySeq },
  SeqCancelled: { effect: 'slot', keyOf: bySeq },
  Refunded: { effect: 'refund', keyOf: ({ refundSeq }) => refundSeq as string },
  PurchaseRefunded: { effect: 'purchase-refund', keyOf: bySeq },
  EventOpened: { effect: 'open', keyOf: byEvent },
  EventCancelled: { effect: 'cancel', keyOf: byEvent },
  EventCaptured: { effect: 'capture', keyOf: ({ eventId, token }) => `${eventId}.${token}` },
  CreditIssued: { effect: 'issue', keyOf: bySeq },
  CreditRefunded: { effect: 'credit-refund', keyOf: bySeq },
  CreditRedeemed: { effect: 'redeem', keyOf: ({ holder, seq }) => `${holder}.${seq}` },
};

/** Reads logs by the events of the contracts, to the last byte: what encodes differently was not emitted by them. */
export class AbiLogReader implements LogReader {
  readonly #interfaces = new Map(Object.entries(contractEvents).map(([module, events]) => [module, new Interface([...events])]));

  topicsOf(module: ChainModule): readonly string[] {
    const topics: string[] = [];
    this.#interfaces.get(module)?.forEachEvent(({ topicHash }) => topics.push(topicHash));
    return topics;
  }

  read(chainId: string, { address, module, providerId: ownerId }: WatchedContract, log: ProvenLog): WatchedLog {
    const parsed = this.#parsed(module, log);
    const fields = fieldsOf(parsed);
    const { providerId = ownerId, ...others } = module === 'registry' ? renamed(fields) : fields;
    const { tx } = log;
    const logIndex = String(log.logIndex);
    const place = { chainId, contract: address, module, block: chainBlockOf(log.block), tx, logIndex };
    const { effect, keyOf } = businessKeys[parsed.name] ?? { effect: 'log', keyOf: () => `${tx}.${logIndex}` };
    const told = isRecorded(parsed.name) ? { name: parsed.name, fields: others } : { name: parsed.name, ...others };
    // The table above pairs each name with its effect, and the events with their fields: the compiler cannot follow that.
    return { ...place, providerId, effect, key: keyOf(others), log: told } as unknown as ChainEffect;
  }

  transferFilters(token: string, addresses: readonly string[]): LogFilter[] {
    const padded = addresses.map((address) => zeroPadValue(address, 32));
    return [
      { addresses: [token], topics: [[transferTopic], padded] },
      { addresses: [token], topics: [[transferTopic], null, padded] },
    ];
  }

  transferIn(log: ProvenLog): TokenTransfer | undefined {
    const { address: token, topics, data, tx } = log;
    const [, from, to, ...others] = topics;
    if (from === undefined || to === undefined || others.length > 0 || data.length !== 66) return undefined;
    const parties = { from: dataSlice(from, 12), to: dataSlice(to, 12) };
    return { token, ...parties, amount: BigInt(data), block: chainBlockOf(log.block), tx, logIndex: String(log.logIndex) };
  }

  #parsed(module: ChainModule, { address, topics, data }: ProvenLog): LogDescription {
    const contract = this.#interfaces.get(module);
    let parsed: LogDescription | null = null;
    try {
      parsed = contract?.parseLog({ topics, data }) ?? null;
      const encoded = parsed && contract?.encodeEventLog(parsed.fragment, parsed.args);
      if (encoded?.data !== data || encoded.topics.join() !== topics.join()) parsed = null;
    } catch {
      parsed = null;
    }
    if (parsed !== null) return parsed;
    throw new NodeAnswerFault(`The chain node answered with a log that the contract at ${address} cannot emit.`);
  }
}

/** The registry calls a provider `id`. */
function renamed({ id: providerId, ...others }: Fields): Fields & { readonly providerId?: string } {
  return { ...(providerId !== undefined && { providerId }), ...others };
}

function fieldsOf({ fragment, args }: LogDescription): Fields {
  return Object.fromEntries(fragment.inputs.map(({ name }, index) => [name, String(args[index]).toLowerCase()]));
}

function isRecorded(name: string): name is RecordedLogName {
  return (recordedLogNames as readonly string[]).includes(name);
}
