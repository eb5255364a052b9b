import type { CodegenConfig } from '@graphql-codegen/cli';

// region config
// The running API tells its schema; a file with it will do too.
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
    // No operation selects the code of an error, so the preset leaves its type out.
    'src/gql/enums.ts': {
      plugins: ['typescript'],
      config: { onlyEnums: true, enumsAsTypes: true },
    },
  },
};
// endregion

export default config;
