// SPDX-License-Identifier: GPL-2.0-only
/** A harness that builds and is killed from outside; its make stalls in mm/memory.o. Arguments: tree, cache. */
import { buildKernel } from '../../build/kernel.ts';
import { fakeRequest, fakeTree, fill, series } from './fake-kernel.ts';

const [path, cacheDir] = process.argv.slice(2) as [string, string];
const touch = {
  name: 'touch',
  text: '--- a/mm/memory.c\n+++ b/mm/memory.c\n@@ -1 +1,2 @@\n+/* touched */\n #include "swap.h"\n',
};
await buildKernel(
  fakeRequest(await fakeTree(path), cacheDir, {
    series: [series('stalled', fill('switches/stall', 'mm/memory'), touch)],
  }),
);
