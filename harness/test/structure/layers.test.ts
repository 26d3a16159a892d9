// SPDX-License-Identifier: GPL-2.0-only
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const harness = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** What each layer may import; a stage knows no other stage. */
const STAGES = ['source', 'kconfig', 'build', 'rootfs', 'machine', 'workload', 'interleave', 'evidence'];
const BASE = ['model', 'host', 'stats'];
const ROOMS = [...BASE, ...STAGES, 'race', 'lab', 'probe', 'plan', 'results', 'report'];
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  model: [],
  host: ['model'],
  stats: ['model'],
  // Reads what a race's folder says.
  race: ['model'],
  ...Object.fromEntries(STAGES.map((stage) => [stage, stage === 'interleave' ? [...BASE, 'race'] : BASE])),
  // Guests are booted and watched the same way, whatever is done to them.
  lab: ['model', 'host', 'source', 'kconfig', 'build', 'rootfs', 'machine', 'evidence'],
  probe: [...BASE, ...STAGES, 'race', 'lab'],
  plan: [...BASE, 'source', 'race', 'probe', 'results'],
  results: BASE,
  report: BASE,
  run: ROOMS,
  serve: [...ROOMS, 'run'],
  cli: [...ROOMS, 'run', 'serve'],
};
/** Stages that compute and never act: no processes, files or sockets. */
const PURE = ['model', 'stats', 'report'];
const IMPURE_MODULES = /^(node:(fs|net|child_process|http|dgram)|execa|ssh2)/;

interface Import {
  readonly file: string;
  readonly layer: string;
  readonly target: string;
}

function sourceFiles(): string[] {
  return readdirSync(harness, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.startsWith('test/'))
    .sort();
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(harness, file), 'utf8');
  const layer = file.split('/')[0] as string;
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => ({
    file,
    layer,
    target: match[1] as string,
  }));
}

function targetLayer({ file, target }: Import): string | null {
  if (!target.startsWith('.')) return null;
  return relative(harness, resolve(harness, dirname(file), target)).split('/')[0] as string;
}

const imports = sourceFiles().flatMap(importsOf);

t.test('every file belongs to a layer that the rule knows', async (t) => {
  for (const file of sourceFiles()) t.ok(file.split('/')[0]! in ALLOWED, file);
});

t.test('a layer imports only what lies below it', async (t) => {
  const wrong = imports.filter((edge) => {
    const target = targetLayer(edge);
    return target !== null && target !== edge.layer && !ALLOWED[edge.layer]?.includes(target);
  });
  t.same(wrong, []);
});

t.test('pure layers do no input or output', async (t) => {
  t.same(
    imports.filter(({ layer, target }) => PURE.includes(layer) && IMPURE_MODULES.test(target)),
    [],
  );
});

/** Files that import each other around a circle, each with the next; types count. */
function cycles(): string[] {
  const targets = new Map(sourceFiles().map((file) => [file, [] as string[]]));
  for (const { file, target } of imports) {
    if (target.startsWith('.')) targets.get(file)?.push(relative(harness, resolve(harness, dirname(file), target)));
  }
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file);
    if (at !== -1) found.push([...path.slice(at), file].join(' → '));
    if (at !== -1 || done.has(file)) return;
    for (const target of targets.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of targets.keys()) visit(file, []);
  return found;
}

t.test('no file imports itself by way of others', async (t) => {
  t.same(cycles(), []);
});

t.test('the rule is not vacuous', async (t) => {
  t.ok(imports.some((edge) => targetLayer(edge) === 'model'));
  t.equal(targetLayer({ file: 'build/a.ts', layer: 'build', target: '../source/b.ts' }), 'source');
});
