/** @file The formats that a trained network can be had in. */
import { z } from 'zod';

export const exportFormats = ['onnx', 'onnx-int8', 'pytorch', 'keras', 'tfjs', 'safetensors'] as const;

/** Those that can be had with an option that not all know: of feature maps, with batch norm left unfolded. */
export const formatsWith: Readonly<Record<'features' | 'unfolded', readonly ExportFormat[]>> = {
  features: exportFormats.filter((format) => format !== 'safetensors'),
  unfolded: ['onnx'],
};

export const exportFormatSchema = z.enum(exportFormats);

export type ExportFormat = z.infer<typeof exportFormatSchema>;
