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

/** What the cache keeps of one build. All paths are absolute. */
export interface Kernel {
  /** Content id: source, series, final .config, compiler. 16 hexadecimal digits. */
  readonly id: string;
  readonly kernelVersion: string;
  readonly bzImage: string;
  /** With line tables. */
  readonly vmlinux: string;
  readonly config: string;
  readonly systemMap: string;
  readonly buildLog: string;
  /** GNU build id of vmlinux, hexadecimal: the guest must report the same. */
  readonly buildId: string;
  /** sha256 of the loadable parts of vmlinux: equal means the same machine code. */
  readonly codeSha256: string;
  /** True when vmlinux has a PVH entry, so that QEMU can boot it without a decompressor. */
  readonly pvh: boolean;
  readonly record: KernelRecord;
}

/** `kernel.json` in the cache, and inside run.json. */
export interface KernelRecord {
  readonly id: string;
  readonly kernelVersion: string;
  readonly source: Readonly<Record<string, string>>;
  readonly series: readonly { readonly name: string; readonly sha256: string }[];
  readonly configSha256: string;
  readonly compiler: string;
  readonly buildId: string;
  readonly codeSha256: string;
  readonly pvh: boolean;
  /** sha256 of every artifact by file name; checked before each use. */
  readonly artifacts: Readonly<Record<string, string>>;
  /** The commands that make this kernel again, in order. */
  readonly commands: readonly string[];
  readonly buildSeconds: number;
  readonly objects: number;
}
