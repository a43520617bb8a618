/** @file A file of an export, before it lies anywhere. */

export interface ExportedFile {
  /** without folders */
  name: string;
  bytes: Uint8Array;
}

export function textFile(name: string, content: string): ExportedFile {
  return { name, bytes: new TextEncoder().encode(content) };
}
