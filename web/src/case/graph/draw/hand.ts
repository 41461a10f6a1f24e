// The pointer that holds an item. In a crowded picture what does not move is not
// drawn again: it becomes one still, and the item is moved above that with its
// lines, so that a move costs what the item costs and not what the picture does.
import { drawLifted } from './lift';
import type { Place, Stage } from './stage';

const heavy = 2000; // items and lines from which what is dragged is lifted
const slack = 6; // pixels that a click may wander

export class Hand {
  held = false; // the pointer is down: what it passes over is not meant
  far = false; // dragged far enough to be no click
  private item = -1; // that is held
  private still: HTMLCanvasElement | undefined; // all but what is lifted
  private at: Place = { x: 0, y: 0 }; // in pixels, while it is lifted
  private frame = 0; // in which it is drawn

  constructor(private readonly stage: Stage) {
    const { sigma } = stage;
    // Touch comes this way, and the mouse where it left the window.
    sigma.on('moveBody', ({ event, preventSigmaDefault }) => {
      if (this.item < 0) return;
      preventSigmaDefault();
      event.original.preventDefault();
      this.pull(event);
    });
    // Sigma looks with every move at what is under the pointer, and waits for all
    // that is still being drawn: while something is held, moves are ours.
    document.addEventListener('mousemove', this.own, { capture: true });
    sigma.on('upNode', this.drop);
    sigma.on('upStage', this.drop);
  }

  kill(): void {
    document.removeEventListener('mousemove', this.own, { capture: true });
    cancelAnimationFrame(this.frame);
  }

  /** take is the pointer going down on an item, or beside all of them (-1). */
  take(item: number): void {
    const { sigma } = this.stage;
    this.item = item;
    this.far = false;
    this.held = true;
    // Or the picture would move instead, to have everything in it.
    if (item >= 0) sigma.setCustomBBox(sigma.getCustomBBox() ?? sigma.getBBox());
  }

  private readonly own = (event: MouseEvent): void => {
    if (this.item < 0) return;
    event.preventDefault();
    event.stopPropagation();
    const { left, top } = this.stage.box.getBoundingClientRect();
    this.pull({ x: event.clientX - left, y: event.clientY - top });
  };

  /** pull takes what is held to a place on the screen. */
  private pull(to: Place): void {
    const { stage, item } = this;
    if (!this.far) {
      const { x, y } = stage.onScreen(item);
      if (Math.hypot(x - to.x, y - to.y) < slack) return;
      this.far = true;
      if (stage.graph.order + stage.graph.size > heavy) this.lift();
    }
    if (!this.still) {
      stage.drag(item, stage.sigma.viewportToGraph(to));
      return;
    }
    this.at = to;
    if (this.frame === 0) this.frame = requestAnimationFrame(this.draw);
  }

  /** drop puts what is held where it is now. */
  private readonly drop = (): void => {
    const { stage, item, far } = this;
    if (item >= 0 && far && this.still) {
      this.lower();
      stage.drag(item, stage.sigma.viewportToGraph(this.at));
    }
    this.let();
    if (item < 0 || !far) return;
    const { x, y } = stage.graph.getNodeAttributes(String(item)) as Place;
    stage.heard.moved(item, { x, y });
    stage.sigma.refresh({ schedule: true }); // the grid of labels knows the old place
  };

  /** let lets go of everything, wherever it is. */
  let(): void {
    if (this.still) this.lower();
    this.held = false;
    this.item = -1;
  }

  /** lift takes the item with its lines out of the picture, which stands still from then on. */
  private lift(): void {
    const { stage } = this;
    stage.veil(this.item, true);
    this.still = stage.flat();
    stage.box.classList.add('still');
  }

  private lower(): void {
    this.still = undefined;
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const { width, height } = this.stage.sigma.getDimensions();
    this.stage.pen('lifted').clearRect(0, 0, width, height);
    this.stage.box.classList.remove('still');
    this.stage.veil(this.item, false);
  }

  /** draw draws what is lifted, if anything is. */
  readonly draw = (): void => {
    this.frame = 0;
    const { scene, marks, theme, sigma } = this.stage;
    if (!scene || !marks || !this.still) return;
    const pen = this.stage.pen('lifted');
    const { width, height } = sigma.getDimensions();
    pen.drawImage(this.still, 0, 0, width, height);
    const at = (i: number) => this.stage.onScreen(i);
    drawLifted({ pen, at, scene, marks, colours: theme }, this.item, this.at);
  };
}
