import { describe, expect, it } from 'vitest';
import { openStore } from './open.ts';

describe('openStore', () => {
  it('opens a bucket prefix, a directory and a file URI', async () => {
    expect((await openStore('s3://bucket/some/prefix/', { region: 'eu-west-1' })).uri).toBe('s3://bucket/some/prefix');
    expect((await openStore('s3://bucket')).uri).toBe('s3://bucket/');
    expect((await openStore('/data/images')).uri).toBe('/data/images');
    expect((await openStore('file:///data/with%20space')).uri).toBe('/data/with space');
  });

  it('refuses what is neither', async () => {
    for (const uri of ['', 'gs://bucket/x', 'https://host/x']) {
      await expect(openStore(uri)).rejects.toMatchObject({ code: 'store.uri' });
    }
  });
});
