// What the pointer holds, drawn above the picture: an item and its lines.
import { icons, lookOf } from '../kinds';
import { outlines } from '../outlines';
import type { Item, Line, Scene } from '../scene';
import type { Colours } from './colours';
import { paintItem, paintLine, ringOf, type Marks } from './paint';

interface Dot {
  x: number;
  y: number;
}

export interface Sheet {
  pen: CanvasRenderingContext2D;
  at: (item: number) => Dot & { radius: number }; // pixels of the picture
  scene: Scene;
  marks: Marks;
  colours: Colours;
}

const dashes = { thick: [], solid: [], dashed: [6, 4], dotted: [1.5, 4] };

/** drawLifted draws an item and its lines at a place on the sheet. */
export function drawLifted(sheet: Sheet, item: number, to: Dot): void {
  for (const l of sheet.scene.lines_of[item] ?? []) drawLine(sheet, item, l, to);
  drawItem(sheet, item, to);
}

function drawLine({ pen, at, scene, marks, colours }: Sheet, item: number, l: number, to: Dot): void {
  const line = scene.lines[l] as Line;
  const paint = paintLine(scene, l, marks, colours);
  if (paint.hidden) return;
  const from = at(line.from === item ? line.to : line.from);
  pen.strokeStyle = paint.color;
  pen.lineWidth = paint.size;
  pen.setLineDash(paint.dash > 0 ? [paint.dash, paint.dash] : []);
  pen.beginPath();
  pen.moveTo(from.x, from.y);
  pen.lineTo(to.x, to.y);
  pen.stroke();
}

const shown = 7; // pixels of radius, at least: what is held is seen

function drawItem({ pen, at, scene, marks, colours }: Sheet, i: number, to: Dot): void {
  const item = scene.items[i] as Item;
  const paint = paintItem(scene, i, marks, colours);
  const { shape, icon } = lookOf(item.node.kind);
  const outline = new Path2D(outlines[shape]);
  const ring = ringOf(item);
  pen.save();
  pen.translate(to.x, to.y);
  const scale = Math.max(at(i).radius, shown) / 18; // the outlines have a radius of 18
  pen.scale(scale, scale);
  pen.fillStyle = colours.ground;
  pen.fill(outline);
  pen.lineWidth = ring === 'thick' ? 4 : 2.2;
  pen.setLineDash(dashes[ring]);
  pen.strokeStyle = paint.ring;
  pen.stroke(outline);
  pen.setLineDash([]);
  pen.translate(-10, -10);
  pen.scale(0.84, 0.84);
  pen.lineWidth = 2.2;
  pen.strokeStyle = paint.color;
  pen.stroke(new Path2D(icons.get(icon) ?? ''));
  pen.restore();
}
