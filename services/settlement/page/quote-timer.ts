/// <reference lib="dom" />
import { element, setText, show } from './view.ts';

/** When the payer is told that time runs out, before it does. */
const warningSeconds = 120;
/** Between two questions to a service whose clock is behind that of the browser. */
const clockRetryMs = 2_000;

export interface QuoteTimerOptions {
  /** Asks for the next quote, because the payer wanted more time. */
  more(): void;
  over(): void;
}

/**
 * The time of a quote. It cannot be lengthened, since the rate is held for it; a payer who needs longer says so once, and the next quote
 * comes by itself as soon as there can be one. Nothing is paid without another tap.
 */
export class QuoteTimer {
  readonly #options: QuoteTimerOptions;
  #watched: string | undefined;
  #deadline = Number.NaN;
  #isWarned = false;
  #wantsMore = false;
  #retryAt = Number.NaN;

  constructor(options: QuoteTimerOptions) {
    this.#options = options;
    element('more-time').addEventListener('click', () => this.#askForMore());
    setInterval(() => this.#tick(), 1_000);
  }

  /** Counts down to this moment, ISO text; undefined: there is no quote. */
  watch(deadline: string | undefined): void {
    if (this.#wantsMore && deadline !== undefined && deadline === this.#watched) {
      this.#retryAt = Date.now() + clockRetryMs; // By the clock of the service it is still good.
      return;
    }
    this.#watched = deadline;
    this.#deadline = deadline === undefined ? Number.NaN : Date.parse(deadline);
    this.#isWarned = false;
    this.#wantsMore = false;
    this.#retryAt = Number.NaN;
    show('more-time', false);
    setText('timer-news', '');
    this.#show();
  }

  /** The next quote cannot be had before this moment; a payer who wants more time gets it then. */
  waitUntil(moment: string | undefined): void {
    if (this.#wantsMore && moment !== undefined) this.#retryAt = Date.parse(moment);
  }

  #askForMore(): void {
    this.#wantsMore = true;
    show('more-time', false);
    setText('timer-news', 'When this quote is over, a new one comes by itself as soon as there can be one. Leave this page open.');
    element('timer-news').className = 'hint';
  }

  #tick(): void {
    if (Date.now() >= this.#retryAt) {
      this.#retryAt = Number.NaN;
      this.#options.more();
      return;
    }
    if (Number.isNaN(this.#deadline) || element('quote').hidden) return;
    const seconds = this.#show();
    if (seconds > 0 && seconds <= warningSeconds && !this.#isWarned) {
      this.#isWarned = true;
      show('more-time', true);
      setText('timer-news', 'This quote ends in less than two minutes.');
    }
    if (seconds > 0) return;
    this.#deadline = Number.NaN;
    show('more-time', false);
    if (this.#wantsMore) return this.#options.more();
    setText('timer-news', '');
    this.#options.over();
  }

  /** In words that a screen reader can read: `4 min 03 s`. */
  #show(): number {
    const seconds = Math.max(0, Math.ceil((this.#deadline - Date.now()) / 1000));
    if (!Number.isNaN(seconds)) setText('countdown', `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`);
    return seconds;
  }
}
