// SPDX-License-Identifier: GPL-2.0-only
import { readFile, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { debEntries, downloadDeb, findDeb, type Deb } from '../host/deb.ts';
import { exists, parseNote, readTextIfExists, withHostErrors, writeFileAtomic } from '../host/files.ts';
import { sha256, sha256File, sha256Json } from '../host/hash.ts';
import { acquireLock, holderText } from '../host/lock.ts';
import { runOk } from '../host/process.ts';
import { BuildError, HostError } from '../model/errors.ts';
import type { ProgressListener } from '../model/events.ts';
import { CFLAGS, compilePrograms } from './compile.ts';
import { packCpio, type CpioEntry } from './cpio.ts';
import { readRecipe, type RootfsRecipe } from './recipe.ts';

/** An initramfs image without keys: a run appends its own as a second archive. */
export interface Rootfs {
  /** Of the image's content; 16 hexadecimal digits. */
  readonly id: string;
  readonly image: string;
  /** For the record. */
  readonly packages: Readonly<Record<string, { readonly version: string; readonly sha256: string }>>;
}

export interface RootfsOptions {
  /** The folder with `init`, `rootfs.yaml` and `src/`. */
  readonly guestsDir: string;
  readonly cacheDir: string;
  readonly offline: boolean;
  readonly signal: AbortSignal;
  readonly onEvent: ProgressListener;
}

/** `rootfs/<key>.json`, written after the image. */
const recordSchema = z.object({
  imageSha256: z.string(),
  packages: z.record(z.string(), z.object({ version: z.string(), sha256: z.string() })),
});

/**
 * The initramfs of a guests folder: from the cache, or built from Debian packages and our own programs. Needs no
 * privileges. An image that is damaged or that no record describes is built again.
 *
 * @throws HostError when a package cannot be had, BuildError when a program does not compile.
 */
export async function buildRootfs(options: RootfsOptions): Promise<Rootfs> {
  const { cacheDir, signal, onEvent } = options;
  const dir = join(cacheDir, 'rootfs');
  return withHostErrors('build the initramfs', dir, async () => {
    const recipe = await readRecipe(options.guestsDir);
    const key = await inputsKey(options.guestsDir, signal);
    const cached = await findRootfs(dir, key, signal);
    if (cached !== null) return cached;
    await using _lock = await acquireLock(join(dir, 'lock'), {
      purpose: 'build the initramfs',
      signal,
      onWait: (holder) => onEvent({ kind: 'note', message: `Waiting for the initramfs of ${holderText(holder)}` }),
    });
    return (await findRootfs(dir, key, signal)) ?? (await makeRootfs(recipe, dir, key, options));
  });
}

async function findRootfs(dir: string, key: string, signal: AbortSignal): Promise<Rootfs | null> {
  const record = parseNote(recordSchema, await readTextIfExists(join(dir, `${key}.json`)));
  const image = join(dir, `${key}.cpio`);
  if (record === null || !(await exists(image)) || (await sha256File(image, signal)) !== record.imageSha256)
    return null;
  return { id: record.imageSha256.slice(0, 16), image, packages: record.packages };
}

async function makeRootfs(recipe: RootfsRecipe, dir: string, key: string, options: RootfsOptions): Promise<Rootfs> {
  const packages: Record<string, { version: string; sha256: string }> = {};
  const entries: CpioEntry[] = [];
  for (const [name, { file, version, sha256: sum }] of await fetchPackages(recipe, options)) {
    packages[name] = { version, sha256: sum };
    entries.push(...(await filesOf(file, name, recipe.packages[name] ?? [], options.signal)));
  }
  entries.push(...linksOf(recipe));
  entries.push(...(await compilePrograms(options.guestsDir, options.signal)));
  entries.push(...(await skeleton(options.guestsDir)));

  const content = packCpio(entries);
  const imageSha256 = sha256(content);
  const image = join(dir, `${key}.cpio`);
  await writeFileAtomic(image, content);
  await writeFileAtomic(join(dir, `${key}.json`), JSON.stringify({ imageSha256, packages }, null, 2));
  return { id: imageSha256.slice(0, 16), image, packages };
}

/** What a guest needs before its first program runs. */
async function skeleton(guestsDir: string): Promise<CpioEntry[]> {
  return [
    { kind: 'chardev', path: 'dev/console', mode: 0o600, major: 5, minor: 1 },
    { kind: 'chardev', path: 'dev/null', mode: 0o666, major: 1, minor: 3 },
    { kind: 'dir', path: 'proc', mode: 0o755 },
    { kind: 'dir', path: 'sys', mode: 0o755 },
    { kind: 'dir', path: 'mnt', mode: 0o755 },
    { kind: 'file', path: 'etc/passwd', mode: 0o644, data: Buffer.from('root:x:0:0:root:/root:/bin/sh\n') },
    { kind: 'file', path: 'etc/group', mode: 0o644, data: Buffer.from('root:x:0:\n') },
    { kind: 'file', path: 'init', mode: 0o755, data: await readFile(join(guestsDir, 'init')) },
  ];
}

/** Everything that decides what the image holds, but for the point releases of packages. */
async function inputsKey(guestsDir: string, signal: AbortSignal): Promise<string> {
  const entries = await readdir(guestsDir, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const files: unknown[] = [];
  for (const path of paths.sort()) files.push([path.slice(guestsDir.length), sha256(await readFile(path))]);
  const compiler = await runOk('gcc', ['--version'], { signal });
  return sha256Json([files, compiler.stdout, CFLAGS]).slice(0, 16);
}

async function fetchPackages(recipe: RootfsRecipe, options: RootfsOptions): Promise<Map<string, Deb>> {
  const dir = join(options.cacheDir, 'debs');
  const debs = new Map<string, Deb>();
  for (const name of Object.keys(recipe.packages))
    debs.set(name, (await findDeb(name, dir, options.signal)) ?? (await fetchPackage(name, dir, options)));
  return debs;
}

async function fetchPackage(name: string, dir: string, options: RootfsOptions): Promise<Deb> {
  if (options.offline) {
    throw new HostError(
      'OFFLINE',
      `Cannot fetch the Debian package ${name} with --offline: no undamaged download of it is in ${dir}`,
      { hint: 'run once without --offline' },
    );
  }
  return downloadDeb(name, { version: null, dir, signal: options.signal });
}

/** The wanted files of one package; a symbolic link is followed inside the package, as the guest needs the file. */
async function filesOf(
  deb: string,
  name: string,
  wanted: readonly string[],
  signal: AbortSignal,
): Promise<CpioEntry[]> {
  const contents = new Map<string, { data: Buffer; mode: number }>();
  const links = new Map<string, string>();
  for await (const { header, stream } of debEntries(deb, signal)) {
    if (header.type === 'symlink') links.set(header.name, resolveLink(header.name, header.linkname ?? ''));
    if (header.type === 'file' && couldMatter(header.name, wanted)) {
      contents.set(header.name, { data: await buffer(stream), mode: (header.mode ?? 0o644) & 0o777 });
    } else stream.resume();
  }
  return wanted.map((path) => {
    const file = contents.get(links.get(path) ?? path);
    if (file === undefined) {
      throw new BuildError('PACKAGE_FILE_MISSING', `There is no ${path} in ${basename(deb)}`, {
        hint: `correct packages.${name} in guests/rootfs.yaml`,
      });
    }
    return { kind: 'file', path, mode: file.mode, data: file.data };
  });
}

/** Files in the same folders as the wanted ones: what a link can lead to. */
function couldMatter(path: string, wanted: readonly string[]): boolean {
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  return wanted.some((want) => want.startsWith(folder) && want.lastIndexOf('/') + 1 === folder.length);
}

function resolveLink(path: string, target: string): string {
  return target.startsWith('/') ? target.slice(1) : join(path, '..', target);
}

function linksOf(recipe: RootfsRecipe): CpioEntry[] {
  const applets = recipe.applets.map((applet): CpioEntry => ({
    kind: 'link',
    path: `bin/${applet}`,
    target: 'busybox',
  }));
  const links = Object.entries(recipe.links).map(([path, target]): CpioEntry => ({ kind: 'link', path, target }));
  return [...applets, ...links];
}
