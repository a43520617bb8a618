/**
 * @file A folder of images as what is uploaded: webdataset shards (tar files in which an image `N.jpg` has its class
 * index beside it in `N.cls`) and the classes' names. Shards are put together from pieces of the files, so that no image
 * is read before it is sent, and the same folder gives the same shards: an upload that broke off can go on.
 */

/**
 * @typedef {object} Entry
 * @property {string} path from the dropped folder, without its own name
 * @property {Blob} file
 */

/**
 * @typedef {object} Upload
 * @property {string} name
 * @property {Blob} content
 */

const shardBytes = 64e6;
const block = 512;
/** What the parts of a set are usually called, in any case; a test set is validated on where there is no other. */
const trainNames = ['train', 'training'];
const valNames = ['val', 'valid', 'validation', 'test', 'testing'];
/** As the service reads them. */
export const imageEnding = /\.(jpe?g|png|webp)$/i;

/**
 * @param {readonly Entry[]} entries
 * @returns {Upload[]}
 * @throws Error with the line to show
 */
export function packFolder(entries) {
  const images = entries.filter(({ path }) => imageEnding.test(path) && !/(^|\/)\./.test(path));
  const train = partOf(images, trainNames);
  const val = train === '' ? '' : partOf(images, valNames);
  const training = classified(images, train);
  const classes = [...training.keys()].sort();
  if (classes.length < 2 || classes.every((name) => [...trainNames, ...valNames].includes(name.toLowerCase()))) {
    throw new Error('This folder has to hold a folder of images for each class, at least two, or train/ with those.');
  }
  const validation = val === '' ? new Map() : classified(images, val);
  const stranger = [...validation.keys()].find((name) => !training.has(name));
  if (stranger !== undefined) throw new Error(`${val} has a class ${stranger} that ${train} has not.`);
  return [
    ...shards('train', training, classes),
    ...shards('val', validation, classes),
    { name: 'classes.txt', content: new Blob([classes.map((name) => `${name}\n`).join('')]) },
  ];
}

/**
 * The folder of class folders that has the first of these names, with its slash; empty where there is none.
 * @param {readonly Entry[]} images
 * @param {readonly string[]} names
 */
function partOf(images, names) {
  const deep = images.filter(({ path }) => path.split('/').length > 2);
  const folders = new Set(deep.map(({ path }) => path.slice(0, path.indexOf('/') + 1)));
  const found = names.flatMap((name) => [...folders].filter((folder) => folder.toLowerCase() === `${name}/`));
  return found[0] ?? '';
}

/**
 * Images by class folder, in the order of their names.
 * @param {readonly Entry[]} images
 * @param {string} prefix
 */
function classified(images, prefix) {
  /** @type {Map<string, Entry[]>} */
  const classes = new Map();
  const sorted = [...images].sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const entry of sorted) {
    const [name, ...rest] = entry.path.startsWith(prefix) ? entry.path.slice(prefix.length).split('/') : [];
    if (name === undefined || rest.length === 0) continue;
    const own = classes.get(name);
    if (own === undefined) classes.set(name, [entry]);
    else own.push(entry);
  }
  return classes;
}

/**
 * @param {string} split
 * @param {ReadonlyMap<string, readonly Entry[]>} byClass
 * @param {readonly string[]} classes
 */
function shards(split, byClass, classes) {
  /** @type {Upload[]} */
  const done = [];
  /** @type {(Blob | Uint8Array<ArrayBuffer>)[]} */
  let pieces = [];
  let bytes = 0;
  let n = 0;
  const close = () => {
    if (pieces.length === 0) return;
    pieces.push(new Uint8Array(2 * block));
    done.push({ name: `${split}-${String(done.length).padStart(4, '0')}.tar`, content: new Blob(pieces) });
    pieces = [];
    bytes = 0;
  };
  // One of each class in turn, so that every shard holds all of them.
  const most = Math.max(0, ...[...byClass.values()].map(({ length }) => length));
  for (let i = 0; i < most; i++) {
    for (const [label, name] of classes.entries()) {
      const entry = byClass.get(name)?.[i];
      if (entry === undefined) continue;
      const key = String(n++).padStart(8, '0');
      const ending = /** @type {RegExpExecArray} */ (imageEnding.exec(entry.path))[0].toLowerCase();
      pieces.push(...member(`${key}${ending}`, entry.file), ...member(`${key}.cls`, new Blob([String(label)])));
      bytes += entry.file.size + 4 * block;
      if (bytes >= shardBytes) close();
    }
  }
  close();
  return done;
}

/**
 * A header, the content, and zeros up to the next block (POSIX.1-1988 ustar).
 * @param {string} name
 * @param {Blob} content
 * @returns {(Blob | Uint8Array<ArrayBuffer>)[]}
 */
function member(name, content) {
  const header = new Uint8Array(block);
  const put = (/** @type {number} */ at, /** @type {string} */ text) => header.set(new TextEncoder().encode(text), at);
  const octal = (/** @type {number} */ value, /** @type {number} */ digits) => value.toString(8).padStart(digits, '0');
  put(0, name);
  put(100, '0000644\0');
  put(108, '0000000\0');
  put(116, '0000000\0');
  put(124, `${octal(content.size, 11)}\0`);
  put(136, '00000000000\0');
  // The checksum counts its own field as spaces.
  put(148, '        ');
  put(156, '0');
  put(257, 'ustar\0');
  put(263, '00');
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(148, `${octal(sum, 6)}\0 `);
  const padding = (block - (content.size % block)) % block;
  return [header, content, new Uint8Array(padding)];
}
