/** @file Exports a network: takes a request on standard input, says what it does as JSON lines on standard output. */
import { text } from 'node:stream/consumers';
import { type ExportMessage, exportRequestSchema } from '../shared/contract/export.ts';
import { FastpathError } from '../shared/errors.ts';
import { selectBackend } from './backend/select.ts';
import { Exporter } from './export/export-network.ts';
import { prepareExport } from './export/prepare.ts';
import { makeTogether } from './export/together.ts';
import { writeExport } from './export/write-folder.ts';
import { readMachine } from './run/environment.ts';

const say = (message: ExportMessage) => process.stdout.write(`${JSON.stringify(message)}\n`);

try {
  const request = exportRequestSchema.parse(JSON.parse(await text(process.stdin)));
  const { backend, cacheDirectory } = readMachine(process.env);
  await selectBackend(backend);
  const note = (message: string) => say({ type: 'note', message });
  const { source, images } = await prepareExport(request, cacheDirectory, note);
  for await (const { form, made } of makeTogether(new Exporter(source, images), request.forms)) {
    try {
      const finished = await made;
      say({ type: 'exported', folder: await writeExport(request.out, finished), record: finished.record });
    } catch (error) {
      say({ type: 'failed', form: form.format, ...said(error) });
      process.exitCode = 1;
    }
  }
} catch (error) {
  say({ type: 'error', ...said(error) });
  process.exitCode = 1;
}

/** What is told of an error: code and one line. */
function said(error: unknown): { code: string; message: string } {
  if (error instanceof FastpathError) return { code: error.code, message: error.message };
  console.error(error);
  const reason = error instanceof Error ? error.message : String(error);
  return { code: 'export.unexpected', message: `the export failed unexpectedly: ${reason}` };
}
