// What somebody orders on the page: its buttons are locked until it is done, and
// what went wrong is said.
import { textOf } from '../api/client';
import { complain } from './toasts.svelte';

/** attempt does something and says whether it worked; `wrong` hears why it did not.
 * Work that answers false did not work either, and has said so itself. */
export async function attempt(
  work: () => Promise<unknown>,
  wrong: (error: unknown) => void = complain,
): Promise<boolean> {
  try {
    return (await work()) !== false;
  } catch (error) {
    wrong(error);
    return false;
  }
}

/** An Order is a form or a row of buttons, of which one thing at a time is done.
 * What went wrong is said in passing. */
export class Order {
  busy = $state(false);

  /** give has it done, and says whether it worked; nothing is done while another is. */
  async give(work: () => Promise<unknown>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    const worked = await this.carryOut(work);
    this.busy = false;
    return worked;
  }

  protected carryOut(work: () => Promise<unknown>): Promise<boolean> {
    return attempt(work);
  }
}

/** A FormOrder keeps what went wrong until the next try, for the form to show. */
export class FormOrder extends Order {
  trouble = $state('');

  protected override carryOut(work: () => Promise<unknown>): Promise<boolean> {
    this.trouble = '';
    return attempt(work, (error) => {
      this.trouble = textOf(error);
    });
  }
}

/** submitted is for a form whose work is done here, rather than by loading a page. */
export const submitted =
  (work: () => unknown) =>
  (event: SubmitEvent): void => {
    event.preventDefault();
    void work();
  };
