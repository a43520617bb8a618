/** @file TensorFlow's shared libraries and headers out of its Python wheel, with NVIDIA's libraries for a GPU. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import type { WheelPin } from './pins.ts';
import { findPip } from './pip.ts';

/**
 * Python that unpacks a wheel's `include`, two libraries and licence. `include/external` holds half of the bytes and
 * nothing that code against TensorFlow includes.
 */
const unpackScript = `
import pathlib, shutil, sys, zipfile
wheel, folder = sys.argv[1], pathlib.Path(sys.argv[2])
libraries = ('libtensorflow_cc.so.2', 'libtensorflow_framework.so.2')
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        inside = name.removeprefix('tensorflow/')
        if name.endswith('/') or inside == name:
            continue
        if inside in libraries:
            target = folder / 'lib' / inside
        elif inside == 'THIRD_PARTY_NOTICES.txt' or inside.startswith('include/') and not inside.startswith('include/external/'):
            target = folder / inside
        else:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(name) as source, open(target, 'wb') as out:
            shutil.copyfileobj(source, out, 1 << 20)
missing = [name for name in libraries if not (folder / 'lib' / name).exists()]
if missing:
    sys.exit('error: the wheel holds no ' + ' and no '.join(missing))
`;

/** Arguments for pip that fetch the wheel into a folder. */
export function downloadArguments(pin: WheelPin, folder: string): string[] {
  return ['download', ...pin.tags, '--dest', folder, `${pin.name}==${pin.version}`];
}

/** Arguments for pip that put NVIDIA's libraries where TensorFlow's look for them: `lib/../nvidia/NAME/lib`. */
export function cudaArguments(pin: WheelPin, folder: string): string[] {
  return ['install', '--no-compile', '--target', folder, ...pin.cudaLibraries];
}

/**
 * Fetches the wheel and lays out what is needed of it.
 * @param folder gets `lib`, `include` and, for a GPU, `nvidia`
 * @param scratch an empty folder for what is only needed meanwhile
 * @throws FastpathError `native.no-python`, `native.pip`, `native.unpack`
 */
export async function fetchWheel(
  pin: WheelPin,
  folder: string,
  scratch: string,
  say: (line: string) => void,
): Promise<void> {
  const pip = await findPip(scratch);
  const wheels = join(scratch, 'wheels');
  say(`Downloading ${pin.name} ${pin.version} (hundreds of megabytes) …`);
  await pip(downloadArguments(pin, wheels), `downloading ${pin.name} ${pin.version}`);
  const [wheel] = await readdir(wheels);
  await mkdir(folder, { recursive: true });
  const unpack = ['-c', unpackScript, join(wheels, wheel!), folder];
  await runCommand('python3', unpack, { code: 'native.unpack', what: `unpacking ${wheel}` });
  await rm(wheels, { recursive: true });
  if (pin.cudaLibraries.length > 0) {
    say('Downloading the CUDA libraries (gigabytes) …');
    await pip(cudaArguments(pin, folder), 'downloading the CUDA libraries');
  }
}
