// Checks the schema with a third-party linter, code generator and compiler.
//
//   node check.mjs lint SCHEMA
//   node check.mjs types SCHEMA FOLDER
//
// SCHEMA is a file with the output of "authgraph schema". The generated TypeScript is
// written to FOLDER. Both commands fail on any finding. Run by TestSchema.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { codegen } from '@graphql-codegen/core';
import * as typescript from '@graphql-codegen/typescript';
import * as operations from '@graphql-codegen/typescript-operations';
import eslintPlugin from '@graphql-eslint/eslint-plugin';
import { ESLint } from 'eslint';
import { parse } from 'graphql';
import { groups } from '../../../internal/playground/src/examples.js';

const here = path.dirname(fileURLToPath(import.meta.url));

/** Values that belong to an answer. They have no identity of their own that a cache could know them by. */
const values = {
  suffixes: ['Payload', 'Challenge', 'Connection', 'Edge'],
  types: [
    'Attribute', 'AuthTokens', 'ChallengeParameter', 'CodeDelivery', 'DevicePage', 'Mfa', 'NewDevice', 'PageInfo', 'PasskeyRegistration', 'SessionLocation', 'SigninOptions',
    'TokenStatus', 'TotpEnrollment', 'TotpSetup',
    'Device', // Cognito names devices by their key
  ],
};

const rules = {
  ...eslintPlugin.configs['flat/schema-recommended'].rules,
  '@graphql-eslint/strict-id-in-types': ['error', { exceptions: values }],
  '@graphql-eslint/require-description': ['error', {
    types: true, rootField: true, DirectiveDefinition: true, EnumValueDefinition: true, FieldDefinition: true, InputValueDefinition: true,
  }],
};

/** What is as it is for a reason; each has to be found. */
const known = new Set([
  // It is the name that everybody gives it.
  'Field "username" starts with the name of the parent type "User"',
]);

async function lint(schema) {
  const eslint = new ESLint({
    cwd: path.dirname(schema),
    overrideConfigFile: true,
    overrideConfig: [{
      files: ['**/*.graphql'],
      plugins: { '@graphql-eslint': eslintPlugin },
      languageOptions: { parser: eslintPlugin.parser, parserOptions: { graphQLConfig: { schema } } },
      rules,
    }],
  });
  const [{ messages }] = await eslint.lintFiles([schema]);
  for (const exception of known) assert(messages.some(({ message }) => message === exception), `no longer found: ${exception}`);
  const faults = messages.filter(({ message }) => !known.has(message));
  assert.equal(faults.length, 0, faults.map(({ line, ruleId, message }) => `${line}: ${ruleId}: ${message}`).join('\n'));
  console.log(`${Object.keys(rules).length} rules, ${parse(await readFile(schema, 'utf8')).definitions.length} definitions`);
}

async function types(schema, folder) {
  const documents = groups
    .flatMap(({ examples }) => examples)
    .map(({ query }) => ({ location: query, document: parse(query) }))
    // Federation's own fields are no part of the plain schema.
    .filter(({ document }) => !document.definitions[0].selectionSet.selections[0].name.value.startsWith('_'));
  const generate = async (name, plugin) => {
    const code = await codegen({
      filename: path.join(folder, name),
      schema: parse(await readFile(schema, 'utf8')),
      documents,
      config: { scalars: { Time: 'string' } },
      plugins: [{ plugin: {} }],
      pluginMap: { plugin },
    });
    await writeFile(path.join(folder, name), code);
  };
  await mkdir(folder, { recursive: true });
  await generate('schema.ts', typescript);
  await generate('operations.ts', operations);
  await copyFile(path.join(here, 'usage.ts'), path.join(folder, 'usage.ts'));
  const options = ['--strict', '--noEmit', '--noUnusedLocals', '--noUncheckedIndexedAccess', '--exactOptionalPropertyTypes', '--module', 'esnext', '--moduleResolution', 'bundler', '--target', 'es2022', '--types', ''];
  execFileSync(path.join(here, 'node_modules/.bin/tsc'), [...options, 'usage.ts'], { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
  console.log(`${documents.length} operations`);
}

const [command, ...args] = process.argv.slice(2);
await { lint, types }[command](...args);
