import { Contract, ContractFactory, type HDNodeWallet, JsonRpcProvider, type JsonRpcSigner, keccak256, Network, Wallet } from 'ethers';
import { ledgerAnchorAbi, ledgerAnchorBytecode } from '../../contracts/generated/ledger-anchor.ts';
import type { ListedChain } from '../../services/integrity/domain/log-policy.ts';
import { type Anvil, startAnvil } from './anvil.ts';
import { LogBuilder, type LogBuilderOptions } from './log-builder.ts';

/** A chain with an anchor contract, and the publisher of whatever is anchored there. Everybody holds the same accounts. */
export class AnchoringChain {
  readonly anvil: Anvil;
  readonly listed: ListedChain;
  readonly contract: Contract;
  readonly publisher: JsonRpcSigner;
  readonly #provider: JsonRpcProvider;
  readonly #chainId: number;

  private constructor(
    anvil: Anvil,
    provider: JsonRpcProvider,
    deployed: { contract: Contract; listed: ListedChain; publisher: JsonRpcSigner },
  ) {
    this.anvil = anvil;
    this.#provider = provider;
    this.contract = deployed.contract;
    this.listed = deployed.listed;
    this.publisher = deployed.publisher;
    this.#chainId = Number(deployed.listed.chainId);
  }

  static async start(chainId = 31_337): Promise<AnchoringChain> {
    return AnchoringChain.#on(await startAnvil({ chainId }), chainId);
  }

  /** The same chain with another contract, that knows no log yet. */
  withNewContract(): Promise<AnchoringChain> {
    this.#provider.destroy();
    return AnchoringChain.#on(this.anvil, this.#chainId);
  }

  static async #on(anvil: Anvil, chainId: number): Promise<AnchoringChain> {
    const network = Network.from(chainId);
    const provider = new JsonRpcProvider(anvil.url, network, { staticNetwork: network, cacheTimeout: -1 });
    const publisher = await provider.getSigner(0);
    const factory = new ContractFactory([...ledgerAnchorAbi], ledgerAnchorBytecode, publisher);
    const deployed = await factory.deploy(0, publisher.address, publisher.address);
    const receipt = await deployed.deploymentTransaction()?.wait();
    const address = (await deployed.getAddress()).toLowerCase();
    const codeHash = keccak256(await provider.getCode(address));
    const listed = { chainId: String(chainId), contract: address, fromBlock: String(receipt?.blockNumber), codeHash };
    return new AnchoringChain(anvil, provider, { contract: new Contract(address, [...ledgerAnchorAbi], publisher), listed, publisher });
  }

  /** A log that lists this chain, or those of the options, and is registered here. */
  async log(options: LogBuilderOptions = {}): Promise<LogBuilder> {
    const log = new LogBuilder({ chains: [this.listed], ...options });
    await this.register(log);
    return log;
  }

  async register(log: LogBuilder, publisher: string = this.publisher.address): Promise<void> {
    await this.send('register', `0x${log.logId}`, publisher);
  }

  /** A key of somebody's own with coins for many transactions. */
  async fundedWallet(): Promise<HDNodeWallet> {
    const wallet = Wallet.createRandom();
    await this.anvil.rpc.call('anvil_setBalance', wallet.address, '0x56bc75e2d63100000');
    return wallet;
  }

  /** Anchors the first leaves of the log, or what the publisher says that they are. */
  async anchor(log: LogBuilder, size = log.size, root = log.root(size)): Promise<void> {
    const [held] = (await this.contract.getFunction('latest')(`0x${log.logId}`)) as [bigint];
    await this.send('anchor', `0x${log.logId}`, held, size, root, log.consistencyProof(held, size));
  }

  /** As the anchorer makes them: tick, commitment, anchor. */
  async round(log: LogBuilder): Promise<void> {
    await this.anvil.mine(3);
    await this.tick(log);
    log.commitState(log.size, {}, nowText());
    await this.anchor(log);
    await this.anvil.mine(3);
  }

  /** Names the last final block in the log. Answers the leaf. */
  async tick(log: LogBuilder): Promise<number> {
    const { number, hash } = await this.block('finalized');
    return log.tick(BigInt(this.#chainId), number, hash, nowText());
  }

  async block(which: 'finalized' | number): Promise<{ readonly number: bigint; readonly hash: string }> {
    const block = await this.#provider.getBlock(which);
    if (block?.hash === undefined || block.hash === null) throw new Error(`There is no block ${which}.`);
    return { number: BigInt(block.number), hash: block.hash };
  }

  /** Waits for the receipt; throws what the contract answers. */
  async send(name: string, ...values: unknown[]): Promise<void> {
    const sent = (await this.contract.getFunction(name)(...values)) as { wait(): Promise<unknown> };
    await sent.wait();
  }

  async stop(): Promise<void> {
    this.#provider.destroy();
    await this.anvil.stop();
  }
}

/** A claimed time so many seconds from now. */
export function nowText(offsetSeconds = 0): string {
  return new Date(Date.now() + offsetSeconds * 1000).toISOString();
}
