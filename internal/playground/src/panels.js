// Opens and closes GraphiQL's panels from elsewhere. GraphiQL keeps the width of a
// panel to itself, so that only its own buttons do both.

/** Whether an open panel takes the whole screen (see style.css). */
export const isNarrow = () => window.matchMedia('(max-width: 700px)').matches;

const press = selector => document.querySelector(`.graphiql-sidebar ${selector}`)?.click();

/** Opens a panel, unless it is open. */
export const showPanel = title => press(`[aria-label="Show ${title}"]`);

/** Closes the panel that is open. */
export const hidePanel = () => press('[aria-label^="Hide "]');
