// SPDX-License-Identifier: GPL-2.0-only
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Configurator } from '../model/kernel.ts';
import { BuildError } from '../model/errors.ts';
import { closedEnvironment, hostTrouble, makeArguments, type MakeFolders } from '../host/make.ts';
import { run, tail } from '../host/process.ts';
import { cacheTempDir } from '../host/temp-dir.ts';
import { parseConfig, unmetRequests, type ConfigValues, type Unmet } from './check.ts';
import { explainUnmet, readKconfig } from './explain.ts';
import { configText, requestsFor } from './fragment.ts';

/**
 * Makes the final `.config`: everything off, the fragments on, then the tree's own defaults for what follows from them.
 * The work is done in a file of its own: the object folder's `.config`, on which make hangs every object, is not
 * touched.
 *
 * @throws BuildError `CONFIG_NOT_MET` listing every symbol that did not survive; `KCONFIG_FAILED` when make fails.
 */
export const configure: Configurator = async ({ sourceDir, objectDir, kernelVersion, fragments, cacheDir, signal }) => {
  const requests = requestsFor(kernelVersion, fragments);
  await using folder = await cacheTempDir(cacheDir, 'config');
  const [wanted, config] = [join(folder.path, 'fragments.config'), join(folder.path, 'config')];
  await writeFile(wanted, configText(requests));
  const folders = { sourceDir, objectDir };
  await runMake(folders, 'allnoconfig', { KCONFIG_CONFIG: config, KCONFIG_ALLCONFIG: wanted }, signal);
  await runMake(folders, 'olddefconfig', { KCONFIG_CONFIG: config }, signal);
  const text = await readFile(config, 'utf8');
  const values = parseConfig(text);
  const unmet = unmetRequests(requests, values);
  if (unmet.length > 0) throw await notMet(unmet, requests.length, values, { sourceDir, kernelVersion });
  return text;
};

async function runMake(
  folders: MakeFolders,
  target: string,
  variables: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const [file, ...args] = closedEnvironment(['make', ...makeArguments(folders, [target], { variables })]);
  const result = await run(file, args, { signal });
  if (result.exitCode === 0) return;
  const output = result.stdout + result.stderr;
  const action = `configure the kernel (make ${target})`;
  throw (
    hostTrouble(action, output, folders.objectDir) ??
    new BuildError('KCONFIG_FAILED', `Cannot ${action}: ${how(result)}`, {
      hint: 'see the messages of make',
      details: tail(output, 20),
    })
  );
}

function how({ exitCode, signal }: { readonly exitCode: number | null; readonly signal: string | null }): string {
  return exitCode === null ? `make was killed by ${signal}` : `make ended with ${exitCode}`;
}

async function notMet(
  unmet: readonly Unmet[],
  asked: number,
  values: ConfigValues,
  { sourceDir, kernelVersion }: { readonly sourceDir: string; readonly kernelVersion: string },
): Promise<BuildError> {
  const entries = await readKconfig(sourceDir);
  const lines = unmet.map((one) => {
    const { symbol, fragment, line, value } = one.request;
    const why = explainUnmet(one, entries, values, kernelVersion);
    return `${symbol} (${fragment}:${line}): asked ${value}, got ${one.got}; ${why}`;
  });
  return new BuildError(
    'CONFIG_NOT_MET',
    `Cannot configure Linux ${kernelVersion}: ${unmet.length} of ${asked} requested symbols did not survive`,
    {
      hint:
        'request what the symbol depends on, mark it "# since X.Y" or "# until X.Y" for other kernels, or remove it ' +
        'from the fragment',
      details: lines.join('\n'),
    },
  );
}
