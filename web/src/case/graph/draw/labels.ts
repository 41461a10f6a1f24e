// Labels that do not run into each other: sigma's grid says which are worth
// drawing, the surest first, and what would cross one that is drawn waits for
// a closer look.
import type { Colours } from './colours';
import type { Name } from './under';

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

interface Wanted {
  text: string;
  x: number;
  y: number;
  radius: number;
  forced: boolean;
}

export const labelFont = 'system-ui, "Segoe UI", "Noto Sans", sans-serif';

export class Labels {
  private wanted: Wanted[] = [];
  private readonly widths = new Map<string, number>();
  /** What is on the screen: exports write the same. */
  shown: { text: string; x: number; y: number; forced: boolean }[] = [];
  private taken: Box[] = [];
  private across = Infinity; // pixels of the picture

  constructor(private colours: () => Colours) {}

  /** want is sigma's hook for one label; drawing waits until all are known. */
  want(text: string, x: number, y: number, radius: number, forced: boolean): void {
    this.wanted.push({ text, x, y, radius, forced });
  }

  /** draw writes what was wanted, beside the nodes that are in the way. */
  draw(pen: CanvasRenderingContext2D, nodes: Box[], groups: Name[], across: number): void {
    const colours = this.colours();
    this.taken = nodes;
    this.across = across;
    this.shown = [];
    this.groups(pen, groups, colours);
    this.wanted.sort((a, b) => Number(b.forced) - Number(a.forced) || b.radius - a.radius || a.x - b.x);
    pen.textBaseline = 'middle';
    pen.lineJoin = 'round';
    for (const { text, x, y, radius, forced } of this.wanted) {
      const height = 12;
      pen.font = `${forced ? '600 ' : ''}${String(height)}px ${labelFont}`;
      const width = this.width(pen, text, forced);
      const spot = this.spot(x, y, radius, width, height, forced);
      if (!spot) continue;
      this.shown.push({ text, ...spot, forced });
      this.taken.push({
        left: spot.x - 2,
        top: spot.y - height / 2 - 2,
        right: spot.x + width + 2,
        bottom: spot.y + height / 2 + 2,
      });
      pen.strokeStyle = colours.ground;
      pen.lineWidth = 4;
      pen.strokeText(text, spot.x, spot.y);
      pen.fillStyle = colours.ink;
      pen.fillText(text, spot.x, spot.y);
    }
    this.wanted = [];
  }

  private groups(pen: CanvasRenderingContext2D, groups: Name[], colours: Colours): void {
    pen.textBaseline = 'middle';
    pen.lineJoin = 'round';
    pen.font = `600 12px ${labelFont}`;
    for (const { text, x, y, tone } of groups) {
      const width = this.width(pen, text, true);
      const left = Math.max(4, Math.min(x - width / 2, this.across - width - 4));
      this.shown.push({ text, x: left, y, forced: true });
      this.taken.push({ left, top: y - 8, right: left + width, bottom: y + 8 });
      pen.strokeStyle = colours.ground;
      pen.lineWidth = 4;
      pen.strokeText(text, left, y);
      pen.fillStyle = tone;
      pen.fillText(text, left, y);
    }
  }

  /** spot is the first place beside the node, below, above or left of it that is free. */
  private spot(x: number, y: number, radius: number, width: number, height: number, forced: boolean) {
    const reach = radius * 1.25;
    const spots = [
      { x: x + reach + 4, y },
      { x: x - width / 2, y: y + reach + height / 2 + 3 },
      { x: x - width / 2, y: y - reach - height / 2 - 3 },
      { x: x - reach - 4 - width, y },
    ];
    const free = spots.find(
      (s) =>
        s.x > 0 &&
        s.x + width < this.across &&
        this.taken.every(
          (d) => s.x + width < d.left || s.x > d.right || s.y + height / 2 < d.top || s.y - height / 2 > d.bottom,
        ),
    );
    return free ?? (forced ? spots[0] : undefined);
  }

  private width(pen: CanvasRenderingContext2D, text: string, bold: boolean): number {
    const key = (bold ? 'b' : 'n') + text;
    let width = this.widths.get(key);
    if (width === undefined) {
      if (this.widths.size > 5000) this.widths.clear();
      width = pen.measureText(text).width;
      this.widths.set(key, width);
    }
    return width;
  }
}
