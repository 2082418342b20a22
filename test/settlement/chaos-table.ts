/** Tests that inject a fault: a file below `test/`, the title of a test in it, and for a title with `%s` the cases that are meant; all without. */
export type Injection = readonly [file: string, title: string, ...cases: readonly string[]];

export interface Fault {
  readonly fault: string;
  /** Where it is injected. */
  readonly where: string;
  /** What has to be true afterwards. */
  readonly holds: string;
  readonly tests: readonly Injection[];
}

const crash = 'settlement/watcher-crash.test.ts';
const faults = 'settlement/watcher-faults.test.ts';
const reorg = 'settlement/reorg.test.ts';
const lies = 'settlement/rpc-lies.test.ts';
const sending = 'settlement/sending.test.ts';
const queue = 'integration/chain/transaction-queue.test.ts';
const sender = 'integration/settlement/settlement-sender.test.ts';
const watching = 'integration/settlement/watching.test.ts';
const toldAgain = 'integration/settlement/told-again.test.ts';
const resync = 'integration/settlement/shadow-resync.test.ts';
const coins = 'integration/settlement/native-strays.test.ts';
const watch = 'unit/settlement/chain-watch.test.ts';
const node = 'unit/settlement/rpc-watched-node.test.ts';
const pages = 'unit/settlement/log-pages.test.ts';
const lateLogs = 'unit/settlement/late-logs.test.ts';
const quorum = 'unit/settlement/node-quorum.test.ts';
const follower = 'unit/settlement/native-follower.test.ts';

/** One node alone tells the watcher this, and one of three where it is hard to tell from the truth. */
const lie = (...cases: readonly string[]): readonly Injection[] => [[lies, 'when the only node %s', ...cases]];
const hardLie = (...cases: readonly string[]): readonly Injection[] => [...lie(...cases), [lies, 'when one of three nodes %s', ...cases]];
/** What one node says of a log. */
const ofLog = (...cases: readonly string[]): Injection => [node, 'is the truth or nothing, where a log %s', ...cases];

/** What is done to the watcher of chains and to the sender of transactions. */
export const injectedFaults: readonly Fault[] = [
  {
    fault: 'watcher: the process dies before a call',
    where: 'every call of every port (nodes, store, ledger) in memory; every seventh with Postgres, each time another of seven',
    holds: 'the next process goes on; each event is in the ledger once, in its order',
    tests: [[crash, 'with what it knows %s']],
  },
  {
    fault: 'watcher: kill -9 of its process',
    where: 'four calls of all ports, before one and in the middle of it, in a process of its own with Postgres',
    holds: 'the next process goes on; each event is in the ledger once, in its order',
    tests: [[crash, 'as a process that is killed']],
  },
  {
    fault: 'watcher: the answer of a call is lost',
    where: 'every third call of every port, each time another of three, after it was carried out',
    holds: 'the same process goes on; each event is in the ledger once, in its order',
    tests: [[faults, 'loses the answer of any one call that was carried out, and no event is lost or doubled']],
  },
  {
    fault: 'watcher: everything is told twice',
    where: 'every call of the ledger',
    holds: 'nothing is in the ledger twice',
    tests: [[faults, 'tells the ledger everything twice, and nothing is in it twice']],
  },
  {
    fault: 'watcher: takeover by another process',
    where: 'the first stops, or ends before it has kept what it found',
    holds: 'one at a time follows a chain, from where the last one was',
    tests: [
      [watching, 'is done by one process at a time; another one goes on when it ends'],
      [coins, 'are told from where balances were known, when a process ends before it has kept what it found'],
      [follower, 'are looked for from where another process left off, and what was read is forgotten once it is told'],
    ],
  },
  {
    fault: 'watcher: its database is set back',
    where: 'to what it knew after each act of a history, or rows of it missing, made up or changed',
    holds: 'nothing is doubled in the ledger; a comparison with the chain names every difference',
    tests: [
      [faults, 'is set back to what it knew after act %s, and the ledger is not'],
      [resync, 'names what is missing, made up or changed in what is kept'],
      [resync, 'finds what was left out, and the ledger hears of it'],
      [resync, 'knows what is final from the ledger, where a process ended before it noted that'],
    ],
  },
  {
    fault: 'watcher: the ledger is set back',
    where: 'all, or the last of what it was told is gone',
    holds: 'it hears of all of it again, losses too; one that has it stays as it is',
    tests: [
      [toldAgain, 'hears of all of it again'],
      [toldAgain, 'is told of losses again that it had not written down yet'],
      [toldAgain, 'changes nothing in one that has all of it'],
      [resync, 'is not what its store has lost, until that is told again'],
    ],
  },
  {
    fault: 'watcher: the clock jumps',
    where: 'before every look: a year ahead, back, to 1970, to the last time there is',
    holds: 'each event once; what a node left out is still found within a day; nothing is told while every node seems to stand still',
    tests: [
      [faults, 'to any time before any look, keeps every event once'],
      [faults, 'ahead and back, still finds within a day of its own what a node left out'],
      [faults, 'so far ahead that every node seems to stand still, waits, and goes on when it is right again'],
    ],
  },
  {
    fault: 'watcher: reorganisation above what is final',
    where: 'a real chain and a scripted one: payments observed, confirmed, paid again, back on the old branch, on a shorter chain',
    holds: 'what is lost is told as lost before what took its place; only what is final is final, once',
    tests: [
      [reorg, 'takes back a payment that was observed, or confirmed, and it is never final'],
      [reorg, 'leaves the slot to be paid again, which is then final once'],
      [reorg, 'takes back what a chain that became shorter has lost, once another block stands there'],
      [watch, 'takes back what a reorganisation loses, and takes it again where it comes back'],
    ],
  },
  {
    fault: 'watcher: reorganisation below what was final',
    where: 'a real chain and a scripted one, with and without payments in the blocks that go',
    holds: 'the chain halts for every process until an operator lifts that; nothing is taken back by guess',
    tests: [
      [reorg, 'below what was final stops the chain, and takes nothing back'],
      [watch, 'stops at another block in the place of a final one, also before that is final'],
      [watch, '[SET-A32] stops at another final block where everything was final that it had seen'],
      [
        watching,
        'halts at a final block that is another one, for every process and whatever nodes show later, until an operator lifts that',
      ],
    ],
  },
  {
    fault: 'node: leaves logs out',
    where: 'logs, receipts and the state of the contract, of the only node and of one of three',
    holds: 'nothing is told that the contract denies; what was left out is found, within a day at the latest',
    tests: [
      ...hardLie('answers without logs', 'answers with half of the logs', 'has no receipts'),
      ...lie('has no log of a hash'),
      [lateLogs, 'is found by the receipt of what moved with it, before that is told as a stray'],
      [lateLogs, 'is told once when it is found late: what was told as a stray is taken back, to the unit'],
      [watch, 'finds within a day a payment that a node left out, in whatever word of the numbers that were given out'],
    ],
  },
  {
    fault: 'node: lags behind',
    where: 'an old head, an old newest block, ranges that it has not come to',
    holds: 'its silence is no answer, and no reorganisation',
    tests: [
      ...lie('shows an old head', 'shows an old block as its newest'),
      [pages, 'is not believed about blocks that it has not come to'],
      [node, 'is nothing where it has not come so far: its silence is no answer'],
    ],
  },
  {
    fault: 'node: repeats and reorders logs',
    where: 'every answer with logs',
    holds: 'each event once, in the order of the chain',
    tests: [...lie('repeats logs', 'turns logs around'), ofLog('comes twice', 'comes last first')],
  },
  {
    fault: 'node: lies',
    where: 'blocks, places, data, transactions and contracts of logs; receipts; hashes; another chain; nonsense',
    holds: 'the truth or nothing: in the end the ledger has what is on the chain, each payment once',
    tests: [
      ...lie('gives logs another block', 'gives logs another place', 'gives logs other data', 'says that logs are removed'),
      ...lie('gives logs of other contracts', 'shows receipts of failure', 'shows receipts of another block', 'knows no hashes'),
      ...lie('answers with nonsense'),
      ...hardLie('shows other blocks by number', 'serves another chain'),
      ofLog('has another amount in it', 'is in another place', 'is of another transaction', 'is of a transaction that failed'),
      ofLog('has a receipt of another block', 'has a receipt without it', 'nobody asked for', 'is of another block, and so is its receipt'),
      ofLog('is in a block that it does not know, nor its logs'),
      [node, 'is nothing where it is of blocks outside of those that were asked for'],
      [watch, 'believes no single node the time of a block, which amounts are valued at'],
    ],
  },
  {
    fault: 'node: invents a payment, with its receipt',
    where: 'the only node, and one of three',
    holds: 'the chain halts before the ledger hears of it',
    tests: [
      [lies, 'and stops where the only node invents a payment, before the ledger hears of it'],
      [lies, 'when one of three nodes %s', 'invents a payment with its receipt'],
    ],
  },
  {
    fault: 'nodes contradict each other',
    where: 'logs, and transfers past the contracts',
    holds: 'the checkpoint waits, whoever is in the majority; what was agreed on is told',
    tests: [
      [lies, 'and waits while nodes contradict each other, whoever is in the majority'],
      [watch, 'tells what was agreed on while a node lies of transfers past the contracts, and reads these once it does not'],
      [watching, 'tells anybody how it goes, and raises an alarm when nodes contradict each other'],
    ],
  },
  {
    fault: 'node: limits ranges, and what a block may hold',
    where: 'every limit, also one below the logs of a single block',
    holds: 'all of it is read, each log once, or the chain waits and says so',
    tests: [
      ...lie('refuses ranges for ever'),
      [pages, 'is read whole, each log once, whatever it allows'],
      [node, 'is taken from the receipts of all of its transactions'],
      [node, 'is nothing where its receipts are wrong: it %s'],
      [node, 'says that it has neither way, so that somebody looks for another node'],
    ],
  },
  {
    fault: 'node: throttles, breaks down',
    where: '429 by status and by text, 503',
    holds: 'it is waited for; nothing is lost',
    tests: [...hardLie('is throttled'), ...lie('is throttled politely', 'breaks down')],
  },
  {
    fault: 'node: drops sockets',
    where: 'every request, of the only node and of one of three',
    holds: 'it is waited for, or done without; nothing is lost',
    tests: [...hardLie('hangs up')],
  },
  {
    fault: 'node: slow, or silent',
    where: 'one request for ever, one node behind the others',
    holds: 'it keeps no look waiting while the others are enough, and what it contradicts is told when it answers',
    tests: [
      ...lie('never answers'),
      [quorum, 'is not waited for, and not asked more until it has answered'],
      [quorum, 'is heard in the end: what contradicts what was believed is told by the next look, once'],
      [quorum, 'is waited for where the others are too few'],
      [quorum, 'keeps no look waiting'],
    ],
  },
  {
    fault: 'sender: the process dies before a call',
    where: 'every call of the chain, in turn, until the transaction is final; every write and signature, with another process taking over',
    holds: 'one payment, no gap between nonces',
    tests: [
      [sending, 'a restart at every call of the chain goes on where the last process ended'],
      [queue, 'sends or fails, not both, wherever one that %s ends for good and one that %s takes over'],
    ],
  },
  {
    fault: 'sender: the answer of a call is lost',
    where: 'the transaction, after the node has it',
    holds: 'the same bytes are sent again: one payment',
    tests: [
      [sending, 'a lost answer sends the same bytes again: one payment, no gap'],
      [queue, 'sends the same bytes again after a lost answer, and takes effect once'],
    ],
  },
  {
    fault: 'sender: two processes at once',
    where: 'every order of their steps in memory; stopped at each step; on a real chain',
    holds: 'one transaction or a failure, never both; each nonce is given away once',
    tests: [
      [
        'unit/settlement/two-senders.test.ts',
        'never say of what the other sends that it failed: one %s, one %s, in every order of their steps',
      ],
      [queue, 'sends or fails, not both, wherever one that %s is stopped while one that %s goes on'],
      [queue, 'gives each nonce away once, to however many processes that ask at once'],
      [queue, 'lets two processes outbid at once: one of them does'],
      [sending, 'two processes at once send one transaction'],
      [sending, 'a process that looked before another one had signed does not take what that one paid for a failure'],
    ],
  },
  {
    fault: 'sender: takeover by another process',
    where: 'the first stops, or loses its lock with its connection, again and again',
    holds: 'every order is paid, none twice',
    tests: [
      [sender, 'is taken over by a second process when the first one stops'],
      [sender, 'is taken over when the first one loses its lock, and nothing is paid twice'],
    ],
  },
  {
    fault: 'sender: reorganisation',
    where: 'blocks that were not final, and blocks that were',
    holds: 'sent again as it was signed; below what was final the key sends nothing until an operator says so, and pays once',
    tests: [
      [queue, 'sends again what a reorganisation undid, in the order of its nonces'],
      [sending, 'keeps its key from sending anything, is sent again as it was signed, and is paid once'],
      [sending, 'is signed anew behind whoever took its nonce, and is paid once'],
      [sending, 'is found, and not sent again, where the chain shows it after all'],
    ],
  },
  {
    fault: 'sender: its database is set back',
    where: 'orders and signed transactions of before the payment',
    holds: 'the number of the refund keeps it from being paid twice',
    tests: [
      [sending, '[SET-A35] is never paid under a number that was paid'],
      [sending, 'is refused by its number, where what was signed for it was lost as well and the chain shows it'],
    ],
  },
  {
    fault: 'sender: the clock jumps',
    where: 'between signing, sending and looking, decades ahead and back',
    holds: 'what is stuck is outbid and sent again, once; what is not good any more is given up by a transfer of nothing',
    tests: [
      [queue, 'outbids what is stuck, and sends again, by a clock that was ahead and has been set back, once'],
      [sending, 'is given up by a transfer of nothing when its rate is not good any more and no block took it'],
    ],
  },
  {
    fault: 'sender: the transaction is dropped, stuck, or its nonce taken',
    where: 'in the mempool, on a real chain',
    holds: 'sent again, outbid under the same nonce, or followed by the next one: paid once',
    tests: [
      [sending, 'a dropped transaction is sent again'],
      [sending, 'a fee spike is outbid by an eighth, under the same nonce'],
      [sending, 'a nonce that somebody else took is followed by the next one'],
    ],
  },
  {
    fault: 'sender: a chain that is away, a key that cannot be used',
    where: 'one of several',
    holds: 'the others go on',
    tests: [[sender, 'lets a chain that is away, and a key that cannot be used, stop nothing else']],
  },
];
