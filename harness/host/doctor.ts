// SPDX-License-Identifier: GPL-2.0-only
import { access, constants, mkdir, readFile, statfs } from 'node:fs/promises';
import { cpus, freemem, release, totalmem } from 'node:os';
import { delimiter, resolve } from 'node:path';
import { exists, readTextIfExists } from './files.ts';
import { run } from './process.ts';

/** One thing that swaprace needs of a machine. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What was found. */
  readonly found: string;
  /** What to do; empty when nothing is. */
  readonly fix: string;
}

/** A source tree, an object folder and eight kernels. */
const NEEDED_GIB = 5;
const GIB = 1024 ** 3;

/** Needed packages and what shows that each is installed; scripts/setup.sh reads the same list. */
const PACKAGES = new URL('../../scripts/packages.txt', import.meta.url);

/** Examines the machine; changes nothing but creates the cache folder. */
export async function examine(cacheDir: string, signal: AbortSignal): Promise<Check[]> {
  const lines = (await readFile(PACKAGES, 'utf8')).split('\n').filter((line) => /^[^#]/.test(line));
  const packages = await Promise.all(lines.map((line) => packageCheck(line.split(/\s+/), signal)));
  return [machineCheck(), ...packages, await spaceCheck(cacheDir), await kvmCheck(), await isolationCheck()];
}

function machineCheck(): Check {
  const memory = `${(totalmem() / GIB).toFixed(1)} GiB, ${(freemem() / GIB).toFixed(1)} free`;
  const system = `${process.platform} ${release()} ${process.arch}`;
  const { node } = process.versions;
  const ok = process.arch === 'x64' && process.platform === 'linux';
  return {
    name: 'machine',
    ok,
    found: `${system}, ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ${memory}, Node ${node}`,
    fix: ok ? '' : 'swaprace runs on Linux on x86_64',
  };
}

async function packageCheck([name = '', ...proofs]: readonly string[], signal: AbortSignal): Promise<Check> {
  const places = await Promise.all(proofs.map(whereIs));
  const missing = proofs.filter((_, index) => places[index] === undefined);
  if (missing.length > 0) return { name, ok: false, found: `no ${missing.join(', ')}`, fix: `apt-get install ${name}` };
  const [first = ''] = places;
  const version = first.startsWith('/usr/include/') ? undefined : await versionOf(first, signal);
  return { name, ok: true, found: version ?? places.join(' '), fix: '' };
}

/** Debian keeps some programs in folders that are not in every user's PATH. */
async function whereIs(proof: string): Promise<string | undefined> {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/sbin', '/usr/sbin'];
  const places = proof.startsWith('/') ? [proof] : folders.map((folder) => resolve(folder, proof));
  const there = await Promise.all(places.map(exists));
  return places[there.indexOf(true)];
}

/** The first line that a program prints about its version; undefined for one that has no such option. */
async function versionOf(program: string, signal: AbortSignal): Promise<string | undefined> {
  const { stdout } = await run(program, ['--version'], { signal });
  return stdout.split('\n').find((line) => /\d\.\d/.test(line));
}

async function spaceCheck(cacheDir: string): Promise<Check> {
  try {
    await mkdir(cacheDir, { recursive: true });
    await access(cacheDir, constants.W_OK);
    const { bavail, bsize } = await statfs(cacheDir);
    const free = (bavail * bsize) / GIB;
    const ok = free >= NEEDED_GIB;
    return {
      name: 'cache',
      ok,
      found: `${cacheDir}, ${free.toFixed(1)} GiB free`,
      fix: ok ? '' : `free ${NEEDED_GIB} GiB, or set SWAPRACE_CACHE`,
    };
  } catch (error) {
    return {
      name: 'cache',
      ok: false,
      found: `${cacheDir}: ${(error as Error).message}`,
      fix: 'set SWAPRACE_CACHE to a folder that can be written',
    };
  }
}

/** KVM is an advantage, never a need; only a guest that ran shows whether it works. */
async function kvmCheck(): Promise<Check> {
  try {
    await access('/dev/kvm', constants.R_OK | constants.W_OK);
    return { name: 'kvm', ok: true, found: '/dev/kvm opens; a run boots a guest to see whether it works', fix: '' };
  } catch (error) {
    return {
      name: 'kvm',
      ok: true,
      found: `/dev/kvm: ${(error as NodeJS.ErrnoException).code}; guests run under TCG`,
      fix: '',
    };
  }
}

/** Latency is measured on any host; absolute figures need cores of their own. */
async function isolationCheck(): Promise<Check> {
  const isolated = (await readTextIfExists('/sys/devices/system/cpu/isolated'))?.trim() ?? '';
  const advice = 'none: latency under KVM wants the host booted with isolcpus= and nohz_full= for the vCPUs’ cores';
  return { name: 'isolated cores', ok: true, found: isolated === '' ? advice : isolated, fix: '' };
}
