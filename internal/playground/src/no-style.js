// Replaces the package react-style-singleton, which injects a <style> element while a
// dialog is open. The content security policy forbids that, and the page has no scroll
// bar to hide behind a dialog.

/** A component that adds no styles. */
export const styleSingleton = () => () => null;
