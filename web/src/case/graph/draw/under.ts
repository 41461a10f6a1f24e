// What lies under the picture: soft shapes around groups, and the axis of a
// layout that has one.
import type { Axis } from '../layout/ordered';
import { channels, faint, type Colours } from './colours';
import { labelFont } from './labels';

export interface Hull {
  name: string;
  items: number[];
}

interface Under {
  size: { width: number; height: number };
  axis: Axis[];
  hulls: Hull[];
  at: (item: number) => { x: number; y: number; radius: number };
  toScreen: (place: { x: number; y: number }) => { x: number; y: number };
  colours: Colours;
}

/** A Name of a group, for the layer of the labels: nodes must not cover it. */
export interface Name {
  text: string;
  x: number; // its middle
  y: number;
  tone: string;
}

export function drawUnder(pen: CanvasRenderingContext2D, under: Under): Name[] {
  const { width, height } = under.size;
  pen.clearRect(0, 0, width, height);
  axes(pen, under);
  return under.hulls.map((hull, i) => around(pen, under, hull, i)).filter((name) => name !== undefined);
}

function axes(pen: CanvasRenderingContext2D, { size, axis, toScreen, colours }: Under): void {
  pen.font = `12px ${labelFont}`;
  pen.textBaseline = 'top';
  pen.textAlign = 'center';
  let until = -Infinity; // labels do not run into each other
  for (const { at, label } of axis) {
    const { x } = toScreen({ x: at, y: 0 });
    if (x < -50 || x > size.width + 50) continue;
    pen.strokeStyle = faint(colours.line, 0.6);
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(x, 26);
    pen.lineTo(x, size.height);
    pen.stroke();
    const half = pen.measureText(label).width / 2;
    if (x - half < until) continue;
    until = x + half + 8;
    pen.fillStyle = colours.muted;
    pen.fillText(label, x, 8);
  }
  pen.textAlign = 'left';
}

const grow = 16; // pixels around the outermost nodes

function around(pen: CanvasRenderingContext2D, { at, colours }: Under, hull: Hull, i: number): Name | undefined {
  const points = hull.items.map(at);
  const ring = outline(points);
  if (ring.length === 0) return undefined;
  const tone = Object.values(colours.bands)[i % 3] ?? colours.muted;
  pen.beginPath();
  if (ring.length === 1) pen.arc((ring[0] as Dot).x, (ring[0] as Dot).y, 1, 0, 7);
  else ring.forEach((p, k) => (k === 0 ? pen.moveTo(p.x, p.y) : pen.lineTo(p.x, p.y)));
  pen.closePath();
  const wide = 2 * (grow + Math.max(...points.map((p) => p.radius)));
  pen.lineJoin = 'round';
  pen.lineCap = 'round';
  // A border, then a light tint of it over that: one shape with a thin edge.
  for (const [colour, width] of [
    [tone, wide + 2],
    [mixed(tone, colours.ground, 0.08), wide],
  ] as const) {
    pen.strokeStyle = pen.fillStyle = colour;
    pen.lineWidth = width;
    pen.stroke();
    pen.fill();
  }
  const top = ring.reduce((a, b) => (b.y < a.y ? b : a));
  return { text: hull.name, x: top.x, y: top.y - wide / 2 - 9, tone };
}

/** mixed is a colour with so much of another: opaque, so that stroke and fill do not add up. */
function mixed(colour: string, ground: string, part: number): string {
  const [a, b] = [channels(colour), channels(ground)];
  const hex = a.map((v, i) =>
    Math.round((v * part + (b[i] as number) * (1 - part)) * 255)
      .toString(16)
      .padStart(2, '0'),
  );
  return '#' + hex.join('');
}

interface Dot {
  x: number;
  y: number;
}

/** outline is the convex hull, by Andrew's monotone chain (1979). */
export function outline(points: Dot[]): Dot[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  if (sorted.length < 3) return sorted;
  const turn = (o: Dot, a: Dot, b: Dot): number => (a.x - o.x) * (b.y - o.y) - (a.y - o.y) * (b.x - o.x);
  const half = (list: Dot[]): Dot[] => {
    const out: Dot[] = [];
    for (const p of list) {
      while (out.length > 1 && turn(out[out.length - 2] as Dot, out[out.length - 1] as Dot, p) <= 0) out.pop();
      out.push(p);
    }
    return out.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.reverse())];
}
