import { createHardhatRuntimeEnvironment } from 'hardhat/hre';
import { JsonRpcProvider } from 'ethers';
import type { ThrowawayChain } from '../../bench/support/throwaway-chain.ts';

/** The tags of all statements that a chain of this process has executed, in a transaction or in a call. */
export const executed = new Set<string>();

const environment = createHardhatRuntimeEnvironment({
  networks: {
    measured: {
      type: 'edr-simulated',
      allowUnlimitedContractSize: true,
      gasEstimationMode: 'topLevelSuccess',
      throwOnTransactionFailures: false,
    },
  },
}).then((hre) => {
  hre.hooks.registerHandlers('network', {
    onCoverageData: async (_, tags) => tags.forEach((tag) => executed.add(tag)),
    onRequest: (context, connection, request, next) =>
      next(context, connection, { ...request, method: request.method.replace(/^anvil_/, 'hardhat_') }),
  });
  return hre;
});

/** Which anvil has from its start: what it creates stands at the same address on every chain. */
const deployer = {
  address: '0x4e59b44847b379578588920ca78fbf26c0b4956c',
  code: '0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3',
};

/** Hardhat's chain in place of anvil, since it tells which marks were passed. */
export async function startThrowawayChain(): Promise<ThrowawayChain> {
  const server = await (await environment).network.createServer({ network: 'measured' }, '127.0.0.1', 0);
  const { address, port } = await server.listen();
  const url = `http://${address}:${port}`;
  const provider = new JsonRpcProvider(url, undefined, { cacheTimeout: -1, pollingInterval: 20 });
  await provider.send('hardhat_setCode', [deployer.address, deployer.code]);
  const stop = async () => {
    provider.destroy();
    await server.close();
  };
  return { url, provider, stop };
}
