// Makes GraphiQL's editors readable, and usable with a keyboard and a screen reader.
import { useEditorContext } from '@graphiql/react';
import { useEffect } from 'react';

const leave = { Tab: false, 'Shift-Tab': false };

/** Labels an editor, and makes Escape followed by Tab leave it instead of indenting. */
function prepare(editor, name) {
  if (!editor) return undefined;
  editor.setOption('lineWrapping', true); // tokens are long, and the editors narrow
  editor.setOption('screenReaderLabel', `${name}. Escape, then Tab leaves the editor.`);
  const stay = () => editor.removeKeyMap(leave);
  const onKeyDown = (_, { key }) => {
    if (key === 'Tab' || key === 'Shift') return;
    stay();
    if (key === 'Escape') editor.addKeyMap(leave);
  };
  editor.on('keydown', onKeyDown);
  editor.on('blur', stay);
  return () => {
    editor.off('keydown', onKeyDown);
    editor.off('blur', stay);
  };
}

/** Prepares each editor once it exists. */
export function useAccessibleEditors() {
  const { queryEditor, variableEditor, headerEditor, responseEditor } = useEditorContext({ nonNull: true });
  useEffect(() => prepare(queryEditor, 'Operation'), [queryEditor]);
  useEffect(() => prepare(variableEditor, 'Variables'), [variableEditor]);
  useEffect(() => prepare(headerEditor, 'Headers'), [headerEditor]);
  useEffect(() => prepare(responseEditor, 'Response'), [responseEditor]);
}
