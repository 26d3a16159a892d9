// SPDX-License-Identifier: GPL-2.0-only
import { activityOf, type ChainReader } from './chains.ts';
import { ACTOR, HELD, type Placement } from './prepare.ts';

/** Looks in a row at a thread that sleeps and has not run between them. */
const LOOKS_UNMOVED = 4;
/** Looks in a row at a thread that runs, or sleeps again and again, in the same function: a loop that waits. */
const LOOKS_ALIKE = 12;
/** Looks at most, whatever they show. */
const MOST_LOOKS = 60;

interface Look {
  readonly where: string | null;
  readonly digest: string;
}

/**
 * Distinguishes a thread that waits for the other from one that is only slow, by its stack at several looks: a host
 * that is busy, or a disk that is, makes no difference to what a stack shows.
 */
export class WaitWatch {
  readonly #looks: Look[] = [];

  private constructor(
    private readonly chains: ChainReader,
    private readonly stack: bigint,
    private readonly vcpu: number,
  ) {}

  static ofContender({ chains, actorStack }: Placement): WaitWatch {
    return new WaitWatch(chains, actorStack, ACTOR);
  }

  static ofHeld({ chains, heldStack }: Placement): WaitWatch {
    return new WaitWatch(chains, heldStack, HELD);
  }

  /** Where the thread was at the last look: a function, or the word for a loop; null outside of system calls. */
  get where(): string | null {
    return this.#looks.at(-1)?.where ?? null;
  }

  /** Takes another look. @returns whether the thread waits. */
  async waits(): Promise<boolean> {
    const chain = await this.chains.chainOf(this.stack, [this.vcpu]);
    const activity = activityOf(chain);
    switch (activity.kind) {
      case 'asleep':
        this.#looks.push({ where: activity.in, digest: chain.digest });
        break;
      case 'busy':
        this.#looks.push({ where: `a loop of ${activity.in}`, digest: '' });
        break;
      case 'user':
        this.#looks.push({ where: null, digest: '' });
    }
    return this.#unmoved() || this.#alike() || this.#looks.length >= MOST_LOOKS;
  }

  #unmoved(): boolean {
    const last = this.#looks.slice(-LOOKS_UNMOVED);
    return last.length === LOOKS_UNMOVED && last.every(({ digest }) => digest !== '' && digest === last[0]?.digest);
  }

  #alike(): boolean {
    const last = this.#looks.slice(-LOOKS_ALIKE);
    return last.length === LOOKS_ALIKE && last.every(({ where }) => where !== null && where === last[0]?.where);
  }
}
