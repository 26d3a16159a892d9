// SPDX-License-Identifier: GPL-2.0-only
import { UsageError } from '../../model/errors.ts';
import { contenderNames, heldNames } from '../../race/operations.ts';
import type { RaceFolder } from '../../race/read.ts';
import { parseSourceSpec } from '../../source/spec.ts';
import type { PlanCatalog } from './catalog.ts';
import type { PlanDocument, PlanPath, PlanProblem } from './document.ts';
import { suggest } from '../../model/near.ts';
import type { KindTable, ReadKind } from '../../results/kinds.ts';
import { mergedValues } from './defaults.ts';
import { kindOfProbe, REQUIRED_OF_BUDGET, REQUIRED_OF_INTERLEAVE, REQUIRED_OF_STRESS } from './schema.ts';
import { isTree, pathText, valueAt } from './values.ts';

type Tree = Record<string | number, unknown>;

/** Ids become names of folders and files. A dash would make `<probe>-<variant>-<index>` ambiguous. */
const VARIANT_ID = /^[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}$/;
const PROBE_ID = /^[A-Za-z0-9][A-Za-z0-9.+_]{0,63}$/;

const PAGE_KIB = 4;

/**
 * Checks what a shape cannot say: names that must exist, keys that must be there, numbers that must fit each other.
 * Works on the raw document and skips what has the wrong shape, so that one run lists everything.
 */
export function checkReferences(
  document: PlanDocument,
  catalog: PlanCatalog,
  folder: string,
  /** Null where the plan's race cannot be had; what is checked against it is passed over. */
  race: RaceFolder | null,
  kinds: KindTable,
): PlanProblem[] {
  return new ReferenceCheck(document, catalog, folder, race, kinds).run();
}

class ReferenceCheck {
  readonly #problems: PlanProblem[] = [];
  readonly #variants: readonly string[];
  readonly #root: Tree;

  constructor(
    private readonly document: PlanDocument,
    private readonly catalog: PlanCatalog,
    private readonly folder: string,
    private readonly race: RaceFolder | null,
    private readonly kinds: KindTable,
  ) {
    this.#root = tree(document.value);
    this.#variants = Object.keys(tree(this.#root['variants']));
  }

  run(): PlanProblem[] {
    this.#source(['source']);
    this.#fragments(['fragments']);
    this.#raceFragments();
    for (const id of this.#variants) this.#variant(id);
    this.#probeNames(['defaults']);
    const probes = this.#root['probes'];
    for (const id of Object.keys(tree(probes))) this.#probe(id);
    this.#atLeastOne('variants');
    this.#atLeastOne('probes');
    return this.#problems;
  }

  #atLeastOne(section: 'variants' | 'probes'): void {
    const value = this.#root[section];
    if (isTree(value) && Object.keys(value).length === 0) this.#add([section], 'needs at least one');
  }

  #variant(id: string): void {
    const path = ['variants', id];
    if (!VARIANT_ID.test(id)) this.#add(path, 'an id is made of letters, digits and . + _ -');
    this.#source([...path, 'source']);
    this.#fragments([...path, 'fragments']);
    for (const [each, name] of this.#strings([...path, 'series'])) {
      if (this.catalog.series(name) === null)
        this.#add(each, `unknown series ${name}; ${suggest(name, this.catalog.seriesNames())}`);
    }
  }

  #probe(id: string): void {
    const path = ['probes', id];
    if (!PROBE_ID.test(id)) this.#add(path, 'an id is made of letters, digits and . + _');
    this.#probeNames(path);
    const own = this.#at(path);
    if (own !== null && !isTree(own)) return;
    const kind = kindOfProbe(own, this.#root);
    const table = Object.hasOwn(this.kinds, kind) ? this.kinds[kind] : undefined;
    if (table !== undefined) return this.#tableProbe(path, table);
    const merged = { ...tree(this.#root['defaults']), ...tree(own) };
    const placing = merged['kind'] === 'interleave';
    for (const key of placing ? REQUIRED_OF_INTERLEAVE : REQUIRED_OF_STRESS) {
      if (merged[key] === undefined) this.#add([...path, key], 'is missing, here and in the defaults');
    }
    const variants = Array.isArray(merged['variants']) ? merged['variants'] : this.#variants;
    this.#control(path, merged, variants);
    this.#expectations(path, variants);
    if (placing) return this.#placeable(path, merged);
    this.#named([...path, 'workload'], merged['workload'], Object.keys(this.race?.workloads ?? {}), 'workload');
    this.#budgets(path, variants);
    this.#pagesFit(path, merged);
  }

  /** Only what the race has set-ups for: a swap file lies on a file system whose sleeping would be part of a path. */
  #placeable(path: PlanPath, { path: held, meanwhile, backend }: Tree): void {
    if (this.race === null) return;
    this.#named([...path, 'path'], held, heldNames(this.race), 'operation that may be held');
    this.#named([...path, 'meanwhile'], meanwhile, contenderNames(this.race), 'operation that may go on meanwhile');
    const kinds = [...new Set(Object.values(this.race.setups).map((setup) => setup.backend.kind))];
    const { kind } = tree(backend);
    if (typeof kind === 'string' && !kinds.some((each) => each === kind))
      this.#add([...path, 'backend'], `${this.race.name} cannot be placed on ${kind}; use ${kinds.join(' or ')}`);
  }

  #named(path: PlanPath, name: unknown, names: readonly string[], what: string): void {
    if (this.race === null || typeof name !== 'string' || names.includes(name)) return;
    this.#add(path, `${this.race.name} has no ${what} ${name}; ${suggest(name, names)}`);
  }

  /** A kernel without them has no such race, or cannot run its guest. */
  #raceFragments(): void {
    if (this.race === null) return;
    const { name, fragments } = this.race;
    const common = this.#strings(['fragments']).map(([, fragment]) => fragment);
    for (const id of this.#variants) {
      const own = this.#at(['variants', id, 'fragments']);
      const has = own === undefined ? common : this.#strings(['variants', id, 'fragments']).map(([, each]) => each);
      for (const needed of fragments.filter((fragment) => !has.includes(fragment)))
        this.#add(
          own === undefined ? ['fragments'] : ['variants', id, 'fragments'],
          `the race ${name} needs ${needed}`,
        );
      if (own === undefined && fragments.some((fragment) => !has.includes(fragment))) return;
    }
  }

  /** A probe of a kind of the table: what it needs, what must exist, what must fit each other. */
  #tableProbe(path: PlanPath, { plan }: ReadKind): void {
    const merged = mergedValues(plan, tree(this.#at(path)), tree(this.#root['defaults']));
    for (const key of plan.required) {
      if (merged[key] === undefined) this.#add([...path, key], 'is missing, here and in the defaults');
    }
    const variants = Array.isArray(merged['variants']) ? merged['variants'] : this.#variants;
    this.#control(path, merged, variants);
    if (plan.required.includes('expect')) this.#expectations(path, variants);
    const names = variants.filter((variant) => typeof variant === 'string');
    for (const { path: inner, message } of plan.check?.(merged, { variants: names, race: this.race }) ?? [])
      this.#add([...path, ...inner], message);
  }

  #control(path: PlanPath, merged: Tree, variants: readonly unknown[]): void {
    const { control } = merged;
    if (typeof control !== 'string' || !this.#variants.includes(control) || variants.includes(control)) return;
    this.#add(
      [...path, 'control'],
      `the control ${control} is not among the probe's variants (${variants.join(', ')})`,
    );
  }

  /** A variant of which nothing is expected could never fail. */
  #expectations(path: PlanPath, variants: readonly unknown[]): void {
    const expect = this.#merged(path, 'expect');
    if (expect === null) return;
    for (const variant of variants) {
      if (typeof variant === 'string' && this.#variants.includes(variant) && expect[variant] === undefined) {
        this.#add([...path, 'expect'], `says nothing of ${variant}`);
      }
    }
  }

  #budgets(path: PlanPath, variants: readonly unknown[]): void {
    const budget = this.#merged(path, 'budget');
    if (budget === null) return;
    for (const key of REQUIRED_OF_BUDGET) {
      if (budget[key] === undefined) this.#add([...path, 'budget', key], 'is missing, here and in the defaults');
    }
    this.#budget([...path, 'budget'], budget);
    const overrides = this.#merged(path, 'budgets') ?? {};
    for (const variant of variants) {
      const override = overrides[String(variant)];
      if (isTree(override)) this.#budget([...path, 'budgets', String(variant)], { ...budget, ...override });
    }
  }

  #budget(path: PlanPath, { 'min-trials': least, 'max-trials': most }: Tree): void {
    if (typeof least !== 'number' || typeof most !== 'number' || least <= most) return;
    this.#add(path, `min-trials ${least} is more than max-trials ${most}`);
  }

  /** One page of a swap area is its header. */
  #pagesFit(path: PlanPath, { pages, backend }: Tree): void {
    const size = /^(\d+) ?(KiB|MiB|GiB)$/.exec(String(tree(backend)['size']));
    if (typeof pages !== 'number' || size === null) return;
    const kib = Number(size[1]) * { KiB: 1, MiB: 1024, GiB: 1024 * 1024 }[size[2] as 'KiB' | 'MiB' | 'GiB'];
    const room = Math.floor(kib / PAGE_KIB) - 1;
    if (pages > room)
      this.#add([...path, 'pages'], `${pages} pages do not fit a swap area of ${size[0]}; at most ${room} do`);
  }

  /** Names in a probe or in the defaults. */
  #probeNames(path: PlanPath): void {
    const control = this.#at([...path, 'control']);
    if (typeof control === 'string') this.#variantName([...path, 'control'], control);
    for (const [each, name] of this.#strings([...path, 'variants'])) this.#variantName(each, name);
    for (const section of ['expect', 'budgets']) {
      for (const name of Object.keys(tree(this.#at([...path, section]))))
        this.#variantName([...path, section, name], name);
    }
    for (const [variant, expectation] of Object.entries(tree(this.#at([...path, 'expect'])))) {
      this.#known([...path, 'expect', variant, 'known'], tree(expectation));
    }
  }

  /** A known finding that is not accepted would be reported as known and fail the run at once. */
  #known(path: PlanPath, { accept, known }: Tree): void {
    if (!Array.isArray(accept) || !Array.isArray(known)) return;
    known.forEach((outcome, index) => {
      if (!accept.includes(outcome))
        this.#add([...path, index], `the known finding ${outcome} has to be accepted as well`);
    });
  }

  #variantName(path: PlanPath, name: string): void {
    if (!this.#variants.includes(name)) this.#add(path, `unknown variant ${name}; ${suggest(name, this.#variants)}`);
  }

  #source(path: PlanPath): void {
    const text = this.#at(path);
    if (typeof text !== 'string') return;
    try {
      parseSourceSpec(text, this.folder);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      this.#add(path, `${error.message}; the forms are ${error.hint}`);
    }
  }

  #fragments(path: PlanPath): void {
    for (const [each, name] of this.#strings(path)) {
      if (this.catalog.fragment(name) === null)
        this.#add(each, `unknown fragment ${name}; ${suggest(name, this.catalog.fragmentNames())}`);
    }
  }

  /** A mapping of the probe over that of the defaults; null where neither is one. */
  #merged([section, id]: PlanPath, key: string): Tree | null {
    const own = valueAt(this.#root, [section ?? '', id ?? '', key]);
    const shared = valueAt(this.#root, ['defaults', key]);
    return isTree(own) || isTree(shared) ? { ...tree(shared), ...tree(own) } : null;
  }

  #strings(path: PlanPath): [PlanPath, string][] {
    const list = this.#at(path);
    if (!Array.isArray(list)) return [];
    return list.flatMap((value, index): [PlanPath, string][] =>
      typeof value === 'string' ? [[[...path, index], value]] : [],
    );
  }

  #at(path: PlanPath): unknown {
    return valueAt(this.#root, path);
  }

  #add(path: PlanPath, message: string): void {
    this.#problems.push({ line: this.document.lineOf(path), message: `${pathText(path)}: ${message}` });
  }
}

function tree(value: unknown): Tree {
  return isTree(value) ? value : {};
}
