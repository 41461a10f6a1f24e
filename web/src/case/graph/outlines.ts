// The shapes as SVG paths of radius 18 around 0, as the shader draws them.
import type { Shape } from './kinds';

const points = (list: [number, number][]): string =>
  'M' + list.map(([x, y]) => `${x.toFixed(2)} ${y.toFixed(2)}`).join('L') + 'Z';

const polygon = (n: number, radius: number, turn: number): string =>
  points(
    [...Array(n).keys()].map((k) => {
      const angle = turn + (k * 2 * Math.PI) / n;
      return [Math.sin(angle) * radius, -Math.cos(angle) * radius];
    }),
  );

export const outlines: Record<Shape, string> = {
  circle: 'M-18 0a18 18 0 1 0 36 0a18 18 0 1 0 -36 0Z',
  hexagon: polygon(6, 18.5, Math.PI / 6),
  square:
    'M-12 -15.5H12A3.5 3.5 0 0 1 15.5 -12V12A3.5 3.5 0 0 1 12 15.5H-12A3.5 3.5 0 0 1 -15.5 12V-12A3.5 3.5 0 0 1 -12 -15.5Z',
  diamond: polygon(4, 21, 0),
  house: polygon(5, 19.5, 0),
};
