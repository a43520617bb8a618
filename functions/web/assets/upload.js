/**
 * @file Registers a data set from a folder or from archives that are dropped or chosen: announces the files, sends each
 * to its own address, and goes on where it was when the connection or the page was lost.
 */
import { ask } from './ask.js';
import { imageEnding, packFolder } from './pack-folder.js';
import { unzip } from './unzip.js';

/** @typedef {import('./pack-folder.js').Upload} Upload */
/** @typedef {import('./pack-folder.js').Entry} Entry */

const form = /** @type {HTMLFormElement} */ (document.getElementById('upload'));
const status = /** @type {HTMLElement} */ (document.getElementById('upload-status'));
const bar = /** @type {HTMLProgressElement} */ (document.getElementById('upload-progress'));
const archive = /\.(tar|tar\.gz|tgz)$/i;
const zip = /\.zip$/i;
const unreadable = /\.(rar|7z)$/i;
/** The classes' names, beside shards. */
const namesFile = 'classes.txt';
const tries = 6;

function say(/** @type {string} */ words) {
  status.textContent = words;
}

/** All files below a dropped folder. */
async function filesBelow(/** @type {FileSystemEntry} */ entry, path = '') {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) =>
      /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject),
    );
    return [{ path: `${path}${entry.name}`, file }];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  /** @type {Entry[]} */
  const files = [];
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return files;
    for (const each of some) files.push(...(await filesBelow(each, `${path}${entry.name}/`)));
  }
}

const fileName = (/** @type {string} */ path) => path.slice(path.lastIndexOf('/') + 1);

/** With what zip archives hold in their place, as if it lay in a folder of its own. */
async function withUnpacked(/** @type {readonly Entry[]} */ entries) {
  const zips = entries.filter(({ path }) => zip.test(path));
  if (zips.length === 0) return entries;
  const wanted = (/** @type {string} */ path) =>
    imageEnding.test(path) || archive.test(path) || fileName(path) === namesFile;
  const files = await unzip(zips, wanted, (done, of) => say(`Unpacking, ${done} of ${of} files …`));
  return [
    ...entries.filter(({ path }) => !zip.test(path)),
    ...files.map(({ path, file }) => ({ path: `unpacked/${path}`, file })),
  ];
}

/**
 * Archives go as they are with the names of their classes, everything else is packed. The folder's own name is not part
 * of it.
 */
function uploadsOf(/** @type {readonly Entry[]} */ entries) {
  if (entries.some(({ path }) => archive.test(path))) {
    return entries
      .filter(({ path }) => archive.test(path) || fileName(path) === namesFile)
      .map(({ path, file }) => ({ name: fileName(path).replace(/\.tgz$/i, '.tar.gz'), content: file }));
  }
  const foreign = entries.find(({ path }) => unreadable.test(path));
  if (foreign !== undefined) throw new Error(`${fileName(foreign.path)} is not read: unpack it and drop the folder.`);
  return packFolder(entries.map(({ path, file }) => ({ path: path.slice(path.indexOf('/') + 1), file })));
}

/** One request; what was sent so far is told. */
function put(/** @type {string} */ url, /** @type {Blob} */ content, /** @type {(sent: number) => void} */ told) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', url);
    request.upload.addEventListener('progress', ({ loaded }) => told(loaded));
    request.addEventListener('load', () =>
      request.status < 300 ? resolve(undefined) : reject(new Error(`The store answered ${request.status}.`)),
    );
    request.addEventListener('error', () => reject(new Error('The connection was lost.')));
    request.send(content);
  });
}

async function putPatiently(
  /** @type {string} */ url,
  /** @type {Blob} */ content,
  /** @type {(sent: number) => void} */ told,
) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await put(url, content, told);
    } catch (error) {
      if (attempt === tries) throw error;
      told(0);
      say('The connection was lost; it is tried again.');
      await new Promise((resolve) => setTimeout(resolve, 1000 * 2 ** attempt));
    }
  }
}

/** What was announced from this page, to be gone on with when the same is chosen again. */
let announced = { request: '', id: '' };

/** Which addresses there are: of a new data set, or of what one that was begun still lacks. */
async function announce(/** @type {readonly Upload[]} */ uploads) {
  const data = new FormData(form);
  const files = uploads.map(({ name, content }) => ({ name, bytes: content.size }));
  const request = { name: data.get('name'), source: { type: 'upload', files } };
  const isSame = announced.request === JSON.stringify(request);
  const begun = String(data.get('resume') ?? '') || (isSame ? announced.id : '');
  if (begun === '') {
    const created = await ask(form.action, request);
    announced = { request: JSON.stringify(request), id: created.id };
    return created;
  }
  const missing = await ask(`${form.action}/${begun}/missing`);
  const sizes = new Map(files.map(({ name, bytes }) => [name, bytes]));
  for (const { name, bytes } of missing.uploads) {
    if (sizes.get(name) !== bytes)
      throw new Error(`This is not what was begun: ${name} is another file, or not there.`);
  }
  return missing;
}

async function send(/** @type {readonly Upload[]} */ uploads) {
  const { id, uploads: places } = await announce(uploads);
  form.toggleAttribute('data-begun', true);
  const contents = new Map(uploads.map(({ name, content }) => [name, content]));
  const total = places.reduce(
    (/** @type {number} */ sum, /** @type {{ name: string }} */ { name }) => sum + (contents.get(name)?.size ?? 0),
    0,
  );
  bar.max = Math.max(1, total);
  bar.hidden = false;
  let before = 0;
  for (const [i, { name, url }] of places.entries()) {
    const content = /** @type {Blob} */ (contents.get(name));
    say(`Sending ${name}, ${i + 1} of ${places.length} …`);
    await putPatiently(url, content, (sent) => {
      bar.value = before + sent;
    });
    before += content.size;
    bar.value = before;
  }
  await ask(`${form.action}/${id}/complete`, {});
}

let isBusy = false;

/** One at a time: a second one would announce and send again what the first has not sent yet. */
async function upload(/** @type {() => Promise<readonly Entry[]>} */ read) {
  if (isBusy) return say('An upload is under way: choose or drop this again when it is through.');
  isBusy = true;
  try {
    say('Looking at the files …');
    await send(uploadsOf(await withUnpacked(await read())));
    say('All is there. It is being looked into.');
    location.assign(form.action);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  } finally {
    isBusy = false;
  }
}

form.addEventListener('dragover', (event) => event.preventDefault());
form.addEventListener('drop', (event) => {
  event.preventDefault();
  // Only within the event is it known what fell.
  const dropped = [...(event.dataTransfer?.items ?? [])].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const isFolder = dropped.length === 1 && dropped[0].isDirectory;
  upload(async () => {
    const files = (await Promise.all(dropped.map((entry) => filesBelow(entry)))).flat();
    // Class folders that are dropped by themselves stand as if in a folder of their own.
    return isFolder ? files : files.map(({ path, file }) => ({ path: `dropped/${path}`, file }));
  });
});
for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll('input[type="file"]'))) {
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])];
    // Else the same folder, chosen again, would be no change.
    input.value = '';
    upload(async () => files.map((file) => ({ path: file.webkitRelativePath || `chosen/${file.name}`, file })));
  });
}
form.addEventListener('submit', (event) => event.preventDefault());
