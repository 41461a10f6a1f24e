// The inner loops of both layouts, which their packages do not describe: their
// own workers are made from strings, which the page's policy refuses.
declare module 'graphology-layout-forceatlas2/iterate.js' {
  export interface FA2Settings {
    linLogMode: boolean;
    outboundAttractionDistribution: boolean;
    adjustSizes: boolean;
    edgeWeightInfluence: number;
    scalingRatio: number;
    strongGravityMode: boolean;
    gravity: number;
    slowDown: number;
    barnesHutOptimize: boolean;
    barnesHutTheta: number;
  }
  export default function iterate(settings: FA2Settings, nodes: Float32Array, edges: Float32Array): void;
}
declare module 'graphology-layout-noverlap/iterate.js' {
  interface Room {
    gridSize: number;
    margin: number;
    expansion: number;
    ratio: number;
    speed: number;
  }
  export default function iterate(room: Room, nodes: Float32Array): { converged: boolean };
}
