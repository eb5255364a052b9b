import type { CodegenConfig } from '@graphql-codegen/cli';

// region config
// The schema comes from the running API. SCHEMA may also name a file.
const schema = process.env.SCHEMA ?? 'http://localhost:8080/graphql';

const config: CodegenConfig = {
  schema: { [schema]: { oneOf: true } },
  documents: 'src/operations.graphql',
  generates: {
    'src/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: { scalars: { ID: 'string', Time: 'string' }, useTypeImports: true },
    },
    // No operation selects ErrorCode, so the preset leaves it out.
    'src/gql/enums.ts': {
      plugins: ['typescript'],
      config: { onlyEnums: true, enumsAsTypes: true },
    },
  },
};
// endregion

export default config;
