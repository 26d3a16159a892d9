// SPDX-License-Identifier: GPL-2.0-only
import { setMaxListeners } from 'node:events';
import { InterruptedError } from '../model/errors.ts';

/** The signals that ask a command to stop. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** One AbortSignal from the terminal to the last socket: the first request stops in good order, the second at once. */
export function signalled(): {
  readonly signal: AbortSignal;
  readonly abort: (reason: Error) => void;
  readonly dispose: () => void;
} {
  const controller = new AbortController();
  // Every process, socket and deadline of a run listens to it.
  setMaxListeners(0, controller.signal);
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      // Guests die with this process: QEMU is tied to its parent's life.
      process.exit(130);
    }
    process.stderr.write(`\nswaprace: ${name}: ending guests and builds (again: at once)\n`);
    controller.abort(new InterruptedError('INTERRUPTED', `Interrupted by ${name}`));
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    dispose: () => {
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}
