// The playground: GraphiQL with the sign-in flow ready to run.
//
// Rules of this folder:
//   - No secret leaves the memory of the page: see storage.js and session.js.
//   - Nothing is loaded from anywhere but this server, and the page runs under a
//     Content-Security-Policy without any 'unsafe-…' (internal/web/playground.go).
import { usePluginStore } from '@graphiql/react';
import { GraphiQL } from 'graphiql';
import { useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import 'graphiql/style.css';
import './style.css';
import { examples } from './examples.js';
import { send } from './session.js';
import { signinPlugin } from './signin.jsx';
import { frugalStorage } from './storage.js';

const storage = frugalStorage(window.localStorage);
// GraphiQL takes the variables of its first tab from the last visit, not from the tab.
storage.setItem('graphiql:variables', examples[0].variables);

/**
 * Opens the panel "Sign in" where there is room for one beside the editors. It
 * presses GraphiQL's own button, since the panel that GraphiQL is told to begin
 * with has no width until somebody drags it open.
 */
function OpenPanel() {
  const ready = usePluginStore().plugins.includes(signinPlugin);
  useEffect(() => {
    if (ready && window.innerWidth >= 900) document.querySelector('[aria-label="Show Sign in"]')?.click();
  }, [ready]);
  return null;
}

function Playground() {
  return (
    <GraphiQL
      fetcher={send}
      plugins={[signinPlugin]}
      defaultTabs={examples}
      defaultEditorToolsVisibility="variables"
      shouldPersistHeaders={false}
      storage={storage}
    >
      <GraphiQL.Logo>Authgraph</GraphiQL.Logo>
      <OpenPanel />
    </GraphiQL>
  );
}

createRoot(document.getElementById('playground')).render(<Playground />);
