import type { ChainModule } from '../../domain/chain-effect.ts';

const feeEvents = [
  'event FeeAccrued(address indexed receiver, address indexed token, uint256 amount)',
  'event FeesClaimed(address indexed receiver, address indexed token, uint256 amount)',
];
const seqCancelled = 'event SeqCancelled(uint64 indexed providerId, uint64 indexed seq, address by)';

/** Every event of the contracts of settlement, by kind of contract. Pauses and roles of the platform concern no provider's books. */
export const contractEvents: Readonly<Record<Exclude<ChainModule, 'token'>, readonly string[]>> = {
  registry: [
    'event ProviderCreated(uint64 indexed id, address admin, address treasury)',
    'event ProviderPausedSet(uint64 indexed id, bool paused)',
    'event AdminProposed(uint64 indexed id, address next, uint48 readyAt)',
    'event AdminCancelled(uint64 indexed id, address by)',
    'event AdminAccepted(uint64 indexed id, address admin)',
    'event TreasuryProposed(uint64 indexed id, address next, uint48 readyAt)',
    'event TreasuryCancelled(uint64 indexed id, address by)',
    'event TreasuryApplied(uint64 indexed id, address treasury)',
    'event RecoveryProposed(uint64 indexed id, address next, uint48 readyAt)',
    'event RecoveryVetoed(uint64 indexed id)',
    'event RecoveryApplied(uint64 indexed id, address admin)',
    'event SignerSet(uint64 indexed id, address indexed key, uint48 validUntil)',
    'event CollectorSet(uint64 indexed id, address indexed key, uint48 validUntil)',
    'event RefunderSet(uint64 indexed id, address indexed key, uint48 validUntil)',
    'event TokenSet(uint64 indexed id, address indexed token, bool allowed, uint8 decimals)',
    'event FeeSet(uint64 indexed id, uint16 bps, uint48 from)',
    'event FeeReceiverSet(address to)',
  ],
  settlement: [
    `event Settled(uint64 indexed providerId, bytes32 indexed invoiceRef, address indexed payer, uint64 seq, uint8 kind, uint8 method,
      address token, uint256 amount, uint256 fee, address treasury, bytes3 currency, uint128 fiatMinor)`,
    `event Refunded(uint64 indexed providerId, uint64 indexed seq, address indexed to, uint64 refundSeq, address token, uint256 amount,
      bytes32 reason)`,
    seqCancelled,
    `event MandateApproved(bytes32 indexed mandate, uint64 indexed providerId, address indexed payer, bytes32 accountRef, address token,
      uint128 maxPerPeriod, uint128 totalCap, uint48 period, uint48 start, uint48 end)`,
    `event Collected(bytes32 indexed mandate, uint64 indexed providerId, bytes32 indexed invoiceRef, address payer, uint64 seq, address token,
      uint256 amount, uint256 fee, address treasury, uint32 period)`,
    'event MandateRevoked(bytes32 indexed mandate, address indexed payer, address by)',
    ...feeEvents,
  ],
  escrow: [
    `event Purchased(uint64 indexed providerId, uint64 indexed eventId, address indexed payer, uint64 seq, address token, uint256 amount,
      bytes32 ref)`,
    'event EventOpened(uint64 indexed providerId, uint64 indexed eventId, uint48 captureAfter, uint48 reclaimAfter, uint16 feeBps)',
    'event EventCaptured(uint64 indexed providerId, uint64 indexed eventId, address token, uint256 amount, uint256 fee, address treasury)',
    'event EventCancelled(uint64 indexed providerId, uint64 indexed eventId)',
    `event PurchaseRefunded(uint64 indexed providerId, uint64 indexed eventId, address indexed payer, uint64 seq, address token,
      uint256 amount, address to)`,
    'event RefundSkipped(uint64 indexed providerId, uint64 indexed eventId, uint64 seq, address token)',
    seqCancelled,
    ...feeEvents,
  ],
  credit: [
    'event CreditCreated(uint64 indexed providerId, address indexed token, bytes3 currency, uint8 decimals)',
    'event MinterSet(address indexed key, uint48 validUntil)',
    'event DailyCapSet(uint128 cap)',
    'event CreditIssued(address indexed to, uint64 indexed seq, uint256 amount, uint32 epoch, bytes32 ref)',
    'event CreditRedeemed(address indexed holder, bytes32 indexed invoiceRef, uint64 indexed seq, uint256 amount)',
    'event CreditExpired(address indexed holder, uint256 amount, uint32 epoch)',
    'event CreditRefunded(address indexed holder, uint64 indexed seq, uint256 amount, bytes32 ref)',
  ],
};
