/**
 * @file What is done to an image, drawn before it is done. Training: a random resized crop (Szegedy et al., "Going
 * deeper with convolutions", 2015), a flip, brightness and saturation. Validation: the centre square.
 */

import type { Crop } from '../../shared/data/decode.ts';
import type { Random } from '../../shared/random.ts';

/** Images up to this side are thumbnails: their subject fills the frame, so crops stay large. */
export const thumbnailSide = 64;
/** Share of the area that a training crop keeps, at least. */
const minArea = { photograph: 0.08, thumbnail: 0.6 };
const aspectRatio = { min: 3 / 4, max: 4 / 3 };
/** Share of the shorter side that the validation crop keeps: 224 of 256 for photographs. */
export const centreShare = { photograph: 0.875, thumbnail: 1 };
/** Brightness is scaled by 1 ± 32/255, saturation by 1 ± 0.5. */
const brightness = 32 / 255;
const saturation = 0.5;

export interface Augmentation {
  crop: Crop;
  /** mirrored left to right */
  flip: boolean;
  /** factor on all channels */
  brightness: number;
  /** 0: grey, 1: as it is */
  saturation: number;
}

function kindOf(width: number, height: number): 'photograph' | 'thumbnail' {
  return Math.max(width, height) <= thumbnailSide ? 'thumbnail' : 'photograph';
}

/** A crop of area uniform in [minArea, 1] and log-uniform aspect ratio; after ten that do not fit, the largest that does. */
function randomCrop(random: Random, width: number, height: number): Crop {
  const least = minArea[kindOf(width, height)];
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = width * height * (least + (1 - least) * random.uniform());
    const ratio = aspectRatio.min * (aspectRatio.max / aspectRatio.min) ** random.uniform();
    const w = Math.max(1, Math.round(Math.sqrt(area * ratio)));
    const h = Math.max(1, Math.round(Math.sqrt(area / ratio)));
    if (w > width || h > height) continue;
    return { left: random.below(width - w + 1), top: random.below(height - h + 1), width: w, height: h };
  }
  const w = Math.max(1, Math.min(width, Math.round(height * aspectRatio.max)));
  const h = Math.max(1, Math.min(height, Math.round(width / aspectRatio.min)));
  return { left: (width - w) >> 1, top: (height - h) >> 1, width: w, height: h };
}

/** What training does to an image of this size in pixels. */
export function drawAugmentation(random: Random, width: number, height: number): Augmentation {
  return {
    crop: randomCrop(random, width, height),
    flip: random.uniform() < 0.5,
    brightness: 1 + brightness * (2 * random.uniform() - 1),
    saturation: 1 + saturation * (2 * random.uniform() - 1),
  };
}

/** What validation does to an image of this size in pixels. */
export function centreView(width: number, height: number): Augmentation {
  const side = Math.max(1, Math.round(Math.min(width, height) * centreShare[kindOf(width, height)]));
  const crop = { left: (width - side) >> 1, top: (height - side) >> 1, width: side, height: side };
  return { crop, flip: false, brightness: 1, saturation: 1 };
}
