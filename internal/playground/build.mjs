// Builds src/ into dist/, which Go embeds. File names contain a hash of the content,
// so that browsers can cache them forever.
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = path.dirname(fileURLToPath(import.meta.url));
const from = name => path.join(here, 'src', name);
const dist = path.join(here, 'dist');

// Changes to GraphiQL. An edit that changes nothing is an error, so that none is lost
// when GraphiQL changes.
const edits = [
  // The style sheet embeds fonts as data: URLs, which are most of its size and which
  // the content security policy forbids.
  [/graphiql[\\/]dist[\\/]style\.css$/, css => css.replaceAll(/@font-face\s*\{[^}]*\}/g, '')],
  // Icon titles are function names, which change when minified. The buttons have labels.
  [/@graphiql[\\/]react[\\/]dist[\\/]icons[\\/]index\.js$/, js => js.replace('{ title, ...props }', 'props')],
  [/@graphiql[\\/]react[\\/]dist[\\/]ui[\\/]tabs\.js$/, () => `export * from ${JSON.stringify(from('tabs.jsx'))};`],
];

const edited = {
  name: 'edited',
  setup({ onLoad }) {
    for (const [filter, edit] of edits) {
      onLoad({ filter }, async ({ path: file }) => {
        const before = await readFile(file, 'utf8');
        const contents = edit(before);
        if (contents === before) throw new Error(`nothing to change in ${file}`);
        return { contents, loader: path.extname(file).slice(1) };
      });
    }
  },
};

async function bundle() {
  const { outputFiles, metafile } = await build({
    absWorkingDir: here,
    entryPoints: [from('main.jsx')],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    legalComments: 'none', // licenses.txt has the full texts
    define: { 'process.env.NODE_ENV': '"production"' },
    outdir: dist,
    alias: { 'react-style-singleton': from('no-style.js') },
    plugins: [edited],
  });
  const output = ending => outputFiles.find(file => file.path.endsWith(ending)).contents;
  return { script: output('.js'), style: output('.css'), inputs: Object.keys(metafile.inputs) };
}

/** Collects the licenses of the bundled packages, each text once. */
async function licenses(inputs) {
  const folders = new Set(inputs.map(input => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0]).filter(Boolean));
  const packages = new Map(); // from text to names
  for (const folder of [...folders].sort()) {
    const { name, version, license } = JSON.parse(await readFile(path.join(here, folder, 'package.json'), 'utf8'));
    const file = (await readdir(path.join(here, folder))).find(entry => /^licen[cs]e/i.test(entry));
    const text = file ? (await readFile(path.join(here, folder, file), 'utf8')).trim() : `License: ${license}`;
    packages.set(text, [...(packages.get(text) ?? []), `${name} ${version}`]);
  }
  return [...packages].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`).join(`\n${'-'.repeat(72)}\n\n`);
}

async function save(name, content) {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12);
  const { name: stem, ext } = path.parse(name);
  const file = `${stem}-${hash}${ext}`;
  await writeFile(path.join(dist, file), content);
  return file;
}

const { script, style, inputs } = await bundle();
await rm(dist, { recursive: true, force: true });
await mkdir(dist);
const names = {
  script: await save('playground.js', script),
  style: await save('playground.css', style),
  icon: await save('icon.svg', await readFile(from('icon.svg'))),
};
await save('licenses.txt', await licenses(inputs));
const page = await readFile(from('index.html'), 'utf8');
await writeFile(path.join(dist, 'index.html'), page.replaceAll(/\{\{(\w+)\}\}/g, (_, name) => names[name]));
