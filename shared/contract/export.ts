/** @file A network as other runtimes read it: what can be asked for, and the export.json beside each form's files. */
import { z } from 'zod';
import { architectureSchema } from './architecture.ts';
import { costSchema } from './cost.ts';
import { exportFormatSchema } from './export-format.ts';
import { jobSpecSchema } from './job-spec.ts';
import { metricsSchema } from './result.ts';

const count = z.number().int().positive();

/** How an image becomes the network's input. */
export const preprocessingSchema = z.strictObject({
  colour: z.literal('RGB'),
  /** side in pixels of the square that the crop is resized to, bilinearly, with a filter as wide as the reduction */
  resolution: count,
  /** side of the centre square that is cut out, as a share of the image's shorter side */
  cropShare: z.number().positive().max(1),
  /** the same for images of up to `smallSide` pixels on their longer side */
  smallCropShare: z.number().positive().max(1),
  smallSide: count,
  /** input = (value / 255 − mean) / std, by channel */
  mean: z.array(z.number()).length(3),
  std: z.array(z.number().positive()).length(3),
});

/** How an export was compared with the trainer's own forward pass. */
export const exportCheckSchema = z.strictObject({
  /** what ran the export, with its version */
  runtime: z.string(),
  images: count,
  /** where the images come from, e.g. `test images of /data/flowers`, or that they are noise */
  source: z.string(),
  /** over all outputs of all images */
  largestDifference: z.number().min(0),
  /** largest absolute output of the trainer's */
  largestOutput: z.number().min(0),
  /** share of images with the same most probable class; null for features */
  top1Agreement: z.number().min(0).max(1).nullable(),
});

export const quantisationSchema = z.strictObject({
  tool: z.string(),
  calibrationImages: count,
  /** what accuracy was worked out on */
  images: count,
  source: z.string(),
  /** accuracy before and after; null for features */
  top1Before: z.number().nullable(),
  top1After: z.number().nullable(),
});

export const exportRecordSchema = z.strictObject({
  format: z.literal('fastpath.export/1'),
  form: exportFormatSchema,
  /** maps of strides 4 to 32 instead of logits */
  features: z.boolean(),
  batchNorm: z.enum(['folded', 'unfolded']),
  architectureId: z.string(),
  /** channels first or last, as the form's runtime has it */
  layout: z.enum(['NCHW', 'NHWC']),
  /** dimensions; -1 stands for any number of images */
  input: z.array(z.number().int()),
  outputs: z.array(
    z.strictObject({ name: z.string(), dims: z.array(z.number().int()), stride: z.number().int().nullable() }),
  ),
  /** class names by index of the logits; null where they are not known */
  labels: z.array(z.string()).nullable(),
  preprocessing: preprocessingSchema,
  /** null where nothing here could run it, and `unchecked` says why */
  check: exportCheckSchema.nullable(),
  unchecked: z.string().nullable(),
  quantisation: quantisationSchema.nullable(),
  /** beside this file */
  files: z.array(z.strictObject({ name: z.string(), bytes: z.number().int().min(0) })),
  fastpathVersion: z.string(),
});

export type Preprocessing = z.infer<typeof preprocessingSchema>;
export type ExportCheck = z.infer<typeof exportCheckSchema>;
export type Quantisation = z.infer<typeof quantisationSchema>;
export type ExportRecord = z.infer<typeof exportRecordSchema>;

/** What the exporting process is asked for, on its standard input. */
export const exportRequestSchema = z.strictObject({
  architecture: architectureSchema,
  /** weights.safetensors */
  weights: z.string(),
  /** class names by index that it was trained with; null: those in the weights file, where it has any */
  labels: z.array(z.string()).nullable(),
  /** what the exports call the classes; null: as they were trained, or as the data set calls them */
  givenLabels: z.array(z.string()).nullable(),
  /** images to check with and to calibrate on; null: seeded noise */
  data: z
    .strictObject({
      uri: z.string(),
      /** whether it was asked for; otherwise noise takes its place where it cannot be read */
      required: z.boolean(),
    })
    .nullable(),
  /** how many images to check with, and as many to calibrate on */
  images: count,
  forms: z.array(z.strictObject({ format: exportFormatSchema, features: z.boolean(), unfolded: z.boolean() })).min(1),
  /** gets a folder for each form */
  out: z.string(),
  metrics: metricsSchema.nullable(),
  spec: jobSpecSchema.nullable(),
  cost: costSchema.nullable(),
  /** input side in pixels that the weights were trained for */
  trainedResolution: count,
  /** predictions for this very network */
  latency: metricsSchema.shape.latency,
});

/** What the exporting process says, a JSON line each on its standard output. */
export const exportMessageSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('note'), message: z.string() }),
  z.strictObject({ type: z.literal('exported'), folder: z.string(), record: exportRecordSchema }),
  z.strictObject({ type: z.literal('failed'), form: exportFormatSchema, code: z.string(), message: z.string() }),
  /** of all that are not there yet */
  z.strictObject({ type: z.literal('error'), code: z.string(), message: z.string() }),
]);

export type ExportRequest = z.infer<typeof exportRequestSchema>;
export type ExportMessage = z.infer<typeof exportMessageSchema>;
