// SPDX-License-Identifier: GPL-2.0-only
import { rmSync } from 'node:fs';
import Database from 'libsql';
import { HostError } from '../model/errors.ts';
import type { FigureSummary, RunSummary, SignatureCount, VariantSummary } from '../model/history.ts';
import { groupBy } from './group-by.ts';

/** Raised with every change of the tables: another version's database is emptied and filled again. */
const VERSION = 5;

/** How long a writer waits for another one. */
const BUSY_MS = 30_000;

const TABLES = `
CREATE TABLE runs (run TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, startedAt TEXT NOT NULL, plan TEXT NOT NULL,
  status INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE variants (run TEXT NOT NULL, place INTEGER NOT NULL, probe TEXT NOT NULL, variant TEXT NOT NULL,
  outcome TEXT NOT NULL, kernelId TEXT, trials INTEGER NOT NULL, exposure INTEGER NOT NULL,
  PRIMARY KEY (run, place)) WITHOUT ROWID;
CREATE TABLE signatures (run TEXT NOT NULL, place INTEGER NOT NULL, rank INTEGER NOT NULL, title TEXT NOT NULL,
  count INTEGER NOT NULL, target INTEGER NOT NULL, PRIMARY KEY (run, place, rank)) WITHOUT ROWID;
CREATE TABLE figures (run TEXT NOT NULL, place INTEGER NOT NULL, rank INTEGER NOT NULL, name TEXT NOT NULL,
  unit TEXT NOT NULL, ratio REAL, absolute REAL, PRIMARY KEY (run, place, rank)) WITHOUT ROWID;
`;
const NAMES = ['runs', 'variants', 'signatures', 'figures'];

/** A run to be kept, or to be forgotten. */
export type HistoryChange =
  | { readonly kind: 'put'; readonly fingerprint: string; readonly summary: RunSummary }
  | { readonly kind: 'remove'; readonly run: string };

/**
 * The history of a results folder: an SQLite database that holds nothing that the results do not. It may be deleted at
 * any time, several processes may write to it at once, and whatever ends a writer leaves the state before or after.
 */
export class HistoryDb implements Disposable {
  private constructor(private readonly db: Database.Database) {}

  /**
   * Opens or makes it. A file that is no database, or one of another version, is replaced. @throws HostError
   * `HISTORY_UNUSABLE`
   */
  static open(path: string): HistoryDb {
    try {
      return HistoryDb.#openSound(path);
    } catch (error) {
      if (!isDamage(error)) throw unusable(path, error);
    }
    for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(path + suffix, { force: true });
    try {
      return HistoryDb.#openSound(path);
    } catch (error) {
      throw unusable(path, error);
    }
  }

  static #openSound(path: string): HistoryDb {
    const db = new Database(path, { timeout: BUSY_MS });
    try {
      const sound = db.prepare('PRAGMA quick_check').all() as { readonly quick_check?: string }[];
      if (sound[0]?.quick_check !== 'ok')
        throw Object.assign(new Error(sound[0]?.quick_check), { code: 'SQLITE_CORRUPT' });
      db.transaction(() => prepareTables(db)).immediate();
      return new HistoryDb(db);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** What of each run is in it, by run. */
  fingerprints(): Map<string, string> {
    const rows = this.db.prepare('SELECT run, fingerprint FROM runs').all() as {
      readonly run: string;
      readonly fingerprint: string;
    }[];
    return new Map(rows.map(({ run, fingerprint }) => [run, fingerprint]));
  }

  /** All of `changes` or, whatever happens, none. */
  apply(changes: Iterable<HistoryChange>): void {
    const write = this.#writer();
    this.db
      .transaction(() => {
        for (const change of changes) write(change);
      })
      .immediate();
  }

  #writer(): (change: HistoryChange) => void {
    const forget = NAMES.map((table) => this.db.prepare(`DELETE FROM ${table} WHERE run = ?`));
    const run = this.db.prepare('INSERT INTO runs VALUES (?, ?, ?, ?, ?)');
    // One statement for all rows of a run: a thousand runs have ten thousand of them.
    const variants = this.db.prepare(
      `INSERT INTO variants SELECT ?, key, value->>'probe', value->>'variant', value->>'outcome', value->>'kernelId',
       value->>'trials', value->>'exposure' FROM json_each(?)`,
    );
    const signatures = this.db.prepare(
      `INSERT INTO signatures SELECT ?, v.key, s.key, s.value->>'title', s.value->>'count', s.value->>'target'
       FROM json_each(?) v, json_each(v.value, '$.signatures') s`,
    );
    const figures = this.db.prepare(
      `INSERT INTO figures SELECT ?, v.key, f.key, f.value->>'name', f.value->>'unit', f.value->>'ratio',
       f.value->>'absolute' FROM json_each(?) v, json_each(v.value, '$.figures') f`,
    );
    return (change) => {
      const name = change.kind === 'remove' ? change.run : change.summary.run;
      for (const statement of forget) statement.run(name);
      if (change.kind === 'remove') return;
      const { startedAt, plan, status } = change.summary;
      const rows = JSON.stringify(change.summary.variants);
      run.run(name, change.fingerprint, startedAt, plan, status);
      variants.run(name, rows);
      signatures.run(name, rows);
      figures.run(name, rows);
    };
  }

  /** Every run, oldest first. */
  runs(): RunSummary[] {
    const runs = this.db.prepare('SELECT run, startedAt, plan, status FROM runs ORDER BY run').all() as Omit<
      RunSummary,
      'variants'
    >[];
    const variants = this.db.prepare('SELECT * FROM variants ORDER BY run, place').all() as (Omit<
      VariantSummary,
      'signatures' | 'figures'
    > &
      Place)[];
    const signatures = this.db.prepare('SELECT * FROM signatures ORDER BY run, place, rank').all() as (Omit<
      SignatureCount,
      'target'
    > &
      Place & { readonly target: number })[];
    const figures = this.db.prepare('SELECT * FROM figures ORDER BY run, place, rank').all() as (FigureSummary &
      Place)[];
    const figuresOf = groupBy(figures, ({ run, place }) => `${place} ${run}`);
    const signaturesOf = groupBy(signatures, ({ run, place }) => `${place} ${run}`);
    const variantsOf = groupBy(variants, ({ run }) => run);
    return runs.map(({ run, startedAt, plan, status }) => ({
      run,
      startedAt,
      plan,
      status,
      variants: (variantsOf.get(run) ?? []).map(({ run: _run, place, ...variant }) => ({
        ...variant,
        signatures: (signaturesOf.get(`${place} ${run}`) ?? []).map(({ title, count, target }) => ({
          title,
          count,
          target: target === 1,
        })),
        figures: (figuresOf.get(`${place} ${run}`) ?? []).map(({ name, unit, ratio, absolute }) => ({
          ...{ name, unit, ratio, absolute },
        })),
      })),
    }));
  }

  [Symbol.dispose](): void {
    this.db.close();
  }
}

interface Place {
  readonly run: string;
  readonly place: number;
}

function prepareTables(db: Database.Database): void {
  const [found] = db.prepare('PRAGMA user_version').all() as { readonly user_version: number }[];
  if (found?.user_version === VERSION) return;
  for (const table of NAMES) db.exec(`DROP TABLE IF EXISTS ${table}`);
  db.exec(TABLES);
  db.exec(`PRAGMA user_version = ${VERSION}`);
}

function isDamage(error: unknown): boolean {
  const { code } = error as { readonly code?: string };
  return code === 'SQLITE_NOTADB' || code === 'SQLITE_CORRUPT';
}

function unusable(path: string, cause: unknown): HostError {
  return new HostError('HISTORY_UNUSABLE', `Cannot use the history ${path}: ${(cause as Error).message}`, {
    cause,
    hint: `rm ${path}  (it is made again from the results)`,
  });
}
