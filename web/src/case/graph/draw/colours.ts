// The page's colours, as the drawing needs them: read from the sheet, so that
// there is one place where they are chosen.
export interface Colours {
  ground: string;
  raised: string;
  sunken: string;
  line: string;
  ink: string;
  muted: string;
  thread: string;
  bands: Record<string, string>;
}

export function readColours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    ground: read('ground'),
    raised: read('raised'),
    sunken: read('sunken'),
    line: read('line'),
    ink: read('ink'),
    muted: read('muted'),
    thread: read('thread'),
    bands: { high: read('high'), medium: read('medium'), low: read('low') },
  };
}

/** channels of #rrggbb, from 0 to 1. */
export function channels(colour: string): [number, number, number] {
  const n = parseInt(colour.slice(1, 7), 16);
  return [((n >> 16) & 255) / 255, ((n >> 8) & 255) / 255, (n & 255) / 255];
}

/** faint is a colour with an alpha, from 0 to 1. */
export function faint(colour: string, alpha: number): string {
  return (
    colour +
    Math.round(alpha * 255)
      .toString(16)
      .padStart(2, '0')
  );
}
