/// <reference lib="dom" />
import { collectEvidence, HttpLogSource, nameEvent, textReport, verifyLog } from './verifier.ts';

/* The page of an auditor who has a browser and nothing else. What the log says is only ever set as text. */

const form = element('form', HTMLFormElement);
const report = element('report', HTMLPreElement);
const progress = element('progress', HTMLProgressElement);
const state = element('state', HTMLElement);
const evidence = element('evidence', HTMLAnchorElement);

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void run(new FormData(form)).catch((error: unknown) => {
    state.textContent = `The verifier failed. This says nothing of the log. ${String(error)}`;
  });
});

async function run(fields: FormData): Promise<void> {
  const textOf = (name: string) => (fields.get(name) as string | null)?.trim() ?? '';
  const genesisHash = textOf('genesis').toLowerCase().replace(/^0x/, '');
  if (!/^[0-9a-f]{64}$/.test(genesisHash)) {
    state.textContent = 'The genesis hash is not 64 hex digits.';
    return;
  }
  const token = textOf('token') === '' ? undefined : textOf('token');
  const rpcUrls = textOf('rpc')
    .split(/\s+/)
    .filter((url) => url !== '');
  report.textContent = '';
  evidence.hidden = true;
  document.body.dataset['verdict'] = '';
  state.textContent = 'Reading ...';
  const outcome = await verifyLog({
    source: new HttpLogSource(new URL(textOf('log'), location.href).href, { token }),
    ...{ genesisHash, rpcUrls, isOffline: rpcUrls.length === 0, isDeep: fields.has('deep') },
    onProgress: ({ leaves, size }) => {
      progress.max = size;
      progress.value = leaves;
      state.textContent = `${leaves} of ${size} leaves`;
    },
  });
  const firstBad = 'firstBad' in outcome ? outcome.firstBad : undefined;
  const badEvent = firstBad !== undefined && !('reason' in outcome) ? await nameEvent(outcome, firstBad.index) : undefined;
  state.textContent = outcome.verdict;
  report.textContent = textReport(outcome, badEvent);
  document.body.dataset['verdict'] = outcome.verdict;
  if (outcome.verdict !== 'INVALID' || 'reason' in outcome) return;
  const file = new Blob([JSON.stringify(await collectEvidence(outcome), null, 2)], { type: 'application/json' });
  evidence.href = URL.createObjectURL(file);
  evidence.hidden = false;
}

function element<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new TypeError(`The page has no ${id}.`);
  return found;
}
