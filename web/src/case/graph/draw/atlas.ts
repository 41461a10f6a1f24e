// The icons as one texture: a row of white drawings, made once from our own SVG
// paths, so that nothing is loaded and any colour can be put on them.
import { icons } from '../kinds';

const cell = 64; // pixels of an icon in the texture
const margin = 8;

/** atlas draws every icon side by side. */
export function atlas(): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = cell * icons.size;
  canvas.height = cell;
  const pen = canvas.getContext('2d');
  if (!pen) return canvas;
  pen.strokeStyle = '#fff';
  pen.lineWidth = 2.2;
  pen.lineCap = pen.lineJoin = 'round';
  [...icons.values()].forEach((path, i) => {
    const scale = (cell - 2 * margin) / 24;
    pen.setTransform(scale, 0, 0, scale, i * cell + margin, margin);
    pen.stroke(new Path2D(path));
  });
  return canvas;
}
