// SPDX-License-Identifier: GPL-2.0-only
import type { ShownRun } from '../model/shown.ts';
import { withoutControls } from './plain.ts';
import { suitesOf, type Point, type Suite } from './suites.ts';

/**
 * A run as JUnit XML in the form that Jenkins' xUnit plugin checks (junit-10.xsd): a suite for each probe, a case for
 * each variant; `failure` is a missed expectation, `error` what is inconclusive. A known finding passes and says so
 * in `system-out`. Control characters of consoles are not there.
 */
export function reportJunit(run: ShownRun): string {
  const suites = suitesOf(run);
  const seconds = secondsOf(run);
  const points = suites.flatMap((suite) => suite.points);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: `swaprace ${run.header.plan.name}`, ...counts(points), time: seconds(points) })}>`,
    ...suites.flatMap((suite) => suiteLines(suite, run, seconds).map((line) => `  ${line}`)),
    '</testsuites>',
    '',
  ].join('\n');
}

/** Wall-clock seconds of the steps that points rest on; without groups of thousands, with three decimals. */
type SecondsOf = (points: readonly Point[]) => string;

function secondsOf({ probes }: ShownRun): SecondsOf {
  const spans = new Map(
    probes.flatMap(({ steps }) =>
      steps.map(({ name, end }) => [name, Math.max(0, Date.parse(end.endedAt) - Date.parse(end.startedAt))] as const),
    ),
  );
  return (points) =>
    (points.flatMap(({ steps }) => steps).reduce((sum, step) => sum + (spans.get(step) ?? 0), 0) / 1000).toFixed(3);
}

function suiteLines(suite: Suite, run: ShownRun, seconds: SecondsOf): string[] {
  const head = attributes({
    name: `swaprace.${suite.id}`,
    ...counts(suite.points),
    skipped: '0',
    time: seconds(suite.points),
    timestamp: run.header.startedAt.replace(/\.\d+Z$/, ''),
  });
  return [
    `<testsuite${head}>`,
    ...propertyLines(run).map((line) => `  ${line}`),
    ...suite.points.flatMap((point) => caseLines(suite.id, point, seconds).map((line) => `  ${line}`)),
    '</testsuite>',
  ];
}

function counts(points: readonly Point[]): Record<'tests' | 'failures' | 'errors', string> {
  const having = (status: Point['status']) => String(points.filter((point) => point.status === status).length);
  return { tests: String(points.length), failures: having('fail'), errors: having('error') };
}

function propertyLines({ header }: ShownRun): string[] {
  const properties: Record<string, string> = {
    run: header.id,
    plan: header.plan.name,
    seed: String(header.plan.seed),
    accelerator: header.accelerator?.accelerator ?? 'none',
    ...Object.fromEntries(
      Object.entries(header.kernels).map(([variant, kernel]) => [
        `kernel.${variant}`,
        `${kernel.kernelVersion} ${kernel.id}`,
      ]),
    ),
  };
  const lines = Object.entries(properties).map(([name, value]) => `  <property${attributes({ name, value })}/>`);
  return ['<properties>', ...lines, '</properties>'];
}

function caseLines(suite: string, point: Point, seconds: SecondsOf): string[] {
  const details = [...(point.message === '' ? [] : [point.message]), ...point.details].join('\n');
  const inner = [
    ...verdictLine(point),
    `<system-out>${text(details)}</system-out>`,
    ...(point.splat === null ? [] : [`<system-err>${text(point.splat)}</system-err>`]),
  ];
  const head = attributes({ name: point.id, classname: `swaprace.${suite}`, time: seconds([point]) });
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
      return [`<error${attributes({ type: 'inconclusive', message })}>${text(details.join('\n'))}</error>`];
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
