/** @file `/v1/datasets`: registered images that orders name by id. */
import { z } from 'zod';
import { exampleId, idSchema, pageSchema, textSchema, timeSchema } from './common.ts';

const nameSchema = textSchema(100).meta({ description: 'For people.', example: 'street signs' });

export const dataSetSourceSchema = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('directory'),
      path: textSchema(1000).meta({
        description: 'Directory under `--data-root` of `fastpath serve`, relative to it.',
        example: 'street-signs',
      }),
    }),
    z.strictObject({
      type: z.literal('bucket'),
      uri: z
        .string()
        .max(1000)
        .regex(/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[!-~]*)?$/)
        .meta({ description: 'Bucket and prefix of yours.', example: 's3://my-images/street-signs' }),
      roleArn: z
        .string()
        .max(200)
        .regex(/^arn:aws[a-z-]*:iam::[0-9]{12}:role\/[!-~]+$/)
        .meta({
          description: 'A role that may read the prefix and trusts us under your external id.',
          example: 'arn:aws:iam::123456789012:role/fastpath-read',
        }),
    }),
    z.strictObject({
      type: z.literal('upload'),
      files: z
        .array(
          z.strictObject({
            name: z
              .string()
              .max(300)
              .regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/)
              .meta({ description: 'Relative path.', example: 'train-0000.tar' }),
            bytes: z.int().min(1).max(5_000_000_000).meta({ description: 'Size of the file.' }),
          }),
        )
        .min(1)
        .max(1000)
        .meta({ description: 'Shards, or `train/CLASS/…` images; each gets an address to PUT it to.' }),
    }),
  ])
  .meta({ description: 'Where the images are.' });

export const createDataSetSchema = z.strictObject({ name: nameSchema, source: dataSetSourceSchema }).meta({
  id: 'CreateDataSet',
  example: { name: 'street signs', source: { type: 'directory', path: 'street-signs' } },
});

export const dataSetSchema = z
  .strictObject({
    id: idSchema('ds', 'data set'),
    name: nameSchema,
    source: z.enum(['upload', 'bucket', 'directory']),
    state: z.enum(['pending', 'verifying', 'verified', 'refused']).meta({
      description: '`pending` waits for its upload; orders need `verified`.',
    }),
    reason: z.strictObject({ code: z.string(), message: z.string() }).nullable().meta({ description: 'Why refused.' }),
    classes: z.int().nullable(),
    images: z.int().nullable(),
    bytes: z.int().nullable(),
    externalId: z.string().nullable().meta({ description: "What your role's trust policy must require." }),
    createdAt: timeSchema,
    verifiedAt: timeSchema.nullable(),
  })
  .meta({
    id: 'DataSet',
    example: {
      id: exampleId('ds'),
      name: 'street signs',
      source: 'directory',
      state: 'verified',
      reason: null,
      classes: 43,
      images: 39209,
      bytes: 311_000_000,
      externalId: null,
      createdAt: '2026-11-24T20:21:55.000Z',
      verifiedAt: '2026-11-24T20:21:58.000Z',
    },
  });

export const createdDataSetSchema = dataSetSchema
  .extend({
    uploads: z
      .array(
        z.strictObject({
          name: z.string(),
          url: z.string().meta({ description: 'PUT the file there, with exactly the announced size.' }),
          expiresAt: timeSchema,
        }),
      )
      .meta({ description: 'One for each announced file; none for data that lies somewhere already.' }),
  })
  .meta({ id: 'CreatedDataSet', example: undefined });

export const dataSetPageSchema = pageSchema(dataSetSchema).meta({ id: 'DataSetPage' });

export type CreateDataSet = z.infer<typeof createDataSetSchema>;
export type CreatedDataSet = z.infer<typeof createdDataSetSchema>;
export type DataSet = z.infer<typeof dataSetSchema>;
