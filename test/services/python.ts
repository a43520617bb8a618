/** @file The Python that has what tests of services need: see requirements.txt. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** @param what it is needed for, for the message where it is missing */
export function python(what: string): string {
  const path = process.env.FASTPATH_TEST_PYTHON ?? fileURLToPath(new URL('../../.venv/bin/python', import.meta.url));
  if (existsSync(path)) return path;
  throw new Error(
    `No Python at ${path}, which has to have ${what}: python3 -m venv .venv && .venv/bin/pip install -r ` +
      'test/services/requirements.txt, or name another Python that has it in FASTPATH_TEST_PYTHON.',
  );
}
