// Nodes in WebGL: one point each, its shape as a distance field, its icon from
// the atlas. What a node looks like travels in one float, so that 50,000 of them
// are small buffers.
import { NodeProgram, type NodeProgramType, type ProgramInfo } from 'sigma/rendering';
import type { NodeDisplayData, RenderParams } from 'sigma/types';
import { floatColor } from 'sigma/utils';

import { icons } from '../kinds';
import { atlas } from './atlas';

/** Rings say the band as words and tables do: solid and thick, solid, dashed, dotted. */
export const rings = ['thick', 'solid', 'dashed', 'dotted'] as const;

export interface Look {
  shape: number; // place in shapes
  icon: number; // place in icons
  ring: number; // place in rings
  hollow: boolean; // a shared value, not a finding
  faded: boolean;
  double: boolean; // a seed, or a crowd
  marked: boolean; // selected, or on the path
  pinned: boolean;
}

/** pack puts a look into 19 bits, which a float holds exactly. */
export function pack(l: Look): number {
  const flags =
    Number(l.hollow) + 2 * Number(l.faded) + 4 * Number(l.double) + 8 * Number(l.marked) + 16 * Number(l.pinned);
  return l.shape + 8 * l.icon + 512 * l.ring + 2048 * flags;
}

const vertex = /* glsl */ `
attribute vec2 a_position;
attribute float a_size;
attribute float a_look;
attribute vec4 a_color;
attribute vec4 a_ring;
attribute vec4 a_id;
uniform mat3 u_matrix;
uniform float u_sizeRatio;
uniform float u_pixelRatio;
varying vec4 v_color;
varying vec4 v_ring;
varying float v_radius;
varying float v_shape;
varying float v_icon;
varying float v_style;
varying vec4 v_flags;
varying float v_pin;
varying float v_px; // one pixel, in radii

float take(inout float rest, float base) {
  float digit = mod(rest, base);
  rest = floor(rest / base);
  return digit;
}

void main() {
  gl_Position = vec4((u_matrix * vec3(a_position, 1)).xy, 0, 1);
  float rest = a_look;
  v_shape = take(rest, 8.0);
  v_icon = take(rest, 64.0);
  v_style = take(rest, 4.0);
  v_flags.x = take(rest, 2.0);
  v_flags.y = take(rest, 2.0);
  v_flags.z = take(rest, 2.0);
  v_flags.w = take(rest, 2.0);
  v_pin = take(rest, 2.0);
  // Half as much again around the shape, for a second ring and the mark.
  v_radius = a_size / u_sizeRatio * u_pixelRatio;
  v_px = 1.0 / max(v_radius, 0.01);
  if (a_size <= 0.0) gl_Position = vec4(2.0, 2.0, 2.0, 1.0); // hidden
  float room = v_flags.z + v_flags.w + v_pin > 0.0 ? 1.5 : 1.1;
  gl_PointSize = max(2.0 * v_radius * room, 1.0);
  v_radius = min(1.0 / room, 0.98);
  #ifdef PICKING_MODE
  v_color = a_id;
  #else
  v_color = a_color;
  v_ring = a_ring;
  #endif
  v_color.a *= 255.0 / 254.0;
  v_ring.a = 1.0;
}`;

const fragment = /* glsl */ `
#ifdef GL_FRAGMENT_PRECISION_HIGH
precision highp float;
#else
precision mediump float;
#endif
varying vec4 v_color;
varying vec4 v_ring;
varying float v_radius;
varying float v_shape;
varying float v_icon;
varying float v_style;
varying vec4 v_flags; // hollow, faded, double, marked
varying float v_pin;
uniform sampler2D u_atlas;
uniform vec4 u_ground;
uniform vec4 u_mark;
uniform float u_icons;
varying float v_px;

float polygon(vec2 p, float n) {
  float a = atan(p.x, p.y), part = 6.2831853 / n;
  return cos(floor(0.5 + a / part) * part - a) * length(p);
}
// Distance from the middle, 1 on the border of a shape of radius 1.
float shape(vec2 p) {
  if (v_shape < 0.5) return length(p);
  if (v_shape < 1.5) return polygon(p, 6.0) * 1.12;
  if (v_shape < 2.5) { vec2 q = abs(p); return mix(max(q.x, q.y), length(q), 0.16) * 1.16; }
  if (v_shape < 3.5) return (abs(p.x) + abs(p.y)) * 0.84;
  return polygon(vec2(p.x, -p.y - 0.06), 5.0) * 1.14;
}
void main() {
  vec2 p = (gl_PointCoord - 0.5) * 2.0 / v_radius;
  float d = shape(p);
  #ifdef PICKING_MODE
  gl_FragColor = d > 1.1 ? vec4(0.0) : v_color;
  #else
  float px = v_px;
  vec2 at = p / 1.3 + 0.5;
  float icon = texture2D(u_atlas, vec2((v_icon + clamp(at.x, 0.02, 0.98)) / u_icons, clamp(at.y, 0.02, 0.98))).a;
  float alpha = 0.0;
  vec3 colour = vec3(0.0);
  if (px > 0.34) { // a dot: no room for more
    alpha = 1.0 - smoothstep(1.0 - px, 1.0 + px, d);
    colour = v_flags.x > 0.5 ? v_ring.rgb : v_color.rgb;
  } else {
    float inside = 1.0 - smoothstep(1.0 - px, 1.0, d);
    float wide = max(v_style < 0.5 ? 0.2 : 0.13, 1.4 * px);
    float ring = smoothstep(1.0 - wide - px, 1.0 - wide, d) * inside;
    if (v_style > 1.5) {
      float turns = (atan(p.y, p.x) / 6.2831853 + 0.5) * (v_style > 2.5 ? 16.0 : 10.0);
      float gap = v_style > 2.5 ? 0.45 : 0.62;
      ring *= 1.0 - smoothstep(gap, gap + 0.1, fract(turns));
    }
    vec3 fill = v_flags.x > 0.5 ? u_ground.rgb : mix(u_ground.rgb, v_color.rgb, 0.2);
    colour = mix(fill, v_ring.rgb, ring);
    alpha = inside;
    if (px < 0.16) colour = mix(colour, v_color.rgb, icon * inside);
    float halo = 0.0;
    if (v_flags.z > 0.5) halo = (1.0 - smoothstep(0.06, 0.06 + px, abs(d - 1.17))) * 0.9;
    vec3 around = v_ring.rgb;
    if (v_flags.w > 0.5) {
      float mark = 1.0 - smoothstep(0.07, 0.07 + px, abs(d - 1.32));
      around = mix(around, u_mark.rgb, step(halo, mark));
      halo = max(halo, mark);
    }
    if (v_pin > 0.5) {
      float pin = 1.0 - smoothstep(0.2, 0.2 + px, length(p - vec2(0.92, -0.92)));
      around = mix(around, u_mark.rgb, pin);
      halo = max(halo, pin);
    }
    colour = mix(colour, around, halo * (1.0 - alpha) + (v_pin > 0.5 ? step(length(p - vec2(0.92, -0.92)), 0.22) : 0.0));
    alpha = max(alpha, halo);
  }
  alpha *= v_flags.y > 0.5 ? 0.16 : 1.0;
  gl_FragColor = vec4(colour * alpha, alpha);
  #endif
}`;

type Uniform = 'u_matrix' | 'u_sizeRatio' | 'u_pixelRatio' | 'u_atlas' | 'u_ground' | 'u_mark' | 'u_icons';

/** Ground colours, which the programs read each time they draw. */
export interface Grounds {
  ground: [number, number, number];
  mark: [number, number, number];
}

/** nodeProgram is the class for sigma; the grounds may change with the theme. */
export function nodeProgram(grounds: Grounds): NodeProgramType {
  let drawn: HTMLCanvasElement | undefined;
  return class extends NodeProgram<Uniform> {
    private readonly textures = new Map<WebGLRenderingContext | WebGL2RenderingContext, WebGLTexture>();

    getDefinition() {
      const { FLOAT, UNSIGNED_BYTE, POINTS } = WebGLRenderingContext;
      return {
        VERTICES: 1,
        VERTEX_SHADER_SOURCE: vertex,
        FRAGMENT_SHADER_SOURCE: fragment,
        METHOD: POINTS,
        UNIFORMS: ['u_matrix', 'u_sizeRatio', 'u_pixelRatio', 'u_atlas', 'u_ground', 'u_mark', 'u_icons'] as const,
        ATTRIBUTES: [
          { name: 'a_position', size: 2, type: FLOAT },
          { name: 'a_size', size: 1, type: FLOAT },
          { name: 'a_look', size: 1, type: FLOAT },
          { name: 'a_color', size: 4, type: UNSIGNED_BYTE, normalized: true },
          { name: 'a_ring', size: 4, type: UNSIGNED_BYTE, normalized: true },
          { name: 'a_id', size: 4, type: UNSIGNED_BYTE, normalized: true },
        ],
      };
    }

    processVisibleItem(index: number, start: number, data: NodeDisplayData & { look?: number; ring?: string }): void {
      const { array } = this;
      array[start++] = data.x;
      array[start++] = data.y;
      array[start++] = data.size;
      array[start++] = data.look ?? 0;
      array[start++] = floatColor(data.color);
      array[start++] = floatColor(data.ring ?? data.color);
      array[start] = index;
    }

    setUniforms(params: RenderParams, { gl, uniformLocations: at, isPicking }: ProgramInfo<Uniform>): void {
      gl.uniformMatrix3fv(at.u_matrix, false, params.matrix);
      gl.uniform1f(at.u_sizeRatio, params.sizeRatio);
      gl.uniform1f(at.u_pixelRatio, params.pixelRatio);
      if (isPicking) return;
      gl.uniform1f(at.u_icons, icons.size);
      gl.uniform4f(at.u_ground, ...grounds.ground, 1);
      gl.uniform4f(at.u_mark, ...grounds.mark, 1);
      gl.activeTexture(gl.TEXTURE0);
      gl.bindTexture(gl.TEXTURE_2D, this.texture(gl));
      gl.uniform1i(at.u_atlas, 0);
    }

    private texture(gl: WebGLRenderingContext | WebGL2RenderingContext): WebGLTexture {
      const there = this.textures.get(gl);
      if (there) return there;
      const texture = gl.createTexture();
      drawn ??= atlas();
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, drawn);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
      // WebGL 1 makes no small versions of a texture of this size.
      const small = gl instanceof WebGL2RenderingContext;
      if (small) gl.generateMipmap(gl.TEXTURE_2D);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, small ? gl.LINEAR_MIPMAP_LINEAR : gl.LINEAR);
      this.textures.set(gl, texture);
      return texture;
    }
  };
}
