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
    // The cache has to know which types a fragment on a union or an interface fits. Those that make the API a subgraph
    // are left out.
    'src/gql/possibleTypes.ts': {
      plugins: ['fragment-matcher'],
      config: { federation: true },
    },
  },
};
// endregion

export default config;
