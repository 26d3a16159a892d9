// SPDX-License-Identifier: GPL-2.0-only
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import t from 'tap';
import { programCommand } from '../../interleave/program.ts';
import { parsePlan } from '../../plan/parse.ts';
import { contenderNames, defaultBackend, heldNames, namesFor, requireKernel } from '../../race/operations.ts';
import { raceNames, readRace, readRaceFolder } from '../../race/read.ts';
import { compilePrograms } from '../../rootfs/compile.ts';
import { guestsDir, SWAPOFF } from './shipped.ts';

const here = dirname(fileURLToPath(import.meta.url));

/** A checkout whose only race is the made-up one; its plan needs nothing else of the project. */
function checkout(dir: string, change: (yaml: string) => string = (yaml) => yaml): string {
  const guests = join(dir, 'guests');
  mkdirSync(join(guests, 'races'), { recursive: true });
  cpSync(join(guestsDir, 'src/common'), join(guests, 'src/common'), { recursive: true });
  const race = join(guests, 'races/made-up');
  cpSync(join(here, 'made-up'), race, { recursive: true });
  writeFileSync(join(race, 'race.yaml'), change(readFileSync(join(race, 'race.yaml'), 'utf8')));
  writeFileSync(join(race, 'kernel.config'), 'CONFIG_MADE_UP=y\n');
  mkdirSync(join(dir, 'kernel-configs/series'), { recursive: true });
  return dir;
}

/** Operations that a guest's program says it has; it runs on this machine as well. */
async function listed(guests: string, program: string, dir: string): Promise<string[]> {
  const entry = (await compilePrograms(guests, new AbortController().signal)).find(
    ({ path }) => path === `bin/${program}`,
  );
  if (entry?.kind !== 'file') throw new Error(`no program ${program}`);
  const file = join(dir, program);
  writeFileSync(file, entry.data);
  chmodSync(file, 0o755);
  return (await execa(file, ['list'])).stdout.split('\n').filter((line) => line !== '');
}

const PLAN = `name: small
describe: for tests
source: deb:linux-source-6.1
fragments: [made-up]
race: made-up
variants:
  unfixed: {describe: the control, series: []}
probes:
  placed:
    kind: place
    hold: preempt
    control: unfixed
    expect: {unfixed: {accept: [other-bug]}}
`;

t.test('a race that somebody adds is a folder, and no line of TypeScript', async (t) => {
  const dir = checkout(t.testdir({}));
  const guests = join(dir, 'guests');
  t.same(raceNames(guests), ['made-up']);
  const race = readRace(guests, 'made-up');
  t.same([heldNames(race), contenderNames(race)], [['add', 'subtract'], ['add']]);
  t.same(await listed(guests, 'made-up-place', dir), ['add']);
  t.equal(
    programCommand({ race, path: 'subtract', meanwhile: 'add', backend: defaultBackend(race) }),
    `exec 2>&1; exec made-up-place subtract add --shell 'subtract=echo -1 > /tmp/word'`,
  );

  const plan = parsePlan(PLAN, { file: join(dir, 'plan.yaml'), root: dir });
  t.match(plan.probes, [{ race: { name: 'made-up' }, path: 'add', meanwhile: 'add', backend: { kind: 'none' } }]);
  t.same(plan.variants[0]?.fragments, [join(guests, 'races/made-up/kernel.config')]);
  t.throws(() => parsePlan(PLAN.replace('race: made-up', 'race: madeup'), { file: 'p', root: dir }), {
    message: /line 5: race: unknown race madeup; did you mean made-up\?/,
  });
  t.throws(() => parsePlan(PLAN.replace('hold:', 'path: ad\n    hold:'), { file: 'p', root: dir }), {
    message: /line 11: probes\.placed\.path: .*did you mean add\?/,
  });
});

t.test('what is wrong with a race is named by file and line, with the mend', async (t) => {
  const wrong = (from: string, to: string, message: RegExp): void => {
    const dir = checkout(t.testdir({}), (yaml) => {
      t.ok(yaml.includes(from), from);
      return yaml.replace(from, to);
    });
    const file = join(dir, 'guests/races/made-up');
    t.throws(() => readRaceFolder(file), { code: 'RACE_INVALID', fault: 'usage', hint: /docs\/races\.md/, message });
  };
  wrong('name: made-up', 'name: made_up', /race\.yaml:2: name: needs a name of a-z, 0-9, \+ and -/);
  wrong('name: made-up', 'name: other', /race\.yaml:2: name: is other; the folder is made-up/);
  wrong('oracle: [contents]', 'oracle: [luck]', /race\.yaml:10: oracle\.0: .*contents/);
  wrong('oracle: [contents]', 'oracle: [splat]', /target: needs types of splats/);
  wrong('contender: add', 'contender: subtract', /contender: subtract is no operation with meanwhile; there are add/);
  wrong('held: {from: [ksys_write]}', 'held: {from: ["a b"]}', /needs the name of a function/);
  wrong('describe: one more', 'descibe: one more', /race\.yaml:16: operations\.add\.descibe: unknown key/);
  wrong('setups:', 'setups: [', /race\.yaml:\d+: /);
});

t.test('the shipped races are sound, and their programs know their operations', async (t) => {
  for (const name of raceNames(guestsDir)) {
    const race = readRace(guestsDir, name);
    if (!race.programs.includes('place')) continue;
    const own = Object.keys(race.operations).filter((each) => race.operations[each]?.shell === undefined);
    t.same((await listed(guestsDir, `${name}-place`, t.testdir({}))).sort(), own.sort(), name);
  }
});

t.test('a race and its functions are of some kernels', async (t) => {
  const race = { ...SWAPOFF, since: '4.14', until: '6.11' };
  for (const version of ['4.14.0', '5.10.3', '6.11.9']) requireKernel(race, version);
  for (const version of ['4.9.1', '6.12.1'])
    t.throws(() => requireKernel(race, version), { code: 'RACE_NOT_IN_KERNEL', message: /since 4\.14 until 6\.11/ });
  const places = [
    { name: 'new', since: '6.10', until: null },
    { name: 'old', since: null, until: '6.9' },
  ];
  t.same(namesFor(places, '6.9.12'), ['old']);
  t.same(namesFor(places, '6.10.0'), ['new']);
  t.same(namesFor(places, null), ['new', 'old']);
});
