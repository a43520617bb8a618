/**
 * @file Reads a zip archive where it was dropped, by the browser's own decompression: nothing of it is sent that is not
 * an image of the set. Of the format (PKWARE's APPNOTE, 4.3) what archives of files up to 4 GB have.
 */

/** @typedef {import('./pack-folder.js').Entry} Entry */

const endSignature = 0x06054b50;
const endBytes = 22;
const mostComment = 0xffff;
const directorySignature = 0x02014b50;
const directoryBytes = 46;
const localSignature = 0x04034b50;
const localBytes = 30;
const methods = { stored: 0, deflated: 8 };
const encrypted = 1;
/** In place of a number that a larger archive has elsewhere. */
const elsewhere = 0xffffffff;

/**
 * The files in them, by their paths below the one folder that holds them all, where there is one.
 * @param {readonly Entry[]} archives
 * @param {(path: string) => boolean} wanted whether a file is unpacked
 * @param {(done: number, of: number) => void} told
 * @returns {Promise<Entry[]>}
 * @throws Error with the line to show
 */
export async function unzip(archives, wanted, told) {
  const lists = await Promise.all(archives.map(listed));
  const all = lists.flat().filter(({ path }) => isFile(path) && wanted(path));
  /** @type {Entry[]} */
  const entries = [];
  for (const each of all) {
    entries.push({ path: each.path, file: await unpacked(each) });
    told(entries.length, all.length);
  }
  return belowCommonFolder(entries);
}

/** Neither a folder, nor what systems keep beside files. */
function isFile(/** @type {string} */ path) {
  return !path.endsWith('/') && !/(^|\/)(\.|__MACOSX\/)/.test(path);
}

/** @param {readonly Entry[]} entries */
function belowCommonFolder(entries) {
  const folder = entries[0]?.path.slice(0, entries[0].path.indexOf('/') + 1) ?? '';
  if (folder === '' || !entries.every(({ path }) => path.startsWith(folder))) return [...entries];
  return entries.map(({ path, file }) => ({ path: path.slice(folder.length), file }));
}

/**
 * @typedef {object} Listed
 * @property {Entry} archive
 * @property {string} path
 * @property {number} method
 * @property {number} packedBytes
 * @property {number} bytes
 * @property {number} at where its own header begins
 */

/** @returns {Promise<Listed[]>} */
async function listed(/** @type {Entry} */ archive) {
  const { file } = archive;
  const tail = await view(file, Math.max(0, file.size - endBytes - mostComment), file.size);
  let end = tail.byteLength - endBytes;
  while (end >= 0 && tail.getUint32(end, true) !== endSignature) end--;
  if (end < 0) throw broken(archive, 'its end is missing');
  const at = tail.getUint32(end + 16, true);
  if (at === elsewhere) throw broken(archive, 'it is larger than 4 GB, or written as if it were');
  const data = await view(file, at, at + tail.getUint32(end + 12, true));
  /** @type {Listed[]} */
  const files = [];
  let p = 0;
  while (p + directoryBytes <= data.byteLength && data.getUint32(p, true) === directorySignature) {
    if (data.getUint16(p + 8, true) & encrypted) throw broken(archive, 'it is encrypted');
    const nameBytes = data.getUint16(p + 28, true);
    const next = p + directoryBytes + nameBytes + data.getUint16(p + 30, true) + data.getUint16(p + 32, true);
    if (next > data.byteLength) break;
    files.push({
      archive,
      path: decoded(archive, new Uint8Array(data.buffer, p + directoryBytes, nameBytes)),
      method: data.getUint16(p + 10, true),
      packedBytes: data.getUint32(p + 20, true),
      bytes: data.getUint32(p + 24, true),
      at: data.getUint32(p + 42, true),
    });
    p = next;
  }
  // How many files there are is no proof: its field has no room for more than 65,535.
  if (p !== data.byteLength) throw broken(archive, 'its list of files is broken');
  return files;
}

/** A name in another encoding is not guessed: two classes could become one. */
function decoded(/** @type {Entry} */ archive, /** @type {Uint8Array} */ name) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(name);
  } catch {
    throw broken(archive, 'the names in it are not UTF-8');
  }
}

/** @returns {Promise<Blob>} */
async function unpacked(/** @type {Listed} */ { archive, path, method, packedBytes, bytes, at }) {
  const { file } = archive;
  const header = await view(file, at, at + localBytes);
  if (header.byteLength < localBytes || header.getUint32(0, true) !== localSignature) {
    throw broken(archive, `${path} is not where it should be`);
  }
  const from = at + localBytes + header.getUint16(26, true) + header.getUint16(28, true);
  const content = await inflated(file.slice(from, from + packedBytes), method).catch(() => null);
  if (content === null || content.size !== bytes) throw broken(archive, `${path} is broken, or packed in another way`);
  return content;
}

/** @returns {Promise<Blob>} */
async function inflated(/** @type {Blob} */ packed, /** @type {number} */ method) {
  if (method === methods.stored) return packed;
  if (method !== methods.deflated) throw new Error(`method ${method}`);
  return new Response(packed.stream().pipeThrough(new DecompressionStream('deflate-raw'))).blob();
}

async function view(/** @type {Blob} */ blob, /** @type {number} */ from, /** @type {number} */ to) {
  return new DataView(await blob.slice(from, to).arrayBuffer());
}

function broken(/** @type {Entry} */ { path }, /** @type {string} */ why) {
  return new Error(`${path.slice(path.lastIndexOf('/') + 1)} cannot be read, ${why}: unpack it and drop the folder.`);
}
