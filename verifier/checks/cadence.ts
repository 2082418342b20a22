import type { FinalAnchor } from '../chain/anchors.check.ts';
import { chainKeyOf, type LogPolicy } from '../log/policy.ts';
import type { Check } from './check.ts';

/** How much silence an auditor accepts, whatever the log promises. */
export interface GapRules {
  /** A longer one between two anchors leaves the time of what lies between UNVERIFIABLE; undefined: it stays a finding. */
  readonly secondsMax: number | undefined;
  /** Silences that the auditor knows the reason of. Seconds since 1970. */
  readonly tolerated: readonly { readonly from: number; readonly to: number; readonly why: string }[];
}

export interface Cadence {
  /** By chain and contract, in order. */
  readonly anchors: ReadonlyMap<string, readonly FinalAnchor[]>;
  readonly isLive: boolean;
  readonly gaps: GapRules | undefined;
}

/** Part of V6: is the log anchored as often as it promises? A silence that ended is a finding; one that lasts leaves a live log unproven. */
export function checkCadence(check: Check, { chains, heartbeatSeconds, toleranceSeconds }: LogPolicy, cadence: Cadence): void {
  const { gaps, isLive } = cadence;
  const reasonFor = (from: number, to: number) => gaps?.tolerated.find((gap) => gap.from <= from && to <= gap.to)?.why;
  for (const listed of chains) {
    const promised = (listed.heartbeatSeconds ?? heartbeatSeconds) + toleranceSeconds;
    const anchors = cadence.anchors.get(chainKeyOf(listed)) ?? [];
    anchors.forEach(({ seq, time, size }, place) => {
      const before = anchors[place - 1]?.time ?? time;
      const reason = reasonFor(before, time);
      const message = `${time - before} s passed before anchor ${seq} of ${size} leaves; ${promised} s are promised`;
      const isTooLong = gaps?.secondsMax !== undefined && time - before > gaps.secondsMax && reason === undefined;
      if (isTooLong) check.unverifiable.add({ message: `${message}, and the policy accepts ${gaps.secondsMax} s` });
      else if (time - before > promised)
        check.findings.add({ name: 'gap', message: reason === undefined ? message : `${message} (tolerated by the policy: ${reason})` });
    });
    const last = anchors.at(-1);
    if (!isLive || last === undefined) continue;
    const now = Math.floor(Date.now() / 1000);
    const silence = now - last.time;
    const message = `the last anchor on chain ${listed.chainId} is ${silence} s old; ${promised} s are promised`;
    if (silence <= promised) continue;
    const reason = reasonFor(last.time, now);
    if (reason === undefined) check.unverifiable.add({ message });
    else check.findings.add({ name: 'gap', message: `${message} (tolerated by the policy: ${reason})` });
  }
}
