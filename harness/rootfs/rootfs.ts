// SPDX-License-Identifier: GPL-2.0-only
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { debEntries, downloadDeb } from '../host/deb.ts';
import { writeFileAtomic } from '../host/files.ts';
import { sha256, sha256Json } from '../host/hash.ts';
import { runOk } from '../host/process.ts';
import { BuildError, HostError } from '../model/errors.ts';
import { CFLAGS, compilePrograms } from './compile.ts';
import { packCpio, type CpioEntry } from './cpio.ts';
import { readRecipe, type RootfsRecipe } from './recipe.ts';

/** An initramfs image without keys: a run appends its own as a second archive. */
export interface Rootfs {
  /** Of what it was made from: guests folder, compiler. 16 hexadecimal digits. */
  readonly id: string;
  readonly image: string;
  /** Package → version, for the record. */
  readonly packages: Readonly<Record<string, string>>;
}

export interface RootfsOptions {
  /** The folder with `init`, `rootfs.yaml` and `src/`. */
  readonly guestsDir: string;
  readonly cacheDir: string;
  readonly offline: boolean;
  readonly signal: AbortSignal;
}

/**
 * The initramfs of a guests folder: from the cache, or built from Debian packages and our own programs. Needs no
 * privileges.
 *
 * @throws HostError when a package cannot be had, BuildError when a program does not compile.
 */
export async function buildRootfs(options: RootfsOptions): Promise<Rootfs> {
  const recipe = await readRecipe(options.guestsDir);
  const id = await rootfsId(options.guestsDir, options.signal);
  const dir = join(options.cacheDir, 'rootfs');
  const image = join(dir, `${id}.cpio`);
  const recordFile = join(dir, `${id}.json`);
  const cached = await readRecord(recordFile);
  if (cached !== null) return { id, image, packages: cached };

  const debs = await fetchPackages(recipe, options);
  const packages: Record<string, string> = {};
  const entries: CpioEntry[] = [];
  for (const [name, deb] of debs) {
    packages[name] = versionOf(deb);
    entries.push(...(await filesOf(deb, name, recipe.packages[name] ?? [], options.signal)));
  }
  entries.push(...linksOf(recipe));
  entries.push(...(await compilePrograms(options.guestsDir, options.signal)));
  entries.push(...(await skeleton(options.guestsDir)));

  await writeFileAtomic(image, packCpio(entries));
  // The record comes last: its presence says that the image is whole.
  await writeFileAtomic(recordFile, JSON.stringify(packages, null, 2));
  return { id, image, packages };
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
async function rootfsId(guestsDir: string, signal: AbortSignal): Promise<string> {
  const entries = await readdir(guestsDir, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const files: unknown[] = [];
  for (const path of paths.sort()) files.push([path.slice(guestsDir.length), sha256(await readFile(path))]);
  const compiler = await runOk('gcc', ['--version'], { signal });
  return sha256Json([files, compiler.stdout, CFLAGS]).slice(0, 16);
}

async function fetchPackages(recipe: RootfsRecipe, options: RootfsOptions): Promise<Map<string, string>> {
  const dir = join(options.cacheDir, 'debs');
  const debs = new Map<string, string>();
  for (const name of Object.keys(recipe.packages)) {
    debs.set(name, (await cachedDeb(dir, name)) ?? (await fetchPackage(name, dir, options)));
  }
  return debs;
}

async function fetchPackage(name: string, dir: string, options: RootfsOptions): Promise<string> {
  if (options.offline) {
    throw new HostError('OFFLINE', `Cannot fetch the Debian package ${name} with --offline: it is not in ${dir}`, {
      hint: 'run once without --offline',
    });
  }
  return downloadDeb(name, { version: null, dir, signal: options.signal });
}

async function cachedDeb(dir: string, name: string): Promise<string | null> {
  await mkdir(dir, { recursive: true });
  const found = (await readdir(dir)).filter((file) => file.startsWith(`${name}_`) && file.endsWith('.deb')).sort();
  const newest = found.at(-1);
  return newest === undefined ? null : join(dir, newest);
}

function versionOf(deb: string): string {
  return decodeURIComponent(basename(deb).split('_')[1] ?? 'unknown');
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

async function readRecord(file: string): Promise<Record<string, string> | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
  } catch {
    // Missing or torn by a power failure: the image is made again.
    return null;
  }
}
