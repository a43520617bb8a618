/**
 * @file Draws one synthetic picture: a textured shape somewhere on a cluttered, noisy ground. Shape and texture make the
 * class; colours, place, scale, angle, light and what lies around are drawn alike for all classes, and both textures
 * cover half of their shape with each of two colours, so that neither colours nor single pixels give the class away.
 */
import type { Random } from '../../shared/random.ts';

type Inside = (x: number, y: number) => number;

/**
 * Signed distances to shapes of about equal area around the origin, of unit size, positive inside. Areas are made equal
 * so that the share of coloured pixels says nothing about the shape.
 */
const shapes: Record<string, Inside> = {
  disc: (x, y) => 0.8 - Math.hypot(x, y),
  cross: (x, y) => {
    const [long, short] = Math.abs(x) > Math.abs(y) ? [Math.abs(x), Math.abs(y)] : [Math.abs(y), Math.abs(x)];
    return Math.min(0.95 - long, 0.33 - short);
  },
};

/**
 * Which of two colours a texture has at a place, in units of its period: above 0 the first, below the second. `r` is the
 * distance from the shape's centre.
 */
const textures: Record<string, (u: number, v: number, r: number) => number> = {
  stripes: (u) => Math.sin(2 * Math.PI * u),
  bands: (u) => Math.sin(Math.PI * u),
  checks: (u, v) => Math.sin(2 * Math.PI * u) * Math.sin(2 * Math.PI * v),
  tiles: (u, v) => Math.sin(Math.PI * u) * Math.sin(Math.PI * v),
  rings: (_u, _v, r) => Math.sin(2 * Math.PI * r),
};

/** One class for each shape with each texture; the word synthetic is part of every name. */
export const syntheticClasses: readonly string[] = Object.keys(shapes).flatMap((shape) =>
  Object.keys(textures).map((texture) => `synthetic-${shape}-${texture}`),
);

type Colour = readonly [number, number, number];

/** Levels between which each channel of a colour is drawn: a shape is light and dark on middling ground. */
type Tone = readonly [number, number];
const light: Tone = [170, 255];
const middling: Tone = [70, 170];
const dark: Tone = [0, 60];

function colour(random: Random, [from, to]: Tone): Colour {
  const channel = () => from + (to - from) * random.uniform();
  return [channel(), channel(), channel()];
}

/** Lays a colour over a pixel. */
function blend(image: Float32Array, at: number, over: Colour, share: number): void {
  for (let c = 0; c < 3; c++) image[at + c] = (1 - share) * image[at + c]! + share * over[c]!;
}

/** A square of pixels that holds all of something: its centre and half its side. */
interface Bounds {
  cx: number;
  cy: number;
  reach: number;
}

/** Paints each pixel by how far it is inside of something; edges are one pixel soft. `paint` says with what colour. */
function fill(
  image: Float32Array,
  side: number,
  { cx, cy, reach }: Bounds,
  inside: Inside,
  paint: (x: number, y: number) => Colour,
): void {
  const from = (centre: number) => Math.max(0, Math.floor(centre - reach - 1));
  const to = (centre: number) => Math.min(side - 1, Math.ceil(centre + reach + 1));
  for (let y = from(cy); y <= to(cy); y++) {
    for (let x = from(cx); x <= to(cx); x++) {
      const share = Math.min(1, Math.max(0, inside(x, y) + 0.5));
      if (share > 0) blend(image, 3 * (y * side + x), paint(x, y), share);
    }
  }
}

function drawGround(image: Float32Array, side: number, random: Random): void {
  const from = colour(random, middling);
  const to = colour(random, middling);
  const angle = 2 * Math.PI * random.uniform();
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const t = 0.5 + ((x / side - 0.5) * Math.cos(angle) + (y / side - 0.5) * Math.sin(angle)) * 0.7;
      for (let c = 0; c < 3; c++) image[3 * (y * side + x) + c] = (1 - t) * from[c]! + t * to[c]!;
    }
  }
}

/** Bars and spots without texture, before and behind the shape. */
function drawClutter(image: Float32Array, side: number, count: number, random: Random): void {
  for (let i = 0; i < count; i++) {
    const cx = side * random.uniform();
    const cy = side * random.uniform();
    const angle = Math.PI * random.uniform();
    const long = side * (0.04 + 0.16 * random.uniform());
    const short = side * (0.03 + 0.04 * random.uniform());
    const tint = colour(random, middling);
    const inside: Inside = (x, y) => {
      const u = (x - cx) * Math.cos(angle) + (y - cy) * Math.sin(angle);
      const v = (y - cy) * Math.cos(angle) - (x - cx) * Math.sin(angle);
      return Math.min(long - Math.abs(u), short - Math.abs(v));
    };
    fill(image, side, { cx, cy, reach: Math.hypot(long, short) }, inside, () => tint);
  }
}

function drawShape(image: Float32Array, side: number, label: number, random: Random): void {
  const [, shape, texture] = syntheticClasses[label]!.split('-');
  const radius = side * (0.33 + 0.13 * random.uniform());
  const cx = side / 2 + (side / 2 - radius) * (2 * random.uniform() - 1);
  const cy = side / 2 + (side / 2 - radius) * (2 * random.uniform() - 1);
  const turn = 2 * Math.PI * random.uniform();
  const first = colour(random, light);
  const second = colour(random, dark);
  const grain = Math.PI * random.uniform();
  const period = side * (0.19 + 0.07 * random.uniform());
  const phase = random.uniform();
  const inside: Inside = (x, y) => {
    const u = ((x - cx) * Math.cos(turn) + (y - cy) * Math.sin(turn)) / radius;
    const v = ((y - cy) * Math.cos(turn) - (x - cx) * Math.sin(turn)) / radius;
    return radius * shapes[shape!]!(u, v);
  };
  fill(image, side, { cx, cy, reach: 1.3 * radius }, inside, (x, y) => {
    const u = (x * Math.cos(grain) + y * Math.sin(grain)) / period + phase;
    const v = (y * Math.cos(grain) - x * Math.sin(grain)) / period + phase;
    const r = Math.hypot(x - cx, y - cy) / period + phase;
    return textures[texture!]!(u, v, r) > 0 ? first : second;
  });
}

/** Standard deviation of the noise on each channel, in 0…255. */
const noise = 12;

/** A picture of class `label`: side × side RGB, 8 bits. Equal states of `random` give equal pictures. */
export function drawSynthetic(label: number, side: number, random: Random): Uint8Array {
  const image = new Float32Array(3 * side * side);
  drawGround(image, side, random);
  drawClutter(image, side, 2 + random.below(3), random);
  drawShape(image, side, label, random);
  drawClutter(image, side, random.below(3), random);
  const brightness = 0.7 + 0.5 * random.uniform();
  const pixels = new Uint8Array(image.length);
  // Two uniforms added have variance 1/6: noise of bounded size, and far cheaper to draw than a normal.
  const scale = noise * Math.sqrt(6);
  for (let i = 0; i < image.length; i++) {
    const value = brightness * image[i]! + scale * (random.uniform() + random.uniform() - 1);
    pixels[i] = Math.min(255, Math.max(0, value));
  }
  return pixels;
}
