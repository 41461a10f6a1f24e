// Edges in WebGL: as wide as their evidence, dashed where it is inferred or weak.
// The dashes are counted in pixels, so that they look the same at any zoom.
import { EdgeProgram, type ProgramInfo } from 'sigma/rendering';
import type { EdgeDisplayData, NodeDisplayData, RenderParams } from 'sigma/types';
import { floatColor } from 'sigma/utils';

const vertex = /* glsl */ `
attribute vec2 a_start;
attribute vec2 a_end;
attribute float a_width;
attribute float a_dash;
attribute vec4 a_color;
attribute vec2 a_corner; // along, across
uniform mat3 u_matrix;
uniform vec2 u_size; // of the picture, in pixels
uniform float u_widen;
varying vec4 v_color;
varying float v_along;
varying float v_across;
varying float v_half;
varying float v_dash;

void main() {
  vec2 half_ = u_size * 0.5;
  vec2 from = (u_matrix * vec3(a_start, 1)).xy * half_;
  vec2 to = (u_matrix * vec3(a_end, 1)).xy * half_;
  vec2 way = to - from;
  float long_ = max(length(way), 0.001);
  vec2 across = vec2(-way.y, way.x) / long_;
  v_half = max(a_width * u_widen * 0.5, 0.35);
  float reach = v_half + 0.75;
  gl_Position = vec4((mix(from, to, a_corner.x) + across * a_corner.y * reach) / half_, 0, 1);
  v_along = a_corner.x * long_;
  v_across = a_corner.y * reach;
  v_dash = a_dash * u_widen;
  v_color = a_color;
  v_color.a *= 255.0 / 254.0;
}`;

const fragment = /* glsl */ `
precision mediump float;
varying vec4 v_color;
varying float v_along;
varying float v_across;
varying float v_half;
varying float v_dash;

void main() {
  float alpha = v_color.a * (1.0 - smoothstep(v_half - 0.5, v_half + 0.5, abs(v_across)));
  if (v_dash > 0.0) {
    float in_ = mod(v_along, v_dash * 2.0);
    alpha *= smoothstep(0.0, 0.8, in_) * (1.0 - smoothstep(v_dash * 1.15 - 0.8, v_dash * 1.15, in_));
  }
  gl_FragColor = vec4(v_color.rgb * alpha, alpha);
}`;

type Uniform = 'u_matrix' | 'u_size' | 'u_widen';

export class LinkProgram extends EdgeProgram<Uniform> {
  getDefinition() {
    const { FLOAT, UNSIGNED_BYTE, TRIANGLES } = WebGLRenderingContext;
    return {
      VERTICES: 6,
      VERTEX_SHADER_SOURCE: vertex,
      FRAGMENT_SHADER_SOURCE: fragment,
      METHOD: TRIANGLES,
      UNIFORMS: ['u_matrix', 'u_size', 'u_widen'] as const,
      ATTRIBUTES: [
        { name: 'a_start', size: 2, type: FLOAT },
        { name: 'a_end', size: 2, type: FLOAT },
        { name: 'a_width', size: 1, type: FLOAT },
        { name: 'a_dash', size: 1, type: FLOAT },
        { name: 'a_color', size: 4, type: UNSIGNED_BYTE, normalized: true },
      ],
      CONSTANT_ATTRIBUTES: [{ name: 'a_corner', size: 2, type: FLOAT }],
      CONSTANT_DATA: [
        [0, 1],
        [0, -1],
        [1, 1],
        [1, 1],
        [0, -1],
        [1, -1],
      ],
    };
  }

  processVisibleItem(
    _index: number,
    start: number,
    from: NodeDisplayData,
    to: NodeDisplayData,
    data: EdgeDisplayData & { dash?: number },
  ): void {
    const { array } = this;
    array[start++] = from.x;
    array[start++] = from.y;
    array[start++] = to.x;
    array[start++] = to.y;
    array[start++] = data.size;
    array[start++] = data.dash ?? 0;
    array[start] = floatColor(data.color);
  }

  setUniforms(params: RenderParams, { gl, uniformLocations: at }: ProgramInfo<Uniform>): void {
    gl.uniformMatrix3fv(at.u_matrix, false, params.matrix);
    gl.uniform2f(at.u_size, params.width * params.pixelRatio, params.height * params.pixelRatio);
    // Lines grow less than nodes do: a picture zoomed in shows more between them.
    gl.uniform1f(at.u_widen, params.pixelRatio * Math.min(1.6, Math.max(0.6, 1 / Math.sqrt(params.zoomRatio))));
  }
}
