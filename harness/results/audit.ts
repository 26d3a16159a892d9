// SPDX-License-Identifier: GPL-2.0-only
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, exists, readTextIfExists } from '../host/files.ts';
import { SwapraceError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import { runVerdict, stepName, type ProbeSpec, type SymbolLookup } from '../model/probe.ts';
import { seeded, type RunHeader } from '../model/run.ts';
import type { ShownRun } from '../model/shown.ts';
import { firstDifference, firstLineThatDiffers } from './diff.ts';
import { kindOf, type KindTable } from './kinds.ts';
import { isPartial, partialName, RUN_FILES, STEP_FILES, toJson } from './layout.ts';
import { readManifest, type ManifestLine } from './manifest.ts';
import { plannedStep } from './planned.ts';
import { rawFiles } from './raw-files.ts';
import { readJson } from './read-json.ts';
import { readHeader, readStep, type StoredStep } from './reader.ts';
import { showRun } from './show.ts';
import { listFiles, parseSums, sumFiles } from './sums.ts';
import { recorded, recording, symbolRecord } from './symbols.ts';
import { judgeRun, seenOf } from './verdict.ts';

/** One thing that is not as it should be. */
export interface AuditProblem {
  /** Relative to the run's folder. */
  readonly file: string;
  readonly what: string;
}

export interface AuditResult {
  readonly files: number;
  readonly steps: number;
  /** Empty when the run is what its raw files say. */
  readonly problems: readonly AuditProblem[];
}

/** What a run is recomputed with; others know how. */
export interface AuditTools {
  readonly kinds: KindTable;
  readonly reportText: (run: ShownRun) => string;
  /** Reads a run's plan again from its text. @throws UsageError `PLAN_INVALID` */
  readonly planOf: (header: RunHeader) => Plan;
  /** Looks up source lines again; null where the kernel is no longer at hand: then what was looked up is taken. */
  readonly symbolsOf: (kernel: string) => Promise<SymbolLookup | null>;
}

/**
 * Recomputes a finished run from its raw files and compares everything with what is stored: the sums and the set of
 * files; the plan from its text; that each step, by its line and the name of its folder, is the one that the plan and
 * the findings before it imply; findings; what of a step contradicts itself; the verdict with every figure; the report.
 * Never throws for what is wrong with a run: that is its result. docs/audit.md says what it cannot see.
 */
export async function audit(runDir: string, tools: AuditTools): Promise<AuditResult> {
  const run = new Audit(runDir, tools);
  await run.files();
  const steps = await run.content();
  return { files: run.fileCount, steps, problems: run.problems };
}

class Audit {
  readonly problems: AuditProblem[] = [];
  fileCount = 0;

  constructor(
    private readonly dir: string,
    private readonly tools: AuditTools,
  ) {}

  /** Compares the files of a run with SHA256SUMS: none changed, none missing, none added. */
  async files(): Promise<void> {
    const { files, others, empty } = await listFiles(this.dir);
    this.fileCount = files.length;
    for (const file of others) this.#add(file, 'is neither a file nor a folder');
    // A run without a step has an empty folder of them.
    for (const file of empty) if (file !== RUN_FILES.steps) this.#add(file, 'is an empty folder');
    const content = await readTextIfExists(join(this.dir, RUN_FILES.sums));
    if (content === null) return this.#add(RUN_FILES.sums, 'is missing: the run was not finished');
    const stored = parseSums(content);
    if (stored === null) return this.#add(RUN_FILES.sums, 'is not a list of sums as it was written');
    const actual = await sumFiles(this.dir);
    for (const file of new Set([...stored.keys(), ...actual.keys()])) {
      const what = compareSum(stored.get(file), actual.get(file));
      if (what !== null) this.#add(file, what);
    }
  }

  /** @returns how many steps were recomputed. */
  async content(): Promise<number> {
    const header = await this.#attempt(RUN_FILES.run, () => readHeader(this.dir, this.tools.kinds));
    if (header === null) return 0;
    await this.#sameJson(RUN_FILES.run, header, header);
    await this.#plan(header);
    const lines = (await this.#attempt(RUN_FILES.manifest, () => readManifest(this.dir))) ?? [];
    const steps = await this.#steps(header, lines);
    await this.#folders(lines);
    await this.#verdict(header, steps);
    return steps.length;
  }

  /** What the run was asked for is what its text says; a variant without a kernel has a trouble that says why. */
  async #plan(header: RunHeader): Promise<void> {
    await this.#attempt(RUN_FILES.run, async () => {
      const plan: unknown = JSON.parse(JSON.stringify(seeded(this.tools.planOf(header), header.id)));
      const difference = firstDifference(header.plan, plan, 'plan');
      if (difference !== null) this.#add(RUN_FILES.run, difference);
    });
    const { kernels, troubles, plan } = header;
    const wanted = new Set(plan.probes.flatMap(({ variants }) => variants));
    for (const id of Object.keys(kernels))
      if (!wanted.has(id)) this.#add(RUN_FILES.run, `kernels.${id} is of no probe of the plan`);
    for (const id of wanted) {
      const isExplained = troubles.some(({ variant }) => variant === id || variant === null);
      if (!(id in kernels) && !isExplained)
        this.#add(RUN_FILES.run, `there is no kernel of ${id}, and no trouble that says why`);
    }
  }

  /** Goes the run's own way: what each probe asks for next must be the next line of the manifest. */
  async #steps(header: RunHeader, lines: readonly ManifestLine[]): Promise<StoredStep[]> {
    const steps: StoredStep[] = [];
    let at = 0;
    for (const probe of header.plan.probes) {
      for (;;) {
        const wanted = plannedStep(header, probe, seenOf(probe, steps), this.tools.kinds);
        const line = lines[at];
        if (wanted === null || line === undefined) {
          if (wanted !== null) this.#unfinished(header, `${stepName(wanted)} is missing`);
          break;
        }
        const difference = firstDifference(line.step, wanted);
        if (difference !== null) {
          this.#add(RUN_FILES.manifest, `line ${at + 1} is not the step that follows: ${difference}`);
          return steps;
        }
        at++;
        const step = await this.#step(header, probe, line);
        if (step === null) return steps;
        steps.push(step);
      }
    }
    if (at < lines.length) this.#add(RUN_FILES.manifest, `line ${at + 1} is a step that nothing asks for`);
    return steps;
  }

  /** A run may end before its probes do when something stopped it. */
  #unfinished({ troubles }: RunHeader, what: string): void {
    if (!troubles.some(({ variant }) => variant === null)) this.#add(RUN_FILES.manifest, what);
  }

  /** Recomputes a step from its raw files; null where it did not end. */
  async #step(header: RunHeader, probe: ProbeSpec, line: ManifestLine): Promise<StoredStep | null> {
    const { hash } = line;
    const file = (name: string) => join(RUN_FILES.steps, hash, name);
    const folder = join(this.dir, RUN_FILES.steps, hash);
    if (!(await exists(folder))) {
      this.#unfinished(header, `${stepName(line.step)} has no folder ${join(RUN_FILES.steps, hash)}`);
      return null;
    }
    const kind = kindOf(this.tools.kinds, probe.kind);
    return this.#attempt(join(RUN_FILES.steps, hash), async () => {
      const { step, end, finding: stored } = await readStep(folder, line, kind);
      const difference = firstDifference(step, line.step, 'step');
      if (difference !== null) this.#add(file(STEP_FILES.step), difference);
      await this.#sameJson(file(STEP_FILES.step), { step, end }, { step, end });
      const known = await readJson(join(folder, STEP_FILES.symbols), symbolRecord);
      const { symbols, record } = recording((await this.tools.symbolsOf(step.kernel)) ?? recorded(known));
      const derived: unknown = await kind.derive(step, probe, end, rawFiles(folder, symbols));
      const finding = kind.finding.parse(JSON.parse(JSON.stringify(derived)));
      await this.#sameJson(file(STEP_FILES.finding), stored, finding);
      await this.#sameJson(file(STEP_FILES.symbols), known, record);
      const files = rawFiles(folder, symbols);
      for (const { file: raw, what } of await kind.contradictions(probe, { step, end, finding }, files))
        this.#add(file(raw ?? STEP_FILES.step), what);
      return { hash, step, end, finding };
    });
  }

  /** Folders of steps that no line names. One that a stopped run left is whole as it is. */
  async #folders(lines: readonly ManifestLine[]): Promise<void> {
    const known = new Set(lines.map(({ hash }) => hash));
    const last = lines.at(-1)?.hash ?? '';
    for (const name of await readdir(join(this.dir, RUN_FILES.steps)).catch(() => [])) {
      const isLast = isPartial(name) && name === partialName(last);
      if (!known.has(name) && !isLast) this.#add(join(RUN_FILES.steps, name), 'is the folder of no step of the run');
    }
  }

  async #verdict(header: RunHeader, steps: readonly StoredStep[]): Promise<void> {
    const verdict = judgeRun(header, steps, this.tools.kinds);
    const stored = await this.#attempt(RUN_FILES.verdict, () =>
      readJson(join(this.dir, RUN_FILES.verdict), runVerdict),
    );
    if (stored !== null) await this.#sameJson(RUN_FILES.verdict, stored, JSON.parse(JSON.stringify(verdict)));
    const report = await this.#attempt(RUN_FILES.report, () => readFile(join(this.dir, RUN_FILES.report), 'utf8'));
    const shown = this.tools.reportText(showRun({ header, steps, verdict }, this.tools.kinds));
    const line = report === null ? null : firstLineThatDiffers(report, shown);
    if (line !== null) this.#add(RUN_FILES.report, line);
  }

  /** Compares a parsed file with its recomputed value, then its bytes with the form in which the store writes. */
  async #sameJson(file: string, stored: unknown, recomputed: unknown): Promise<void> {
    const difference = firstDifference(stored, recomputed);
    if (difference !== null) return this.#add(file, difference);
    const text = await readFile(join(this.dir, file), 'utf8');
    if (text !== toJson(JSON.parse(text))) this.#add(file, 'is not in the form in which it was written');
  }

  /** Runs a part; what it cannot read becomes a problem of `file`. */
  async #attempt<T>(file: string, part: () => Promise<T>): Promise<T | null> {
    try {
      return await part();
    } catch (error) {
      if (!isOfTheRun(error)) throw error;
      this.#add(file, error.message);
      return null;
    }
  }

  #add(file: string, what: string): void {
    this.problems.push({ file, what });
  }
}

/** What is wrong with the run's files, and not with the program. */
function isOfTheRun(error: unknown): error is Error {
  if (error instanceof SwapraceError) return error.fault !== 'interrupted';
  return errnoOf(error) !== null || error instanceof SyntaxError || (error as Error).name === 'ZodError';
}

function compareSum(stored: string | undefined, actual: string | undefined): string | null {
  if (actual === undefined) return `is missing (${RUN_FILES.sums} lists it)`;
  if (stored === undefined) return `is not in ${RUN_FILES.sums}`;
  return stored === actual ? null : `has sha256 ${actual}, ${RUN_FILES.sums} says ${stored}`;
}
