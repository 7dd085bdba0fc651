//! Something that somebody asks for and waits for.

import { message } from '$lib/api';

export class Attempt {
  /** Whether it goes on. */
  busy = $state(false);
  /** What went wrong the last time, in words. */
  wrong = $state<string>();

  async make(work: () => Promise<void>): Promise<void> {
    this.busy = true;
    this.wrong = undefined;
    try {
      await work();
    } catch (error) {
      this.wrong = message(error);
    } finally {
      this.busy = false;
    }
  }
}
