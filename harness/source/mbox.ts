// SPDX-License-Identifier: GPL-2.0-only
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Patch } from '../model/kernel.ts';
import { SourceError } from '../model/errors.ts';
import { gitOutsideRepositories } from '../host/git.ts';
import { run, tail } from '../host/process.ts';
import { cacheTempDir } from '../host/temp-dir.ts';
import { readPatch } from './patch-text.ts';

interface Mail {
  readonly subject: string;
  readonly text: string;
}

/**
 * Takes the patches out of a mailbox: mails without a diff (a cover letter, replies) are left out, and `[PATCH 2/5]`
 * decides the order, because archives keep the order of arrival. git decodes the mails.
 *
 * @throws SourceError `MBOX_INVALID`.
 */
export async function patchesOfMbox(
  name: string,
  mbox: string,
  cacheDir: string,
  signal: AbortSignal,
): Promise<Patch[]> {
  const mails = (await splitMails(name, mbox, cacheDir, signal)).filter(
    (mail) => readPatch(mail.subject, mail.text).files.length > 0,
  );
  if (mails.length === 0) throw invalid(name, 'there is no patch in it', 'save the thread as mbox (raw)');
  return inOrder(name, mails).map((mail, index) => ({
    name: `${String(index + 1).padStart(4, '0')}: ${mail.subject}`,
    text: mail.text,
  }));
}

async function splitMails(name: string, mbox: string, cacheDir: string, signal: AbortSignal): Promise<Mail[]> {
  await using folder = await cacheTempDir(cacheDir, 'mbox');
  const split = await run('git', ['mailsplit', '-d8', `-o${folder.path}`], {
    cwd: folder.path,
    env: gitOutsideRepositories(folder.path),
    stdin: mbox,
    signal,
  });
  if (split.exitCode !== 0) throw invalid(name, tail(split.stderr, 1), 'save the thread as mbox (raw)');
  const mails: Mail[] = [];
  // Mails are files with numbers for names.
  const files = (await readdir(folder.path)).filter((file) => /^\d+$/.test(file)).sort();
  for (const file of files) mails.push(await decodeMail(name, folder.path, file, signal));
  return mails;
}

async function decodeMail(name: string, dir: string, file: string, signal: AbortSignal): Promise<Mail> {
  const [message, diff] = [join(dir, `${file}.message`), join(dir, `${file}.diff`)];
  // -k keeps "[PATCH 2/5]" in the subject.
  const result = await run('git', ['mailinfo', '-k', '--encoding=UTF-8', message, diff], {
    cwd: dir,
    env: gitOutsideRepositories(dir),
    stdin: await readFile(join(dir, file)),
    signal,
  });
  if (result.exitCode !== 0)
    throw invalid(
      name,
      `mail ${Number(file)} cannot be read: ${tail(result.stderr, 1)}`,
      'save the thread as mbox (raw)',
    );
  const subject = /^Subject: (.*)$/m.exec(result.stdout)?.[1] ?? `mail ${Number(file)}`;
  return { subject, text: `${await readFile(message, 'utf8')}---\n${await readFile(diff, 'utf8')}` };
}

/** Sorted by their numbers when all have one; otherwise as they stand. */
function inOrder(name: string, mails: readonly Mail[]): readonly Mail[] {
  const numbers = mails.map((mail) => /\[[^\]]*\b(\d+)\/\d+[^\]]*\]/.exec(mail.subject)?.[1]);
  if (numbers.includes(undefined)) return mails;
  const numbered = mails
    .map((mail, index) => ({ mail, number: Number(numbers[index]) }))
    .sort((a, b) => a.number - b.number);
  const twice = numbered.find((one, index) => one.number === numbered[index - 1]?.number);
  if (twice !== undefined)
    throw invalid(
      name,
      `patch ${twice.number} is there twice ("${twice.mail.subject}")`,
      'keep one version of the series in the file',
    );
  return numbered.map((one) => one.mail);
}

function invalid(name: string, why: string, hint: string): SourceError {
  return new SourceError('MBOX_INVALID', `Cannot read the mailbox ${name}: ${why}`, { hint });
}
