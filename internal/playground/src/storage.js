// What GraphiQL may keep between visits.
//
// GraphiQL would write every document, its variables and the history to localStorage,
// and these contain passwords, codes and tokens. So only the look of the page is
// kept; everything else stays in memory.
const kept = new Set([
  'graphiql:theme',
  'graphiql:docExplorerFlex',
  'graphiql:editorFlex',
  'graphiql:secondaryEditorFlex',
]);

/** Returns a Storage that passes only the look of the page on to the given one. */
export function frugalStorage(lasting) {
  const memory = new Map();
  const place = name => (kept.has(name) ? lasting : undefined);
  return {
    get length() {
      return memory.size;
    },
    getItem: name => place(name)?.getItem(name) ?? memory.get(name) ?? null,
    setItem(name, value) {
      if (place(name)) place(name).setItem(name, value);
      else memory.set(name, value);
    },
    removeItem(name) {
      place(name)?.removeItem(name);
      memory.delete(name);
    },
    clear() {
      for (const name of kept) lasting.removeItem(name);
      memory.clear();
    },
  };
}
