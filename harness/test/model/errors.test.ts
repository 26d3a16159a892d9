// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { HostError, unsuppressed } from '../../model/errors.ts';

t.test('of a failure and one that followed while things were put away, what says whose fault it is', async (t) => {
  const full = new HostError('DISK_FULL', 'disk full');
  const failing = async (body: Error, disposal: Error): Promise<unknown> => {
    const work = async (): Promise<never> => {
      await using _resource = { [Symbol.asyncDispose]: () => Promise.reject(disposal) };
      throw body;
    };
    return work().catch((error: unknown) => unsuppressed(error));
  };
  const plain = new Error('a consequence');
  t.equal(await failing(full, plain), full, 'the original one');
  t.equal(await failing(plain, full), full, 'the one that explains');
  t.equal(await failing(plain, new Error('later')), plain);
  t.equal(unsuppressed(full), full);
  t.equal(unsuppressed('text'), 'text');
});
