// SPDX-License-Identifier: GPL-2.0-only
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { BACKENDS, backendName } from '../../interleave/backends.ts';
import { PATHS, pathNamed } from '../../interleave/paths.ts';
import { programCommand } from '../../interleave/program.ts';

const operations = readFileSync(
  resolve(fileURLToPath(import.meta.url), '../../../../guests/src/interleave/operations.c'),
  'utf8',
);

t.test('each path has a name of its own, an anchor, and an operation that the guest program knows', async (t) => {
  t.equal(new Set(PATHS.map(({ name }) => name)).size, PATHS.length);
  for (const path of PATHS) {
    t.ok(operations.includes(`.name = "${path.operation}"`), path.name);
    t.ok(path.anchor.functions.length > 0 && path.limits.untilReturnOf.length > 0, path.name);
    t.equal(pathNamed(path.name), path);
  }
  t.throws(() => pathNamed('teleport'), { code: 'NO_SUCH_PATH', fault: 'usage', hint: /fault, shmem/ });
});

t.test('each backend is made ready before the program starts on it', async (t) => {
  t.same(Object.values(BACKENDS).map(backendName), Object.keys(BACKENDS));
  t.equal(
    programCommand(BACKENDS['solid-state'], 'fault'),
    'exec 2>&1; echo 0 > /sys/block/vda/queue/rotational && exec interleave /dev/vda fault',
  );
  t.equal(
    programCommand(BACKENDS.zram, 'smaps'),
    'exec 2>&1; echo 1024K > /sys/block/zram0/disksize && exec interleave /dev/zram0 smaps',
  );
  t.throws(() => programCommand({ kind: 'file', filesystem: 'ext4', sizeKiB: 1024 }, 'fault'), {
    code: 'NOT_PLACED_ON',
    fault: 'usage',
  });
});
