// Opens and closes GraphiQL's panels. GraphiQL keeps the width of a panel private, so
// this presses its own buttons.

/** Whether an open panel takes the whole screen (see style.css). */
export const isNarrow = () => window.matchMedia('(max-width: 700px)').matches;

const press = selector => document.querySelector(`.graphiql-sidebar ${selector}`)?.click();

/** Opens a panel if it is closed. */
export const showPanel = title => press(`[aria-label="Show ${title}"]`);

/** Closes the open panel. */
export const hidePanel = () => press('[aria-label^="Hide "]');
