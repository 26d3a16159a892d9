// SPDX-License-Identifier: GPL-2.0-only
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import t from 'tap';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const main = join(root, 'harness/cli/main.ts');
const swaprace = `node --import tsx ${main}`;

/** The status of the first command of a pipe, as bash sees it. */
async function statusOf(script: string): Promise<number> {
  const { stdout } = await execa('bash', ['-c', `exec 3>&1; { ${script}; echo "$?" >&3; } | true`], {
    cwd: root,
    reject: false,
  });
  return Number(stdout);
}

async function statusTo(device: string): Promise<number> {
  const { exitCode } = await execa('bash', ['-c', `${swaprace} ${device}`], { cwd: root, reject: false });
  return exitCode ?? -1;
}

t.test('a reader that is gone changes no status', async (t) => {
  t.equal(await statusOf(`${swaprace} run --dry-run 2>&1`), 0);
  t.equal(await statusOf(`${swaprace} run no-such-plan 2>&1`), 129);
});

t.test('output that cannot be written is a fault of the host', async (t) => {
  t.equal(await statusTo('run --dry-run >/dev/full'), 128);
  t.equal(await statusTo('run no-such-plan 2>/dev/full'), 128);
});

/** A program with the last resort, in which `code` goes wrong. */
function fails(code: string) {
  const lastResort = join(root, 'harness/cli/last-resort.ts');
  const program = `import { installLastResort } from ${JSON.stringify(lastResort)};
    installLastResort(() => undefined);
    ${code}
    process.exitCode = 0;`;
  return execa('node', ['--import', 'tsx', '--input-type=module', '-e', program], { cwd: root, reject: false });
}

t.test('an error that no command caught ends with 128, and says what it is', async (t) => {
  const wait = 'await new Promise((done) => setTimeout(done, 50));';
  const cases = [
    `void Promise.reject(new Error('lost promise')); ${wait}`,
    `setTimeout(() => { throw new Error('lost promise'); }); ${wait}`,
  ];
  for (const code of cases) {
    const { exitCode, stderr } = await fails(code);
    t.equal(exitCode, 128);
    t.match(stderr, 'lost promise');
  }
  t.equal((await fails('await new Promise(() => undefined);')).exitCode, 128, 'a promise that never settles');
  t.equal((await fails('')).exitCode, 0);
});
