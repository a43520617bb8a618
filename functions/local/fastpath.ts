#!/usr/bin/env node
/** @file The `fastpath` command. */
import { run } from './program.ts';

// A reader that went away (`fastpath … | head`) ends a running job the way Ctrl-C does.
process.stdout.once('error', () => {
  process.stdout.on('error', () => {});
  process.emit('SIGTERM', 'SIGTERM');
});

process.exitCode = await run(process.argv.slice(2), { out: process.stdout, err: process.stderr });
