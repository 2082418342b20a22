import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import PromiseReporter from '../../contracts/event-store/promise-reporter.js';

const result = (engine: string, title: string, status = 'passed') => ({ ancestorTitles: [engine, 'A section'], title, status });

describe('the line that a run of the contract ends with', () => {
  let printed: string;
  beforeEach(() => {
    printed = '';
    jest.spyOn(process, 'once').mockImplementation((_event, listener) => {
      (listener as () => void)();
      return process;
    });
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    });
  });
  afterEach(() => void jest.restoreAllMocks());

  const report = (...testResults: ReturnType<typeof result>[]) => {
    new PromiseReporter().onRunComplete(undefined, { testResults: [{ testResults }] });
    return printed;
  };

  it('counts a promise once, however many tests it has, and a test for every number it bears', () => {
    expect(
      report(result('memory', '1 begins'), result('memory', '5 continues'), result('memory', '5 chains'), result('memory', '43, 44 pages')),
    ).toBe('memory 4/4 (66 not applicable)\n');
  });

  it('counts a promise as broken when one of its tests failed, in whichever order', () => {
    const tests = [
      result('postgres', '5 a', 'failed'),
      result('postgres', '5 b'),
      result('postgres', '7 a'),
      result('postgres', '7 b', 'failed'),
    ];
    expect(report(...tests, result('postgres', '9 a'))).toBe('postgres 1/3 (67 not applicable), broken: 5, 7\n');
  });

  it('leaves out what was skipped, what bears no number and what is no engine', () => {
    const others = [
      result('memory', '1 a', 'pending'),
      result('memory', 'accounts for every promise'),
      result('the append queue', '1 row'),
    ];
    expect(report(...others, result('eventstoredb-23.10.6', '2 b'))).toBe('eventstoredb-23.10.6 1/1 (69 not applicable)\n');
  });

  it('has a line for each engine', () => {
    const tests = ['postgres', 'memory', 'eventstoredb-double'].map((engine) => result(engine, '1 a'));
    expect(
      report(...tests)
        .split('\n')
        .map((line) => line.split(' ')[0]),
    ).toEqual(['eventstoredb-double', 'memory', 'postgres', '']);
  });
});
