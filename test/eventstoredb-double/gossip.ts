import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { randomUUID } from 'node:crypto';
import { gossip, shared } from './generated.ts';

const ticksPerMs = 10_000n;

export interface Member {
  readonly host: string;
  readonly port: number;
  readonly state: 'leader' | 'follower';
  readonly isAlive: boolean;
}

/** Gossip.Read, by which clients of `esdb://a,b` find the leader. */
export function readGossip(
  members: () => readonly Member[],
): (call: ServerUnaryCall<shared.Empty, gossip.ClusterInfo>, reply: sendUnaryData<gossip.ClusterInfo>) => void {
  return (_call, reply) => {
    const answer = new gossip.ClusterInfo();
    answer.setMembersList(members().map(memberInfo));
    reply(null, answer);
  };
}

function memberInfo({ host, port, state, isAlive }: Member): gossip.MemberInfo {
  const { LEADER, FOLLOWER } = gossip.MemberInfo.VNodeState;
  const id = new shared.UUID();
  id.setString(randomUUID());
  const endPoint = new gossip.EndPoint();
  endPoint.setAddress(host);
  endPoint.setPort(port);
  const member = new gossip.MemberInfo();
  member.setInstanceId(id);
  member.setTimeStamp(String(BigInt(Date.now()) * ticksPerMs));
  member.setState(state === 'leader' ? LEADER : FOLLOWER);
  member.setIsAlive(isAlive);
  member.setHttpEndPoint(endPoint);
  return member;
}
