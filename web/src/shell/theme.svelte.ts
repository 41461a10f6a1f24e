// Dark or light: as the system has it until somebody chooses.

export type Theme = 'system' | 'light' | 'dark';

const key = 'clew-theme';
const system = matchMedia('(prefers-color-scheme: dark)');

let chosen = $state<Theme>(read());
let dark = $state(system.matches);
system.addEventListener('change', (event) => {
  dark = event.matches;
  show();
});

function read(): Theme {
  const kept = localStorage.getItem(key);
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

function show(): void {
  document.documentElement.dataset['theme'] = theme.shown;
}

export const theme = {
  get chosen(): Theme {
    return chosen;
  },
  get shown(): 'light' | 'dark' {
    if (chosen === 'system') return dark ? 'dark' : 'light';
    return chosen;
  },
};

export function choose(next: Theme): void {
  chosen = next;
  localStorage.setItem(key, next);
  show();
}

show();
