// SPDX-License-Identifier: GPL-2.0-only
import type { ExitStatus } from '../model/errors.ts';

export { backendText, several, WORD } from '../model/words.ts';

/** What an exit status says. */
export const MEANING: Readonly<Record<ExitStatus, string>> = {
  0: 'every variant met its expectation',
  1: 'an expectation was missed',
  125: 'inconclusive',
  128: 'a fault of the host',
  129: 'wrong usage',
  130: 'interrupted',
};
