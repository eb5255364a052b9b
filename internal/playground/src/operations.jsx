// The panel "Operations": examples of every operation, to search and to open in a tab.
import { useEditorContext, useExecutionContext, useSchemaStore } from '@graphiql/react';
import { Kind, parse } from 'graphql';
import { useEffect, useState } from 'react';
import { flushSync } from 'react-dom';
import { groups, variablesOf } from './examples.js';
import { InboxNote } from './inbox.jsx';
import { hidePanel, isNarrow } from './panels.js';
import { known } from './session.js';

/** Adds the operation name, the kind and the root field from its document to an example. */
function read(example) {
  const { name, operation, selectionSet } = parse(example.query).definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  return { ...example, name: name.value, kind: operation, field: selectionSet.selections[0].name.value };
}

const catalogue = groups.map(({ title, examples }) => ({ title, examples: examples.map(read) }));
const all = catalogue.flatMap(({ examples }) => examples);

// The variables that each example was last opened with, by document. A tab that
// still has both was not edited.
const openedWith = new Map(all.map(example => [example.query, variablesOf(example)]));

/** Returns a function that opens an example by name, with variables filled in. */
export function useOpenExample() {
  const { tabs, activeTabIndex, addTab, changeTab, queryEditor, variableEditor, responseEditor, updateActiveTabValues } =
    useEditorContext({ nonNull: true });
  const { stop } = useExecutionContext({ nonNull: true });

  const ready = queryEditor && variableEditor && responseEditor;
  const [waiting, setWaiting] = useState(null); // the example to open once the editors exist
  useEffect(() => {
    if (!ready || waiting === null) return;
    setWaiting(null);
    open(waiting);
  });
  return open;

  function open(name) {
    if (!ready) {
      setWaiting(name);
      return;
    }
    const { query, ...example } = all.find(candidate => candidate.name === name);
    // GraphiQL stores what is typed into the editors with a delay.
    const active = { ...tabs[activeTabIndex], query: queryEditor.getValue(), variables: variableEditor.getValue() };
    const current = tabs.with(activeTabIndex, active);
    const isUntouched = tab => (tab.variables ?? '') === openedWith.get(tab.query);
    const existing = current.findIndex(tab => tab.query === query);

    stop();
    // A hidden editor accepts neither text nor focus.
    if (isNarrow()) flushSync(hidePanel);
    if (existing >= 0) {
      const untouched = isUntouched(current[existing]);
      if (existing !== activeTabIndex) flushSync(() => changeTab(existing));
      if (untouched) fill();
    } else {
      // An example that was neither edited nor run is replaced by the next one.
      if (!isUntouched(active) || active.response) flushSync(addTab);
      fill();
    }
    queryEditor.focus();

    function fill() {
      const variables = variablesOf(example, known());
      openedWith.set(query, variables);
      queryEditor.setValue(query);
      // GraphiQL updates these with a delay, and would run the previous operation until then.
      queryEditor.operationName = name;
      queryEditor.operations = null;
      variableEditor.setValue(variables);
      responseEditor.setValue('');
      updateActiveTabValues({ query, variables, response: '', operationName: name });
    }
  }
}

function Icon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" aria-hidden="true">
      <path d="M9 5.5h12M9 12h12M9 18.5h12" />
      <path d="m3 4 2.2 1.5L3 7zm0 6.5L5.2 12 3 13.5zM3 17l2.2 1.5L3 20z" strokeLinejoin="round" />
    </svg>
  );
}

/** Returns the purpose of an example, by default the first sentence of its root field's description. */
function purposeOf(schema, { purpose, kind, field }) {
  if (purpose) return purpose;
  const root = kind === 'query' ? schema?.getQueryType() : schema?.getMutationType();
  return /^[^]*?\.(?=\s|$)/.exec(root?.getFields()[field]?.description ?? '')?.[0].replaceAll('`', '') ?? '';
}

function Panel() {
  const { schema } = useSchemaStore();
  const { tabs, activeTabIndex } = useEditorContext({ nonNull: true });
  const open = useOpenExample();
  const [search, setSearch] = useState('');

  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const matching = catalogue
    .map(({ title, examples }) => ({
      title,
      examples: examples
        .map(example => ({ ...example, purpose: purposeOf(schema, example) }))
        .filter(({ field, label = '', purpose }) => {
          const text = `${title} ${field} ${label} ${purpose}`.toLowerCase();
          return words.every(word => text.includes(word));
        }),
    }))
    .filter(({ examples }) => examples.length > 0);
  const count = matching.reduce((sum, { examples }) => sum + examples.length, 0);

  function openFirst(event) {
    event.preventDefault();
    if (count > 0) open(matching[0].examples[0].name);
  }

  return (
    <section className="operations" aria-labelledby="operations-title" onKeyDown={moveFocus}>
      <h2 id="operations-title" className="panel-title">Operations</h2>
      <form role="search" onSubmit={openFirst}>
        <input
          type="search"
          className="field"
          aria-label="Search operations"
          placeholder="Search operations"
          value={search}
          onChange={event => setSearch(event.target.value)}
        />
      </form>
      <p className="visually-hidden" role="status">{words.length > 0 && `${count} found`}</p>
      <InboxNote />
      {matching.map(({ title, examples }) => (
        <section key={title} aria-label={title}>
          <h3 className="operations-group">{title}</h3>
          <ul>
            {examples.map(({ name, query, field, label, token, purpose }) => (
              <li key={name}>
                <button
                  type="button"
                  className="graphiql-un-styled operation"
                  aria-current={tabs[activeTabIndex].query === query || undefined}
                  onClick={() => open(name)}
                >
                  <span className="operation-name">
                    <code>{field}</code>
                    {label && <span> · {label}</span>} {token && <Key />}
                  </span>
                  <span className="operation-purpose">{purpose}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
      {count === 0 && <p className="panel-note">No operation matches. The documentation lists every type and field.</p>}
      <p className="panel-note">
        <kbd>Ctrl</kbd> <kbd>Enter</kbd> runs the operation. <kbd>Esc</kbd>, then <kbd>Tab</kbd> leaves an editor.
      </p>
    </section>
  );
}

function Key() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="2" role="img" aria-label="needs an access token">
      <title>needs an access token</title>
      <circle cx="8" cy="8" r="4.5" />
      <path d="m11.5 11.5 9 9m-3-3 2.5-2.5m-5.5-.5 2-2" />
    </svg>
  );
}

/** Moves the focus up and down in the list with the arrow keys; the search field is at the top. */
function moveFocus(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const stops = [...event.currentTarget.querySelectorAll('input, .operation')];
  const next = stops[stops.indexOf(event.target) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

/** The panel as a GraphiQL plugin. */
export const operationsPlugin = { title: 'Operations', icon: Icon, content: Panel };

/** The tab that the playground opens with. */
export const firstTab = { query: all[0].query, variables: variablesOf(all[0]) };
