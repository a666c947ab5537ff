/** The files of a model's folder as JSON Schema, so that editors and other programs can check them. */
import { ModelSpecSchema, ReferenceProfileSchema, SelfTestSchema } from '@siskin/protocol';
import { toJsonSchema } from '@valibot/to-json-schema';

/** What a schema cannot say (two of a name, a path out of the folder) is checked by `siskin publish`. */
function schemaOf(title: string, schema: Parameters<typeof toJsonSchema>[0]): object {
  const options = { typeMode: 'input', errorMode: 'ignore', target: 'draft-2020-12' } as const;
  return { title, ...toJsonSchema(schema, options) };
}

/** By file name, in the `dist` of @siskin/protocol. */
export const SCHEMAS: Readonly<Record<string, object>> = {
  'siskin.schema.json': schemaOf('siskin.json, the spec of a model version', ModelSpecSchema),
  'reference.schema.json': schemaOf(
    'reference.json, its reference profile',
    ReferenceProfileSchema,
  ),
  'selftest.schema.json': schemaOf('selftest.json, its golden cases', SelfTestSchema),
};
