// SPDX-License-Identifier: GPL-2.0-only
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import t from 'tap';

const setup = join(resolve(dirname(fileURLToPath(import.meta.url)), '../../..'), 'scripts/setup.sh');

/** Runs lines of bash after the set-up script was read; nothing is installed, for what installs is replaced. */
function bash(lines: string) {
  return execa('bash', ['-c', `set -euo pipefail\n. ${setup}\napt-get() { echo "apt-get $*"; }\n${lines}`], {
    reject: false,
  });
}

t.test('without root, one message has the command for an administrator, and nothing is tried', async (t) => {
  const { exitCode, stderr, stdout } = await bash(
    'setup_packages=(bash swaprace-no-such-package)\nid() { echo 1000; }\nsetup_debian_packages',
  );
  t.equal(exitCode, 128);
  t.match(
    stderr,
    /Ask an administrator to run: apt-get update && apt-get install -y --no-install-recommends swaprace-no-such-package$/,
  );
  t.notMatch(stderr, ' bash');
  t.equal(stdout, '');
});

t.test('as root, what is missing is said and then installed, and only that', async (t) => {
  const { exitCode, stderr } = await bash(
    'setup_packages=(bash swaprace-no-such-package)\nid() { echo 0; }\nsetup_debian_packages',
  );
  t.equal(exitCode, 0);
  t.match(stderr, /lacks swaprace-no-such-package\. Running: apt-get update && apt-get install/);
  t.match(stderr, /apt-get install -q -y --no-install-recommends swaprace-no-such-package\n?$/);
});

t.test('nothing missing, nothing said', async (t) => {
  const { exitCode, stdout, stderr } = await bash(
    'setup_packages=(bash coreutils)\nlists=/var/lib/apt/lists\n[ -e $lists ] && setup_debian_packages',
  );
  t.equal(exitCode, 0);
  t.notMatch(stderr + stdout, /lacks bash|lacks coreutils/);
});

t.test('on another system the programs are listed with how they were looked for', async (t) => {
  const { exitCode, stderr } = await bash('setup_programs=(bash swaprace-no-such-program)\nsetup_other_system');
  t.equal(exitCode, 128);
  t.match(stderr, /command -v[\s\S]*swaprace-no-such-program/);
  t.notMatch(stderr, /^ {2}bash$/m);
});

t.test('the list that doctor reads as well is what is installed', async (t) => {
  const { stdout } = await bash('echo "${setup_packages[*]} / ${setup_programs[*]}"');
  t.match(stdout, /^qemu-system-x86 gcc .*\bdpkg \/ qemu-system-x86_64 gcc \/usr\/include\/stdio\.h .*\bmke2fs\b/);
});

t.test('two that install npm packages at once do it once, and the old ones stay until then', async (t) => {
  const root = t.testdir({ 'package.json': '{}', 'package-lock.json': '{}', node_modules: { old: '' } });
  const npm = 'npm() { sleep 0.3; ls ../node_modules >>../log; mkdir node_modules; touch node_modules/new; }';
  const both = await Promise.all([bash(`${npm}\nsetup_npm ${root}`), bash(`${npm}\nsetup_npm ${root}`)]);
  t.same(
    both.map(({ exitCode }) => exitCode),
    [0, 0],
  );
  t.equal(readFileSync(join(root, 'log'), 'utf8'), 'old\n');
  t.same(readdirSync(join(root, 'node_modules')).sort(), ['.swaprace-lock', 'new']);
  t.notOk(readdirSync(root).includes('.npm-new'));
  const failed = await bash(`npm() { return 1; }\necho 2 > ${root}/package-lock.json\nsetup_npm ${root}\necho went on`);
  t.match(failed, { exitCode: 128, stdout: '', stderr: /npm ci failed/ });
  t.same(readdirSync(join(root, 'node_modules')).sort(), ['.swaprace-lock', 'new'], 'what there was is still there');
});
