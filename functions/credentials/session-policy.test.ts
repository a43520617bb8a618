import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allows } from '../../test/services/policy.ts';
import type { Grants } from './grants.ts';
import { sessionPolicy } from './session-policy.ts';

const places = { store: 'arn:aws:s3:::store', checkpoints: 'arn:aws:s3:::checkpoints' };
const id = fc.stringMatching(/^[0-9a-hjkmnp-tv-z]{26}$/);
const tenants = fc.uniqueArray(id, { minLength: 2, maxLength: 2 });
const name = fc.stringMatching(/^[\w-][\w.-]{0,20}$/);

const granted = fc
  .record({ tenants, searches: fc.uniqueArray(id, { minLength: 2, maxLength: 2 }), set: id, name })
  .map(({ tenants: [own, other], searches: [search, sibling], set, name }) => ({
    grants: {
      search: `tenants/tn_${own}/searches/srch_${search}`,
      keys: [`tenants/tn_${own}/searches/srch_${sibling}/supernet.safetensors`],
      dataSet: `tenants/tn_${own}/datasets/ds_${set}/files`,
      role: { arn: `arn:aws:iam::123456789012:role/${name}`, externalId: `fastpath-tn_${own}` },
    } satisfies Grants,
    other: `tenants/tn_${other}/searches/srch_${search}`,
    sibling: `tenants/tn_${own}/searches/srch_${sibling}`,
    name,
  }));

test('a session opens its own search and images, and nobody else’s', () => {
  fc.assert(
    fc.property(granted, ({ grants, other, sibling, name }) => {
      const policy = sessionPolicy(places, grants);
      const may = (action: string, bucket: keyof typeof places, key: string) =>
        allows(policy, { action: `s3:${action}`, resource: `${places[bucket]}/${key}` });
      for (const bucket of ['store', 'checkpoints'] as const) {
        for (const action of ['GetObject', 'PutObject', 'DeleteObject', 'AbortMultipartUpload']) {
          expect(may(action, bucket, `${grants.search}/${name}`)).toBe(true);
          expect(may(action, bucket, `${other}/${name}`)).toBe(false);
          expect(may(action, bucket, `${sibling}/${name}`)).toBe(false);
          // A search whose id merely begins the same.
          expect(may(action, bucket, `${grants.search}x/${name}`)).toBe(false);
        }
      }
      expect(may('GetObject', 'store', `${grants.search}/spec.json`)).toBe(true);
      expect(may('PutObject', 'store', `${grants.search}/spec.json`)).toBe(false);
      expect(may('GetObject', 'store', `${grants.dataSet}/${name}`)).toBe(true);
      expect(may('PutObject', 'store', `${grants.dataSet}/${name}`)).toBe(false);
      expect(may('GetObject', 'store', grants.keys[0]!)).toBe(true);
      expect(may('PutObject', 'store', grants.keys[0]!)).toBe(false);
      expect(may('GetObject', 'store', `keys/${name}.json`)).toBe(false);
    }),
  );
});

test('it lists its own folders, and the whole bucket never', () => {
  fc.assert(
    fc.property(granted, ({ grants, other }) => {
      const policy = sessionPolicy(places, grants);
      const lists = (prefix?: string) =>
        allows(policy, {
          action: 's3:ListBucket',
          resource: places.store,
          context: prefix === undefined ? {} : { 's3:prefix': prefix },
        });
      expect(lists(`${grants.search}/checkpoints/`)).toBe(true);
      expect(lists(`${grants.dataSet}/`)).toBe(true);
      for (const prefix of [undefined, '', 'tenants/', `${other}/`, 'keys/']) expect(lists(prefix)).toBe(false);
    }),
  );
});

test('a customer’s role opens with the tenant’s external id only, and no other role does', () => {
  fc.assert(
    fc.property(granted, ({ grants }) => {
      const policy = sessionPolicy(places, grants);
      const assumes = (resource: string, externalId?: string) =>
        allows(policy, {
          action: 'sts:AssumeRole',
          resource,
          context: externalId === undefined ? {} : { 'sts:ExternalId': externalId },
        });
      const { arn, externalId } = grants.role;
      expect(assumes(arn, externalId)).toBe(true);
      expect(assumes(arn)).toBe(false);
      expect(assumes(arn, 'fastpath-tn_other')).toBe(false);
      expect(assumes(`${arn}x`, externalId)).toBe(false);
      expect(
        allows(sessionPolicy(places, { ...grants, role: null }), { action: 'sts:AssumeRole', resource: arn }),
      ).toBe(false);
    }),
  );
});

test('the longest fits into what AWS takes', () => {
  const bucket = (letter: string) => `arn:aws-us-gov:s3:::${letter.repeat(63)}`;
  const tenant = `tenants/tn_${'0'.repeat(26)}`;
  const search = `${tenant}/searches/srch_${'0'.repeat(26)}`;
  const longest: Grants = {
    search,
    keys: [`${search}/supernet.safetensors`],
    dataSet: `${tenant}/datasets/ds_${'0'.repeat(26)}/files`,
    role: null,
  };
  const policies = [longest, { ...longest, dataSet: null, role: { arn: 'a'.repeat(200), externalId: 'e'.repeat(40) } }];
  for (const grants of policies) {
    const policy = sessionPolicy({ store: bucket('s'), checkpoints: bucket('c') }, grants);
    expect(JSON.stringify(policy).length).toBeLessThanOrEqual(2048);
  }
});
