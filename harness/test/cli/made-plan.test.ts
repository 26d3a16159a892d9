// SPDX-License-Identifier: GPL-2.0-only
import { join } from 'node:path';
import t from 'tap';
import { backendKeysOf, madePlanText } from '../../cli/made-plan.ts';
import { variantOf } from '../../cli/commands/variant.ts';
import { OUTCOMES } from '../../model/outcome.ts';
import type { Plan } from '../../model/plan.ts';
import { loadPlan } from '../../plan/load.ts';
import { parsePlan } from '../../plan/parse.ts';
import { workspace } from '../../host/workspace.ts';

const place = workspace();
const shipped = (name: string): Promise<Plan> => loadPlan(join(place.plansDir, `${name}.yaml`), place);
const parsed = (text: string): Plan => parsePlan(text, { file: join(place.root, 'plan.yaml'), root: place.root });

t.test('a plan that a command makes runs by itself, on the variants that it was made for', async (t) => {
  const from = await shipped('default');
  const text = madePlanText(
    {
      ...{ name: 'search', describe: 'a search', from, variants: ['v5a+sites+ra', 'weakened'], race: 'swapoff' },
      ...{ target: from.target },
      probes: {
        search: {
          ...{ kind: 'search', workload: 'anon', vcpus: 2, memory: '256MiB', threads: 8, pages: 64 },
          ...{ 'hang-seconds': 20, seed: '7', ...backendKeysOf({ kind: 'zram', sizeKiB: 1024 }) },
        },
      },
    },
    place.root,
  );
  t.notMatch(text, place.root, 'what is shipped has its bare name');
  const plan = parsed(text);
  t.same(plan.variants, [variantOf(from, 'v5a+sites+ra'), variantOf(from, 'weakened')]);
  t.same(plan.target, from.target);
  t.match(plan.probes, [
    { kind: 'search', id: 'search', variants: ['v5a+sites+ra', 'weakened'], seed: '7', backend: { kind: 'zram' } },
  ]);
  t.match(plan.probes[0]?.expect['weakened'], { accept: [...OUTCOMES] });
});

t.test('a race’s own fragment has the race’s name; a variant that the plan lacks is refused', async (t) => {
  const from = await shipped('synthetic-events');
  const [first] = from.variants;
  const made = {
    ...{ name: 'explore', describe: 'a map', from, variants: [first?.id ?? ''], race: 'synthetic-events' },
    probes: { explore: { kind: 'place', hold: 'stall' } },
  };
  t.same(parsed(madePlanText(made, place.root)).variants, [first]);
  t.match(madePlanText(made, '/elsewhere'), first?.series[0] ?? '', 'what is not shipped has its path');
  t.throws(() => madePlanText({ ...made, variants: ['nonesuch'] }, place.root), { code: 'UNKNOWN_VARIANT' });
  t.same(backendKeysOf({ kind: 'none' }), {});
});
