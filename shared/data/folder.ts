/**
 * @file Images in class folders: ImageNet's own layout `train/CLASS/*` with an optional `val/CLASS/*`, or class folders
 * at the top. The class index is the class's place among the sorted folder names. An object store knows no empty
 * folders, so a class exists where it has a training image.
 */
import { FastpathError } from '../errors.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { type DataSet, imageEnding, maxClasses } from './data-set.ts';
import { range, SampleIndex } from './sample-index.ts';

async function holdsImage(store: ObjectStore, prefix: string): Promise<boolean> {
  for await (const { key } of store.list(prefix)) if (imageEnding.test(key)) return true;
  return false;
}

/** Adds the images of `prefix`CLASS/; class numbers are in order of first sight, made by `classNumber`. */
async function addImages(
  store: ObjectStore,
  prefix: string,
  index: SampleIndex,
  classNumber: (name: string, key: string) => number,
): Promise<void> {
  let folder = null as { name: string; source: number; label: number } | null;
  for await (const { key, size } of store.list(prefix)) {
    if (!imageEnding.test(key)) continue;
    const end = key.indexOf('/', prefix.length);
    if (end < 0) {
      if (prefix === '') continue;
      throw new FastpathError(
        'data.layout',
        `${key} in ${store.uri} lies outside of the class folders: sort the images into ${prefix}CLASS/ or move them away.`,
      );
    }
    const name = key.slice(prefix.length, end);
    if (name.startsWith('.')) continue;
    if (folder?.name !== name) {
      folder = { name, source: index.addSource(key.slice(0, end + 1)), label: classNumber(name, key) };
    }
    index.add({ source: folder.source, name: key.slice(end + 1), offset: 0, size, label: folder.label });
  }
}

/** Opens a folder of classes; throws `data.no-images`, `data.layout`. */
export async function openFolder(store: ObjectStore): Promise<DataSet> {
  const prefix = (await holdsImage(store, 'train/')) ? 'train/' : '';
  const index = new SampleIndex();
  const seen = new Map<string, number>();
  await addImages(store, prefix, index, (name) => {
    const number = seen.get(name) ?? seen.size;
    if (number === maxClasses) {
      throw new FastpathError('data.layout', `${store.uri} has more than ${maxClasses} class folders.`);
    }
    seen.set(name, number);
    return number;
  });
  const trainCount = index.length;
  if (trainCount === 0) {
    throw new FastpathError(
      'data.no-images',
      `${store.uri} holds no images: it needs train/CLASS/*.JPEG (also .jpg .png .webp), CLASS/*.jpg, or train-*.tar shards.`,
    );
  }
  if (prefix !== '') {
    await addImages(store, 'val/', index, (name, key) => {
      const number = seen.get(name);
      if (number !== undefined) return number;
      throw new FastpathError(
        'data.layout',
        `${key} in ${store.uri} is of a class that train/ does not have: ${name}.`,
      );
    });
  }
  // Listed keys order "a-b/" before "a/"; class indices follow the folder names alone.
  const byFirstSight = [...seen.keys()];
  const classes = [...byFirstSight].sort((a, b) => (a < b ? -1 : 1));
  const place = new Map(classes.map((name, i) => [name, i]));
  const { sizes, labels } = index.finish(byFirstSight.map((name) => place.get(name)!));
  return {
    uri: store.uri,
    kind: 'folder',
    classes,
    labels,
    sizes,
    train: range(0, trainCount),
    val: range(trainCount, index.length),
    fingerprint: index.fingerprint(classes, trainCount),
    nameOf: (sample) => index.nameOf(sample),
    async read(sample) {
      const key = index.nameOf(sample);
      const object = await store.get(key);
      if (object !== null) return object.bytes;
      throw new FastpathError('data.changed', `${key} in ${store.uri} is gone since the run began: put it back.`);
    },
  };
}
