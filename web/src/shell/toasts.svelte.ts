// Short words about what was just done or went wrong, read out to those who
// cannot see them.
import { textOf } from '../api/client';

export interface Toast {
  id: number;
  text: string;
  bad: boolean;
  undo?: () => void;
}

let toasts = $state.raw<Toast[]>([]);
let next = 0;

export const shown = {
  get toasts(): Toast[] {
    return toasts;
  },
};

export function dismiss(id: number): void {
  toasts = toasts.filter((toast) => toast.id !== id);
}

function add(toast: Omit<Toast, 'id'>, seconds: number): void {
  const id = next++;
  // What goes wrong again and again is said once.
  const others = toast.bad ? toasts.filter((one) => one.text !== toast.text) : toasts;
  toasts = [...others.slice(-3), { id, ...toast }];
  setTimeout(() => {
    dismiss(id);
  }, seconds * 1000);
}

/** tell says what was done; with undo it offers to take it back. */
export function tell(text: string, undo?: () => void): void {
  add(undo ? { text, bad: false, undo } : { text, bad: false }, undo ? 12 : 5);
}

/** complain says what went wrong. */
export function complain(error: unknown): void {
  add({ text: textOf(error), bad: true }, 15);
}
