/** @file The formats that a trained network can be had in. */
import { z } from 'zod';

export const exportFormats = ['onnx', 'onnx-int8', 'pytorch', 'keras', 'tfjs', 'safetensors'] as const;
export const exportFormatSchema = z.enum(exportFormats);

export type ExportFormat = z.infer<typeof exportFormatSchema>;
