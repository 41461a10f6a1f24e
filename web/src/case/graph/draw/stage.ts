// The picture: sigma over a scene. It draws and hears the pointer; what is shown
// and what follows from a click is decided elsewhere.
import Graph from 'graphology';
import Sigma from 'sigma';
import type { Settings } from 'sigma/settings';

import type { Axis } from '../layout/ordered';
import type { Scene } from '../scene';
import { channels, readColours, type Colours } from './colours';
import { LinkProgram } from './edge';
import { Hand } from './hand';
import { Labels, type Box } from './labels';
import { nodeProgram, type Grounds } from './node';
import { paintItem, paintLine, type Marks } from './paint';
import { drawUnder, type Hull, type Name } from './under';

export interface Place {
  x: number;
  y: number;
}

export interface Heard {
  select: (item: number) => void; // -1: nothing
  open: (item: number) => void; // double click
  hover: (item: number) => void;
  moved: (item: number, place: Place) => void; // dragged to a place
  viewed: () => void; // the camera moved, or the picture changed
}

/** touched are the items and lines that marks change: around the pointer, or all. */
function touched(scene: Scene, before: Marks | undefined, now: Marks): [Iterable<number>, Iterable<number>] {
  const same = (['path', 'ends', 'found', 'pinned', 'quietItem', 'quietLine'] as const).every(
    (name) => before?.[name] === now[name],
  );
  if (!before || !same) return [scene.items.keys(), scene.lines.keys()];
  const items = [before.selected, before.hovered, now.selected, now.hovered].filter(
    (i) => i >= 0 && i < scene.items.length,
  );
  return [new Set(items), new Set(items.flatMap((i) => scene.lines_of[i] ?? []))];
}

const many = 1500; // items from which edges and labels wait while the picture moves

export class Stage {
  readonly places = new Map<string, Place>(); // by key; kept over scenes
  readonly graph = new Graph({ multi: true, type: 'directed' });
  readonly sigma: Sigma;
  scene: Scene | undefined;
  marks: Marks | undefined;
  private axis: Axis[] = [];
  hulls: Hull[] = [];
  private colours: Colours = readColours();
  private readonly grounds: Grounds;
  readonly labels = new Labels(() => this.colours);
  placed = 0; // counts the layouts
  private readonly hand: Hand;

  constructor(
    readonly box: HTMLElement,
    readonly heard: Heard,
    private readonly calm: boolean, // no motion of its own
  ) {
    this.grounds = { ground: channels(this.colours.ground), mark: channels(this.colours.thread) };
    const settings: Partial<Settings> = {
      nodeProgramClasses: { value: nodeProgram(this.grounds) },
      nodeHoverProgramClasses: { value: nodeProgram(this.grounds) },
      edgeProgramClasses: { link: LinkProgram },
      defaultNodeType: 'value',
      defaultEdgeType: 'link',
      stagePadding: 56,
      labelDensity: 1.2,
      labelGridCellSize: 70,
      labelRenderedSizeThreshold: 3.2,
      minCameraRatio: 0.02,
      maxCameraRatio: 4,
      zoomDuration: calm ? 0 : 200,
      inertiaDuration: calm ? 0 : 180,
      doubleClickZoomingRatio: 1, // opens instead
      enableCameraRotation: false,
      allowInvalidContainer: true,
      defaultDrawNodeLabel: (_pen, data) => {
        this.labels.want(data.label ?? '', data.x, data.y, data.size, this.forced(data));
      },
      defaultDrawNodeHover: () => undefined,
    };
    this.sigma = new Sigma(this.graph, box, settings);
    // The types know less of the options than the code.
    this.sigma.createCanvasContext('under', { beforeLayer: 'edges' } as object);
    this.sigma.createCanvasContext('lifted', { beforeLayer: 'mouse' } as object);
    this.sigma.resize(true); // or the new layers keep a canvas's 300 by 150
    this.sigma.on('afterRender', () => {
      const names = this.under();
      this.labels.draw(this.pen('labels'), this.boxes(), names, this.sigma.getDimensions().width);
      this.hand.draw();
      heard.viewed();
    });
    this.hand = new Hand(this);
    this.listen();
  }

  private forced(data: object): boolean {
    return (data as { forceLabel?: boolean }).forceLabel === true;
  }

  pen(layer: string): CanvasRenderingContext2D {
    const canvas = this.sigma.getCanvases()[layer] as HTMLCanvasElement;
    return canvas.getContext('2d') as CanvasRenderingContext2D;
  }

  /** show draws another scene. Items without a place wait in the middle until one comes. */
  show(scene: Scene, marks: Marks): void {
    this.hand.let(); // what it held may not be there any more
    this.scene = scene;
    this.marks = marks;
    const { graph } = this;
    graph.clear();
    scene.items.forEach((item, i) => {
      const place = this.places.get(item.key) ?? { x: 0, y: 0 };
      graph.addNode(String(i), { ...place, ...paintItem(scene, i, marks, this.colours) });
    });
    scene.lines.forEach((line, i) => {
      graph.addEdgeWithKey(String(i), String(line.from), String(line.to), paintLine(scene, i, marks, this.colours));
    });
    const crowded = scene.items.length > many;
    this.sigma.setSetting('hideEdgesOnMove', crowded);
    this.sigma.setSetting('hideLabelsOnMove', crowded);
    this.sigma.refresh();
  }

  /** mark paints what the analyst points at; only what changed is painted again. */
  mark(marks: Marks): void {
    const { scene, marks: before } = this;
    if (!scene) return;
    this.marks = marks;
    const nodes: string[] = [];
    const edges: string[] = [];
    const [items, lines] = touched(scene, before, marks);
    for (const i of items)
      if (this.change(this.graph.getNodeAttributes(String(i)), paintItem(scene, i, marks, this.colours)))
        nodes.push(String(i));
    for (const i of lines)
      if (this.change(this.graph.getEdgeAttributes(String(i)), paintLine(scene, i, marks, this.colours)))
        edges.push(String(i));
    if (nodes.length + edges.length > 0)
      this.sigma.refresh({ partialGraph: { nodes, edges }, skipIndexation: true, schedule: true });
  }

  /** change writes into the attributes themselves: the graph's own way would paint once for each. */
  private change(old: Record<string, unknown>, now: object): boolean {
    let changed = false;
    for (const [name, value] of Object.entries(now)) {
      if (old[name] === value) continue;
      old[name] = value;
      changed = true;
    }
    return changed;
  }

  /** place moves items to new places, in the order of the scene. */
  place(xy: Float32Array, axis: Axis[]): void {
    const { scene } = this;
    if (!scene) return;
    this.axis = axis;
    this.sigma.setCustomBBox(null);
    this.placed++;
    scene.items.forEach((item, i) => {
      const place = { x: xy[i * 2] as number, y: xy[i * 2 + 1] as number };
      this.places.set(item.key, place);
      Object.assign(this.graph.getNodeAttributes(String(i)), place);
    });
    this.sigma.refresh();
  }

  private under(): Name[] {
    if (!this.scene) return [];
    return drawUnder(this.pen('under'), {
      size: this.sigma.getDimensions(),
      axis: this.axis,
      hulls: this.hulls,
      at: (i) => this.onScreen(i),
      toScreen: (place) => this.sigma.graphToViewport(place),
      colours: this.colours,
    });
  }

  /** onScreen is where an item is drawn, in pixels of the picture, and how large. */
  onScreen(item: number): Place & { radius: number } {
    const data = this.sigma.getNodeDisplayData(String(item));
    if (!data) return { x: 0, y: 0, radius: 0 };
    return { ...this.sigma.framedGraphToViewport(data), radius: this.sigma.scaleSize(data.size) };
  }

  /** boxes are what labels must not cover, while nodes are few enough to have labels at all. */
  private boxes(): Box[] {
    const { scene } = this;
    if (!scene || scene.items.length > many) return [];
    return scene.items.map((_, i) => {
      const { x, y, radius } = this.onScreen(i);
      return { left: x - radius * 0.8, top: y - radius * 0.8, right: x + radius * 0.8, bottom: y + radius * 0.8 };
    });
  }

  /** flat is what is on the screen, all layers on the page's ground. */
  flat(): HTMLCanvasElement {
    const { width, height } = this.sigma.getDimensions();
    const canvases = this.sigma.getCanvases();
    const ratio = (canvases['nodes'] as HTMLCanvasElement).width / width;
    const out = document.createElement('canvas');
    out.width = width * ratio;
    out.height = height * ratio;
    const pen = out.getContext('2d') as CanvasRenderingContext2D;
    pen.fillStyle = this.colours.ground;
    pen.fillRect(0, 0, out.width, out.height);
    this.sigma.refresh({ partialGraph: {}, skipIndexation: true }); // WebGL forgets what it drew
    for (const layer of ['under', 'edges', 'nodes', 'labels'])
      pen.drawImage(canvases[layer] as HTMLCanvasElement, 0, 0, out.width, out.height);
    return out;
  }

  png(): Promise<Blob> {
    return new Promise((resolve, reject) => {
      this.flat().toBlob((blob) => {
        if (blob) resolve(blob);
        else reject(new Error('The browser could not make a PNG of this size.'));
      });
    });
  }

  recolour(): void {
    this.colours = readColours();
    this.grounds.ground = channels(this.colours.ground);
    this.grounds.mark = channels(this.colours.thread);
    const { marks } = this;
    this.marks = undefined; // all is painted again
    if (marks) this.mark(marks);
    this.sigma.scheduleRender();
  }

  get theme(): Colours {
    return this.colours;
  }

  /** near says whether only a part of the picture is in view. */
  get near(): boolean {
    const { ratio, x, y } = this.sigma.getCamera().getState();
    return ratio < 0.85 || Math.abs(x - 0.5) > 0.3 || Math.abs(y - 0.5) > 0.3;
  }

  fit(): void {
    void this.sigma.getCamera().animate({ x: 0.5, y: 0.5, ratio: 1, angle: 0 }, { duration: this.calm ? 1 : 250 });
  }

  zoom(factor: number): void {
    const camera = this.sigma.getCamera();
    void camera.animate({ ratio: camera.getBoundedRatio(camera.ratio / factor) }, { duration: this.calm ? 1 : 180 });
  }

  /** reveal moves the camera when an item is out of sight; close goes near as well. */
  reveal(item: number, close = false): void {
    const { x, y } = this.onScreen(item);
    const { width, height } = this.sigma.getDimensions();
    const seen = x > 40 && y > 40 && x < width - 40 && y < height - 40;
    const data = this.sigma.getNodeDisplayData(String(item));
    if (!data || (seen && !close)) return;
    const camera = this.sigma.getCamera();
    void camera.animate(
      { x: data.x, y: data.y, ratio: close ? Math.min(camera.ratio, 0.35) : camera.ratio },
      { duration: this.calm ? 1 : 250 },
    );
  }

  private listen(): void {
    const { sigma } = this;
    sigma.on('clickNode', ({ node }) => {
      if (!this.hand.far) this.heard.select(Number(node));
    });
    sigma.on('clickStage', () => {
      if (!this.hand.far) this.heard.select(-1);
    });
    sigma.on('doubleClickNode', ({ node, preventSigmaDefault }) => {
      preventSigmaDefault();
      this.heard.open(Number(node));
    });
    sigma.on('enterNode', ({ node }) => {
      this.box.classList.add('over');
      if (!this.hand.held) this.heard.hover(Number(node));
    });
    sigma.on('leaveNode', () => {
      this.box.classList.remove('over');
      if (!this.hand.held) this.heard.hover(-1);
    });
    sigma.on('downNode', ({ node }) => {
      this.hand.take(Number(node));
    });
    sigma.on('downStage', () => {
      this.hand.take(-1);
    });
  }

  /** drag moves one item and its lines: no more is written than has changed. */
  drag(item: number, place: Place): void {
    const { scene } = this;
    if (!scene) return;
    Object.assign(this.graph.getNodeAttributes(String(item)), place);
    this.places.set((scene.items[item] as Scene['items'][number]).key, place);
    this.repaint(item);
  }

  /** veil hides an item with its lines, or shows them again. */
  veil(item: number, hidden: boolean): void {
    this.graph.getNodeAttributes(String(item))['hidden'] = hidden;
    for (const line of this.scene?.lines_of[item] ?? [])
      this.graph.getEdgeAttributes(String(line))['hidden'] = hidden || (this.marks?.quietLine(line) ?? false);
    this.repaint(item);
  }

  private repaint(item: number): void {
    this.sigma.refresh({
      partialGraph: { nodes: [String(item)], edges: (this.scene?.lines_of[item] ?? []).map(String) },
      skipIndexation: true,
      schedule: true,
    });
  }

  kill(): void {
    this.hand.kill();
    this.sigma.kill();
  }
}
