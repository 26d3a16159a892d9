// SPDX-License-Identifier: GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { UsageError } from '../model/errors.ts';

const relativePath = z.string().regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$)).+$/, 'must be a relative path without ".."');

const recipeSchema = z.strictObject({
  packages: z.record(z.string().regex(/^[a-z0-9][a-z0-9.+-]+$/), z.array(relativePath).min(1)),
  applets: z.array(z.string().regex(/^[a-z0-9_.[-]+$/)),
  links: z.record(relativePath, z.string()),
});

/** What the initramfs is made of: files by package, names that busybox answers to, and symbolic links by path. */
export type RootfsRecipe = z.infer<typeof recipeSchema>;

/**
 * Reads `rootfs.yaml` of a guests folder.
 *
 * @throws UsageError `ROOTFS_RECIPE_INVALID` naming each key that is wrong.
 */
export async function readRecipe(guestsDir: string): Promise<RootfsRecipe> {
  const file = join(guestsDir, 'rootfs.yaml');
  const parsed = recipeSchema.safeParse(parse(await readFile(file, 'utf8')));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new UsageError('ROOTFS_RECIPE_INVALID', `${file}: ${problems.join('; ')}`);
}
