// Labels that do not run into each other: sigma's grid says which are worth
// drawing, the surest first, and what would cross one that is drawn waits for
// a closer look.
import type { Colours } from './colours';

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
  drawn: { left: number; top: number; right: number; bottom: number }[] = [];

  constructor(private colours: () => Colours) {}

  /** want is sigma's hook for one label; drawing waits until all are known. */
  want(text: string, x: number, y: number, radius: number, forced: boolean): void {
    this.wanted.push({ text, x, y, radius, forced });
  }

  draw(pen: CanvasRenderingContext2D): void {
    const colours = this.colours();
    this.drawn = [];
    this.wanted.sort((a, b) => Number(b.forced) - Number(a.forced) || b.radius - a.radius || a.x - b.x);
    pen.textBaseline = 'middle';
    pen.lineJoin = 'round';
    for (const { text, x, y, radius, forced } of this.wanted) {
      const height = 12;
      pen.font = `${forced ? '600 ' : ''}${String(height)}px ${labelFont}`;
      const width = this.width(pen, text, forced);
      const spot = this.spot(x, y, radius, width, height, forced);
      if (!spot) continue;
      this.drawn.push({
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

  /** spot is the first place beside the node, below, above or left of it that is free. */
  private spot(x: number, y: number, radius: number, width: number, height: number, forced: boolean) {
    const reach = radius * 1.25;
    const spots = [
      { x: x + reach + 4, y },
      { x: x - width / 2, y: y + reach + height / 2 + 3 },
      { x: x - width / 2, y: y - reach - height / 2 - 3 },
      { x: x - reach - 4 - width, y },
    ];
    const free = spots.find((s) =>
      this.drawn.every(
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
