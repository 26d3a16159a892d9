// SPDX-License-Identifier: GPL-2.0-only
/** Where a pristine kernel tree comes from; see docs/plans.md for the textual forms. */
export type SourceSpec =
  | { readonly kind: 'deb'; readonly package: string; readonly version: string | null; readonly sha256: string | null }
  | { readonly kind: 'tarball'; readonly location: string; readonly sha256: string | null }
  | { readonly kind: 'git'; readonly path: string; readonly rev: string }
  | { readonly kind: 'dir'; readonly path: string }
  | { readonly kind: 'prebuilt'; readonly path: string };

/** A pristine tree on disk that nobody writes to. */
export interface SourceTree {
  /** Identifies the content: equal ids, equal trees. */
  readonly id: string;
  /** Absolute path. Read-only by agreement. */
  readonly path: string;
  /** `make kernelversion`: `6.1.192`. */
  readonly kernelVersion: string;
  /** Where it came from, for the record: package version, sha256, commit. */
  readonly provenance: Readonly<Record<string, string>>;
}

/** One patch of a series. */
export interface Patch {
  /** File name, for messages. */
  readonly name: string;
  /** The whole file, description included. */
  readonly text: string;
}

/** Ordered patches; the order is the application order. */
export interface Series {
  readonly name: string;
  readonly patches: readonly Patch[];
}

/** One symbol that a fragment asks for. */
export interface ConfigRequest {
  /** With the CONFIG_ prefix. */
  readonly symbol: string;
  /** `y`, `m`, `n`, a number or a quoted string, as it stands in a .config. */
  readonly value: string;
  readonly fragment: string;
  /** 1-based line in the fragment. */
  readonly line: number;
  /** Kernel versions for which the symbol exists, both inclusive; null is open. */
  readonly from: string | null;
  readonly until: string | null;
}

/** A named combination of source, series and configuration. */
export interface VariantSpec {
  readonly id: string;
  /** One line for people: what it models. */
  readonly describe: string;
  readonly source: SourceSpec;
  /** Series folders, applied in order. Absolute paths. */
  readonly series: readonly string[];
  /** Fragment files, later ones win. Absolute paths. */
  readonly fragments: readonly string[];
}

/** A parsed fragment file. */
export interface Fragment {
  /** File name, for messages: `machine.config`. */
  readonly name: string;
  /** In file order; a symbol occurs once for any one kernel version. */
  readonly requests: readonly ConfigRequest[];
}

/** A file as a series leaves it. */
export interface PatchedFile {
  readonly content: Uint8Array;
  readonly executable: boolean;
}

/**
 * What series make of a tree: the files that differ from it, by path below its root with `/` between folders.
 * Null is a file that the series delete.
 */
export type PatchedFiles = ReadonlyMap<string, PatchedFile | null>;

/**
 * Applies series, in order, to copies of the files they touch. @throws SourceError when a hunk does not apply exactly.
 */
export type TreePatcher = (request: {
  readonly tree: SourceTree;
  readonly series: readonly Series[];
  readonly cacheDir: string;
  readonly signal: AbortSignal;
}) => Promise<PatchedFiles>;

/** Makes the text of a final `.config`. @throws BuildError listing every symbol that did not survive. */
export type Configurator = (request: {
  /** Source with the series applied. */
  readonly sourceDir: string;
  /** Object folder; its own `.config` is left alone. */
  readonly objectDir: string;
  readonly kernelVersion: string;
  readonly fragments: readonly Fragment[];
  readonly cacheDir: string;
  readonly signal: AbortSignal;
}) => Promise<string>;

/** What the cache keeps of one build. All paths are absolute. */
export interface Kernel {
  /** Content id: source, series, final .config, compiler and binutils. 16 hexadecimal digits. */
  readonly id: string;
  readonly kernelVersion: string;
  readonly bzImage: string;
  /** With line tables. */
  readonly vmlinux: string;
  /** The final .config; null for a prebuilt kernel that came without. */
  readonly config: string | null;
  /** Null for a prebuilt kernel that came without. */
  readonly systemMap: string | null;
  /** Null for a prebuilt kernel. */
  readonly buildLog: string | null;
  /** GNU build id of vmlinux, hexadecimal: the guest must report the same. */
  readonly buildId: string;
  /** sha256 of the loadable parts of vmlinux, notes excepted: equal means the same machine code. */
  readonly codeSha256: string;
  readonly record: KernelRecord;
}

/** `kernel.json` in the cache, and inside run.json. */
export interface KernelRecord {
  readonly id: string;
  readonly kernelVersion: string;
  readonly source: Readonly<Record<string, string>>;
  readonly series: readonly { readonly name: string; readonly sha256: string }[];
  /** Null for a prebuilt kernel that came without its .config. */
  readonly configSha256: string | null;
  /** First line of `gcc --version`; null for a prebuilt kernel. */
  readonly compiler: string | null;
  /** First line of `ld --version`; null for a prebuilt kernel. */
  readonly binutils: string | null;
  readonly buildId: string;
  readonly codeSha256: string;
  /** sha256 of every artifact by file name; checked before each use. */
  readonly artifacts: Readonly<Record<string, string>>;
  /** The commands that make this kernel again, in order. */
  readonly commands: readonly string[];
  readonly buildSeconds: number;
  /** Objects that this build compiled: all of them only in a fresh object folder. */
  readonly objects: number;
}
