// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { defaultCacheDir } from '../../host/cachedir.ts';

t.test('the cache has an absolute path that make takes', async (t) => {
  t.equal(defaultCacheDir({ HOME: '/home/x' }), '/home/x/.cache/swaprace');
  t.equal(defaultCacheDir({ HOME: '', SWAPRACE_CACHE: '/c/a#b=c,-o' }), '/c/a#b=c,-o');
  t.equal(defaultCacheDir({ SWAPRACE_CACHE: 'here' }), `${process.cwd()}/here`);
  for (const env of [{ HOME: '' }, { HOME: 'x' }]) {
    t.throws(() => defaultCacheDir(env), { name: 'UsageError', code: 'CACHE_UNUSABLE', message: /HOME is/ });
  }
  for (const path of ['/a b', '/a"b', "/a'b", '/a$(b)', '/a;b', '/a:b', '/a\\b', '/a\nb', '/a`b`'])
    t.throws(() => defaultCacheDir({ SWAPRACE_CACHE: path }), { code: 'CACHE_UNUSABLE' }, path);
});
