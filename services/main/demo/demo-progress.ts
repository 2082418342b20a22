/** How long a step took and how much it did. */
export interface StepTime {
  readonly name: string;
  readonly count: number;
  readonly seconds: number;
}

/** Runs steps one after another, shows how far they are, and remembers their times. */
export class Steps {
  readonly times: StepTime[] = [];
  readonly #output: NodeJS.WriteStream;

  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
  }

  /** `tick` counts one more piece of work done, and hands its result on. */
  async run<Result>(name: string, count: number, step: (tick: <Done>(done: Done) => Done) => Promise<Result>): Promise<Result> {
    const began = performance.now();
    let done = 0;
    let shownAt = began;
    this.#show(name, 0, count);
    const result = await step((value) => {
      done++;
      if (performance.now() - shownAt > 200) {
        shownAt = performance.now();
        this.#show(name, done, count);
      }
      return value;
    });
    const seconds = (performance.now() - began) / 1000;
    this.times.push({ name, count, seconds });
    const rate = count > 1 ? `, ${Math.round(count / seconds).toLocaleString('en-US')}/s` : '';
    this.#line(`  ${name.padEnd(22)} ${count.toLocaleString('en-US').padStart(7)}  ${seconds.toFixed(1).padStart(6)} s${rate}`, true);
    return result;
  }

  #show(name: string, done: number, count: number): void {
    if (this.#output.isTTY)
      this.#line(`  ${name.padEnd(22)} ${done.toLocaleString('en-US').padStart(7)} of ${count.toLocaleString('en-US')}`, false);
  }

  #line(text: string, isLast: boolean): void {
    this.#output.write(this.#output.isTTY ? `\r\u001b[K${text}${isLast ? '\n' : ''}` : `${text}\n`);
  }
}
