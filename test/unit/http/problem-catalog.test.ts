import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { problemCatalog } from '../../../services/http/problem-catalog.ts';

const page = readFileSync(new URL('../../../docs/reference/errors.md', import.meta.url), 'utf8');
const [problems = '', fields = '', parameters = ''] = page.split(/^## .*$/m);
const listed = (text: string) => [...text.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, code]) => code as string);

describe('the error page', () => {
  it('lists exactly the codes of the catalogue, with their status', () => {
    expect(listed(problems)).toEqual(Object.keys(problemCatalog).sort());
    for (const [code, { status, title }] of Object.entries(problemCatalog))
      expect(problems).toContain(`| \`${code}\` | ${status} | ${title} |`);
  });

  it('lists every field code that a validator can say', () => {
    const folder = new URL('../../../services/', import.meta.url);
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
      /(fields|body\.pipe|money|bodies|controller)\.ts$/.test(path),
    );
    const text = sources.map((path) => readFileSync(new URL(path, folder), 'utf8')).join('\n');
    const said = [
      ...text.matchAll(
        /'((?:amount|text|id|instant|date|decimal|number|list|slug|field|choice|currency|email|phone|country|object)_(?!mismatch|not_payable)[a-z_]+)'/g,
      ),
    ];
    expect([...new Set(said.map(([, code]) => code))].sort()).toEqual(listed(fields).sort());
  });

  it('lists every parameter code that a query can be refused with', () => {
    const said = ['services', 'projections'].flatMap((folder) => {
      const url = new URL(`../../../${folder}/`, import.meta.url);
      const sources = readdirSync(url, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
      return sources.flatMap((path) =>
        [...readFileSync(new URL(path, url), 'utf8').matchAll(/'(parameter_[a-z]+)'/g)].map(([, code]) => code),
      );
    });
    expect([...new Set(said)].sort()).toEqual(listed(parameters));
  });
});
