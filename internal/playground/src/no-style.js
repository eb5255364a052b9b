// Takes the place of the package react-style-singleton, which injects a <style>
// element while a dialog is open. The page's policy forbids that, and the page has
// no scroll bar that would have to be hidden behind a dialog.

/** A component that adds no style. */
export const styleSingleton = () => () => null;
