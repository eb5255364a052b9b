// The playground: GraphiQL with every operation ready to run and a panel to sign in.
//
// Rules of this folder:
//   - No secret leaves the memory of the page: see storage.js and session.js.
//   - Everything is loaded from this server, and the page runs under a
//     Content-Security-Policy without any 'unsafe-…' (internal/playground/playground.go).
//   - Everything works with the keyboard: see editors.js and tabs.jsx.
import { DOC_EXPLORER_PLUGIN, DocExplorerContextProvider } from '@graphiql/plugin-doc-explorer';
import { HISTORY_PLUGIN, HistoryContextProvider } from '@graphiql/plugin-history';
import { GraphiQLProvider, usePluginStore } from '@graphiql/react';
import { GraphiQL, GraphiQLInterface } from 'graphiql';
import { createRoot } from 'react-dom/client';
import 'graphiql/style.css';
import './style.css';
import { useAccessibleEditors } from './editors.js';
import { firstTab, operationsPlugin } from './operations.jsx';
import { isNarrow, showPanel } from './panels.js';
import { restore, send } from './session.js';
import { SessionButton, signinPlugin } from './signin.jsx';
import { frugalStorage } from './storage.js';

const storage = frugalStorage(window.localStorage);
// GraphiQL reads the variables of the first tab from storage, not from the tab.
storage.setItem('graphiql:variables', firstTab.variables);

const plugins = [operationsPlugin, signinPlugin, DOC_EXPLORER_PLUGIN, HISTORY_PLUGIN];

function Interface() {
  useAccessibleEditors();
  // GraphiQL decides on first render whether a panel is open.
  if (usePluginStore().plugins.length === 0) return null;
  return (
    <GraphiQLInterface defaultEditorToolsVisibility="variables" showPersistHeadersSettings={false}>
      <GraphiQL.Logo>
        <h1>Authgraph</h1>
        <SessionButton onClick={() => showPanel('Sign in')} />
      </GraphiQL.Logo>
    </GraphiQLInterface>
  );
}

function Playground() {
  return (
    <GraphiQLProvider
      fetcher={send}
      plugins={plugins}
      referencePlugin={DOC_EXPLORER_PLUGIN}
      visiblePlugin={isNarrow() ? undefined : operationsPlugin}
      defaultTabs={[firstTab]}
      shouldPersistHeaders={false}
      storage={storage}
    >
      <HistoryContextProvider>
        <DocExplorerContextProvider>
          <Interface />
        </DocExplorerContextProvider>
      </HistoryContextProvider>
    </GraphiQLProvider>
  );
}

restore();
createRoot(document.getElementById('playground')).render(<Playground />);
