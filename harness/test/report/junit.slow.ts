// SPDX-License-Identifier: GPL-2.0-only
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import t from 'tap';
import { validateXML } from 'xmllint-wasm';
import { reportJunit } from '../../report/junit.ts';
import { RUNS } from './fixtures/runs.ts';

const schema = readFileSync(join(import.meta.dirname, 'fixtures/junit.xsd'), 'utf8');

/** libxml2's complaints, by document: first about its form, then what the schema says. One start of it is slow. */
async function complaints(documents: Readonly<Record<string, string>>): Promise<Map<string, string[]>> {
  const xml = Object.entries(documents).map(([name, contents]) => ({
    fileName: `${name.replaceAll(' ', '-')}.xml`,
    contents,
  }));
  const { errors } = await validateXML({ xml, schema: [schema] });
  return new Map(
    xml.map(({ fileName }) => [
      fileName,
      errors.filter(({ loc }) => loc?.fileName === fileName).map(({ message }) => message),
    ]),
  );
}

interface Case {
  readonly '@name': string;
  readonly failure?: { readonly '@message': string };
  readonly error?: { readonly '@message': string };
  readonly 'system-err'?: string;
}
interface Suite {
  readonly '@name': string;
  readonly '@tests': string;
  readonly '@failures': string;
  readonly '@errors': string;
  readonly testcase: readonly Case[];
}

function parse(xml: string): Suite[] {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    isArray: (name) => name === 'testsuite' || name === 'testcase',
  });
  return (parser.parse(xml) as { testsuites: { testsuite: Suite[] } }).testsuites.testsuite;
}

for (const [kind, { stored, status }] of Object.entries(RUNS)) {
  t.test(`a run that is ${kind}`, async (test) => {
    const xml = reportJunit(stored.run);
    test.equal(XMLValidator.validate(xml), true);
    const suites = parse(xml);
    const bad = suites
      .flatMap(({ testcase }) => testcase)
      .filter((each) => each.failure !== undefined || each.error !== undefined);
    test.equal(bad.length === 0, status === 0);
    for (const suite of suites) {
      test.equal(Number(suite['@tests']), suite.testcase.length);
      test.equal(Number(suite['@failures']), suite.testcase.filter(({ failure }) => failure !== undefined).length);
      test.equal(Number(suite['@errors']), suite.testcase.filter(({ error }) => error !== undefined).length);
    }
  });
}

t.test('a missed expectation is a failure, what is inconclusive an error', async (test) => {
  const stock = (kind: string) =>
    parse(reportJunit(RUNS[kind]!.stored.run))[0]?.testcase.find((each) => each['@name'] === 'stock');
  test.match(stock('reproduced')?.failure?.['@message'], /^expected not-reproduced, got target/);
  test.match(stock('inconclusive')?.error?.['@message'], /^expected not-reproduced, got inconclusive/);
  test.equal(stock('not reproduced')?.failure, undefined);
});

t.test('control characters are gone, markup is text', async (test) => {
  const xml = reportJunit(RUNS['hostile']!.stored.run);
  test.notMatch(xml, /[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
  const said = parse(xml)[0]?.testcase.find((each) => each['@name'] === 'stock')?.['system-err'] ?? '';
  test.match(said, /^<script>document\.title = "owned"<\/script>/);
  test.match(said, /\]\]> &amp; <\/system-err> -->/);
  test.ok(xml.length < 200_000);
});

t.test('the schema takes every kind of run, and can refuse', async (test) => {
  const xml = reportJunit(RUNS['not reproduced']!.stored.run);
  const found = await complaints({
    ...Object.fromEntries(Object.entries(RUNS).map(([kind, { stored }]) => [kind, reportJunit(stored.run)])),
    'bad no-count': xml.replace(' failures="0"', ''),
    'bad element': xml.replace('<system-out>', '<script/><system-out>'),
    'bad form': xml.replace('</testsuites>', ''),
  });
  test.equal(found.size, Object.keys(RUNS).length + 3);
  for (const [name, said] of found)
    test.equal(said.length > 0, name.startsWith('bad-'), `${name}: ${said.join(' | ')}`);
});

t.test('times come from the steps', async (test) => {
  test.match(
    reportJunit(RUNS['not reproduced']!.stored.run),
    /<testcase name="weakened" classname="swaprace\.anon" time="82\.500">/,
  );
});
