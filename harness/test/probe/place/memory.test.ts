// SPDX-License-Identifier: GPL-2.0-only
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { placedMemoryMiB } from '../../../probe/place/memory.ts';

t.test('a kernel that keeps shadow memory gets more, one without or without a configuration does not', async (t) => {
  const config = join(t.testdir(), 'config');
  const memoryOf = async (text: string): Promise<number> => {
    await writeFile(config, text);
    return placedMemoryMiB({ config });
  };
  t.equal(await memoryOf('CONFIG_SWAP=y\nCONFIG_KASAN=y\n'), 512);
  t.equal(
    await memoryOf('CONFIG_SWAP=y\n# CONFIG_KASAN is not set\nCONFIG_KASAN_SHADOW_OFFSET=0xdffffc0000000000\n'),
    128,
  );
  t.equal(await placedMemoryMiB({ config: null }), 128);
});
