// SPDX-License-Identifier: GPL-2.0-only
import type { ReportedRun } from '../model/shown.ts';
import { reportKtap } from './ktap.ts';
import { reportTap } from './tap.ts';
import { reportGithub, reportGitlab } from './annotations.ts';
import { reportJson } from './json.ts';
import { reportJunit } from './junit.ts';
import { reportKcidb } from './kcidb.ts';
import { reportMail, type MailOptions } from './mail.ts';
import { suitesOf } from './suites.ts';
import { reportText } from './text.ts';

/** What a person may add to a report. */
export type FormatOptions = MailOptions;

/** Every form in which a run is reported: a pure function of the run's folder. */
export const FORMATS = {
  text: ({ run }) => reportText(run),
  json: ({ run }) => `${JSON.stringify(reportJson(run), null, 2)}\n`,
  ktap: ({ run }) => reportKtap(suitesOf(run)),
  tap: ({ run }) => reportTap(suitesOf(run)),
  junit: ({ run }) => reportJunit(run),
  kcidb: ({ run }) => reportKcidb(run),
  mail: ({ run }, options) => reportMail(run, options),
  // Its plots need a library that takes a while to load.
  html: async (reported) => (await import('./html/report.ts')).reportHtml(reported),
  github: ({ run }) => reportGithub(run),
  gitlab: ({ run }) => reportGitlab(run),
} as const satisfies Readonly<
  Record<string, (reported: ReportedRun, options: FormatOptions) => string | Promise<string>>
>;

export type Format = keyof typeof FORMATS;
