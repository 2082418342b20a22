import fc from 'fast-check';
import { copyDamage } from './damaged-copies.ts';
import { operatorDamage } from './damaging-operator.ts';
import { LogBuilder, type LogFolder } from './log-builder.ts';
import { chains, contract, grow } from './varied-logs.ts';

export interface DamagedLog {
  /** Says what was done, so that it can be done again. */
  readonly name: string;
  readonly genesisHash: string;
  readonly files: LogFolder;
}

/** Logs that somebody damaged who has their files, and logs that their operator damaged, who signs what comes of it. */
export function damagedLogs(seed: number, { runs = 240 } = {}): DamagedLog[] {
  const logs = [grow(anchored(), 41), grow(anchored(), 300)].map((log) => ({ log, files: log.files() }));
  const copies = fc.sample(copyDamage, { numRuns: runs, seed }).map(({ about, which, damage }) => {
    // Most in the small log: a byte of it says more.
    const { log, files } = logs[which % 4 === 0 ? 1 : 0] as (typeof logs)[number];
    return { name: `copy of ${log.size}: ${about}`, genesisHash: log.genesisHash, files: damage(files) };
  });
  const operators = fc.sample(operatorDamage, { numRuns: runs, seed }).map(({ about, damage }) => {
    const log = grow(anchored(), 30);
    const files = damage(log);
    return { name: `operator: ${about}`, genesisHash: log.genesisHash, files };
  });
  return [...copies, ...operators];
}

function anchored(): LogBuilder {
  const log = grow(new LogBuilder({ chains }), 12);
  log.tick(1n, 7n, `0x${'e'.repeat(64)}`);
  log.rotateKey();
  grow(log, 20).changePolicy({ heartbeatSeconds: '60' });
  log.anchors.push({ chainId: '1', contract, size: 9n }, { chainId: '1', contract, size: 17n });
  return log;
}
