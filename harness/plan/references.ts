// SPDX-License-Identifier: GPL-2.0-only
import { UsageError } from '../model/errors.ts';
import type { RaceFolder } from '../race/read.ts';
import { parseSourceSpec } from '../source/spec.ts';
import type { PlanCatalog } from './catalog.ts';
import type { PlanDocument, PlanPath, PlanProblem } from './document.ts';
import { suggest } from '../model/near.ts';
import type { KindTable } from '../results/kinds.ts';
import { mergedValues } from './defaults.ts';
import { kindOfProbe } from './schema.ts';
import { isTree, pathText, valueAt } from './values.ts';

type Tree = Record<string | number, unknown>;

/** Ids become names of folders and files. A dash would make `<probe>-<variant>-<index>` ambiguous. */
const VARIANT_ID = /^[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}$/;
const PROBE_ID = /^[A-Za-z0-9][A-Za-z0-9.+_]{0,63}$/;

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
  /** Keys whose values are by variant. */
  readonly #byVariant: readonly string[];
  readonly #root: Tree;

  constructor(
    private readonly document: PlanDocument,
    private readonly catalog: PlanCatalog,
    private readonly folder: string,
    private readonly race: RaceFolder | null,
    private readonly kinds: KindTable,
  ) {
    this.#root = tree(document.value);
    this.#byVariant = [...new Set(Object.values(kinds).flatMap(({ plan }) => plan.byVariant ?? []))];
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
    const name = kindOfProbe(own, this.#root);
    if (name === null) return this.#add([...path, 'kind'], 'is missing, here and in the defaults');
    const kind = Object.hasOwn(this.kinds, name) ? this.kinds[name] : undefined;
    if (kind === undefined) return;
    const { plan } = kind;
    const merged = mergedValues(plan, tree(own), tree(this.#root['defaults']));
    for (const key of plan.required) {
      if (merged[key] === undefined) this.#add([...path, key], 'is missing, here and in the defaults');
    }
    const variants = Array.isArray(merged['variants']) ? merged['variants'] : this.#variants;
    this.#control(path, merged, variants);
    if (plan.required.includes('expect')) this.#expectations(path, tree(merged['expect']), variants);
    const names = variants.filter((variant) => typeof variant === 'string');
    for (const { path: inner, message } of plan.check?.(merged, { variants: names, race: this.race }) ?? [])
      this.#add([...path, ...inner], message);
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

  #control(path: PlanPath, merged: Tree, variants: readonly unknown[]): void {
    const { control } = merged;
    if (typeof control !== 'string' || !this.#variants.includes(control) || variants.includes(control)) return;
    this.#add(
      [...path, 'control'],
      `the control ${control} is not among the probe's variants (${variants.join(', ')})`,
    );
  }

  /** A variant of which nothing is expected could never fail. */
  #expectations(path: PlanPath, expect: Tree, variants: readonly unknown[]): void {
    for (const variant of variants) {
      if (typeof variant === 'string' && this.#variants.includes(variant) && expect[variant] === undefined) {
        this.#add([...path, 'expect'], `says nothing of ${variant}`);
      }
    }
  }

  /** Names in a probe or in the defaults. */
  #probeNames(path: PlanPath): void {
    const control = this.#at([...path, 'control']);
    if (typeof control === 'string') this.#variantName([...path, 'control'], control);
    for (const [each, name] of this.#strings([...path, 'variants'])) this.#variantName(each, name);
    for (const section of ['expect', ...this.#byVariant]) {
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
