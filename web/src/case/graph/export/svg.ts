// The picture as SVG: the shapes, lines and labels that are on the screen, as
// text that any viewer may open. Every value is escaped, no font is named that is
// not everywhere, and nothing in it loads anything.
import type { Colours } from '../draw/colours';
import { labelOf, paintItem, paintLine, ringOf, type Marks } from '../draw/paint';
import { icons, lookOf } from '../kinds';
import { escaped } from './escape';
import { outlines } from '../outlines';
import type { Item, Line, Scene } from '../scene';

export interface Picture {
  scene: Scene;
  marks: Marks;
  colours: Colours;
  size: { width: number; height: number };
  at: (item: number) => { x: number; y: number; radius: number };
  labels: { text: string; x: number; y: number; forced: boolean }[]; // as they are on the screen
  title: string;
}

const n = (value: number): string => String(Math.round(value * 10) / 10);

export function svgOf(p: Picture): string {
  const { width, height } = p.size;
  const out = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${n(width)}" height="${n(height)}" viewBox="0 0 ${n(width)} ${n(height)}" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(p.title)}</title>`,
    `<rect width="100%" height="100%" fill="${p.colours.ground}"/>`,
    '<g stroke-linecap="butt">',
  ];
  p.scene.lines.forEach((line, l) => {
    out.push(lineOf(p, line, l));
  });
  out.push('</g>');
  p.scene.items.forEach((item, i) => {
    out.push(itemOf(p, item, i));
  });
  for (const { text, x, y, forced } of p.labels)
    out.push(
      `<text x="${n(x)}" y="${n(y + 4)}" fill="${p.colours.ink}" stroke="${p.colours.ground}" stroke-width="4" stroke-linejoin="round" paint-order="stroke"${forced ? ' font-weight="600"' : ''}>${escaped(text)}</text>`,
    );
  out.push('</svg>', '');
  return out.filter(Boolean).join('\n');
}

function lineOf({ at, marks, colours, scene }: Picture, line: Line, l: number): string {
  const paint = paintLine(scene, l, marks, colours);
  if (paint.hidden) return '';
  const [a, b] = [at(line.from), at(line.to)];
  const alpha = parseInt(paint.color.slice(7, 9) || 'ff', 16) / 255;
  return `<path d="M${n(a.x)} ${n(a.y)}L${n(b.x)} ${n(b.y)}" stroke="${paint.color.slice(0, 7)}" stroke-opacity="${alpha.toFixed(2)}" stroke-width="${n(paint.size)}"${paint.dash ? ` stroke-dasharray="${String(paint.dash)} ${String(paint.dash)}"` : ''}/>`;
}

const dashes: Record<string, string> = { dashed: '6 4', dotted: '1.5 4' };

function itemOf({ at, marks, colours, scene }: Picture, item: Item, i: number): string {
  const { x, y, radius } = at(i);
  const { shape, icon } = lookOf(item.node.kind);
  const paint = paintItem(scene, i, marks, colours);
  const scale = radius / 18;
  const attribute = item.node.role !== 'seed' && item.node.band === undefined;
  const ring = ringOf(item);
  const dash = dashes[ring] ? ` stroke-dasharray="${dashes[ring]}"` : '';
  const double =
    item.node.role === 'seed' || item.members.length > 1
      ? `<path d="${outlines[shape]}" transform="scale(1.22)" fill="none" stroke="${paint.ring}" stroke-width="1.8"/>`
      : '';
  return (
    `<g transform="translate(${n(x)} ${n(y)}) scale(${scale.toFixed(3)})"${paint.faded ? ' opacity="0.2"' : ''}>` +
    `<title>${escaped(`${item.node.kind} ${labelOf(item)}`)}</title>${double}` +
    `<path d="${outlines[shape]}" fill="${colours.ground}"/>` +
    `<path d="${outlines[shape]}" fill="${paint.color}" fill-opacity="${attribute ? '0' : '0.2'}" stroke="${paint.ring}" stroke-width="${ring === 'thick' ? '4' : '2.2'}"${dash}/>` +
    `<path d="${icons.get(icon) ?? ''}" transform="translate(-10 -10) scale(0.84)" fill="none" stroke="${paint.color}" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round"/></g>`
  );
}
