/** Types of promise-reporter.js, which Jest loads as it is. */
export default class PromiseReporter {
  onRunComplete(
    contexts: unknown,
    results: { testResults: { testResults: { ancestorTitles: string[]; title: string; status: string }[] }[] },
  ): void;
}
