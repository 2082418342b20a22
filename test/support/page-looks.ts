import { join } from 'node:path';
import { expect } from '@jest/globals';
import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** WCAG 2.2, levels A and AA, as axe names the rules of it. */
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa'];

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** Every colour and every width is looked at once; four pictures would cost twice the time and find the same. */
const looks = [
  { width: 360, colorScheme: 'light' },
  { width: 1440, colorScheme: 'dark' },
] as const;

/**
 * Whoever looks at the page as it is now can read it: nothing is wider than the window, nothing breaks WCAG 2.2 A or AA, on a phone and on a
 * desk, light and dark. Where somebody wants to look too, `TALLYROOT_TEST_PICTURES` names the folder for the pictures.
 */
export async function looksRight(page: Page, name: string): Promise<void> {
  const before = page.viewportSize();
  for (const { width, colorScheme } of looks) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    const cut = await widerThanTheWindow(page);
    await picture(page, `${name}-${width}-${colorScheme}`);
    expect({ name, width, colorScheme, cut, violations: await violations(page) }).toEqual({
      name,
      width,
      colorScheme,
      cut: [],
      violations: [],
    });
  }
  await page.emulateMedia({ colorScheme: null });
  if (before !== null) await page.setViewportSize(before);
}

/** What sticks out of the window, or of a box that cuts it off. */
function widerThanTheWindow(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    Array.from(document.querySelectorAll<HTMLElement>('main *'))
      .filter((each) => each.checkVisibility() && !each.matches('.unseen, .unseen *'))
      .filter(
        (each) => each.getBoundingClientRect().right > innerWidth || each.scrollWidth > Math.ceil(each.getBoundingClientRect().width) + 1,
      )
      .filter((each) => getComputedStyle(each).display !== 'inline')
      .map((each) => each.outerHTML.slice(0, 120)),
  );
}

/** The page lets no script of ours in but this: it is evaluated by the browser's tools, not loaded. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(`globalThis.axe ?? (() => { ${axe.source} })()`);
  const { violations: found } = (await page.evaluate(
    (tags) =>
      (globalThis as unknown as { axe: { run(options: object): Promise<unknown> } }).axe.run({
        runOnly: { type: 'tag', values: tags },
        resultTypes: ['violations'],
      }),
    rules,
  )) as { readonly violations: readonly Violation[] };
  return found.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
}

async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env['TALLYROOT_TEST_PICTURES'];
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}
