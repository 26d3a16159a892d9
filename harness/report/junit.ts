// SPDX-License-Identifier: GPL-2.0-only
import type { RunResult } from '../model/verdict.ts';
import { withoutControls } from './plain.ts';
import { suitesOf, type Point, type Suite } from './points.ts';
import type { StoredRun } from './stored.ts';

/**
 * A run as JUnit XML in the form that Jenkins' xUnit plugin checks (junit-10.xsd): a suite for each probe, a case for
 * each variant; `failure` is a missed expectation, `error` what could not be told. A known finding passes and says so
 * in `system-out`. Control characters of consoles are not there.
 */
export function reportJunit(stored: StoredRun): string {
  const { run } = stored;
  const suites = suitesOf(run);
  const points = suites.flatMap((suite) => suite.points);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: `swaprace ${run.record.plan.name}`, ...counts(points), time: seconds(timeOf(points, stored)) })}>`,
    ...suites.flatMap((suite) => suiteLines(suite, stored).map((line) => `  ${line}`)),
    '</testsuites>',
    '',
  ].join('\n');
}

function suiteLines(suite: Suite, stored: StoredRun): string[] {
  const { record } = stored.run;
  const head = attributes({
    name: `swaprace.${suite.id}`,
    ...counts(suite.points),
    skipped: '0',
    time: seconds(timeOf(suite.points, stored)),
    timestamp: record.startedAt.replace(/\.\d+Z$/, ''),
  });
  return [
    `<testsuite${head}>`,
    ...propertyLines(stored.run).map((line) => `  ${line}`),
    ...suite.points.flatMap((point) => caseLines(suite.id, point, stored).map((line) => `  ${line}`)),
    '</testsuite>',
  ];
}

function counts(points: readonly Point[]): Record<'tests' | 'failures' | 'errors', string> {
  const having = (status: Point['status']) => String(points.filter((point) => point.status === status).length);
  return { tests: String(points.length), failures: having('fail'), errors: having('error') };
}

/** Wall-clock seconds of the trials that points rest on. */
function timeOf(points: readonly Point[], { metas }: StoredRun): number {
  const spans = points
    .flatMap(({ steps }) => steps)
    .map((id) => {
      const meta = metas.get(id);
      return meta === undefined ? 0 : Math.max(0, Date.parse(meta.endedAt) - Date.parse(meta.startedAt));
    });
  return spans.reduce((sum, span) => sum + span, 0) / 1000;
}

/** The schema's times have no thousands to group by and three decimals. */
function seconds(value: number): string {
  return value.toFixed(3);
}

function propertyLines({ record }: RunResult): string[] {
  const properties: Record<string, string> = {
    run: record.id,
    plan: record.plan.name,
    seed: String(record.plan.seed),
    accelerator: record.accelerator?.accelerator ?? 'none',
    ...Object.fromEntries(
      Object.entries(record.kernels).map(([variant, kernel]) => [
        `kernel.${variant}`,
        `${kernel.kernelVersion} ${kernel.id}`,
      ]),
    ),
  };
  const lines = Object.entries(properties).map(([name, value]) => `  <property${attributes({ name, value })}/>`);
  return ['<properties>', ...lines, '</properties>'];
}

function caseLines(suite: string, point: Point, stored: StoredRun): string[] {
  const details = [...(point.message === '' ? [] : [point.message]), ...point.details].join('\n');
  const inner = [
    ...verdictLine(point),
    `<system-out>${text(details)}</system-out>`,
    ...(point.splat === null ? [] : [`<system-err>${text(point.splat)}</system-err>`]),
  ];
  const head = attributes({ name: point.id, classname: `swaprace.${suite}`, time: seconds(timeOf([point], stored)) });
  return [`<testcase${head}>`, ...inner.map((line) => `  ${line}`), '</testcase>'];
}

function verdictLine({ status, message, details }: Point): string[] {
  switch (status) {
    case 'pass':
    case 'known':
      return [];
    case 'fail':
      return [`<failure${attributes({ type: 'missed', message })}>${text(details.join('\n'))}</failure>`];
    case 'error':
      return [`<error${attributes({ type: 'cannot-tell', message })}>${text(details.join('\n'))}</error>`];
  }
}

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${text(value).replaceAll('"', '&quot;').replaceAll('\n', '&#10;')}"`)
    .join('');
}

function text(value: string): string {
  return withoutControls(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
