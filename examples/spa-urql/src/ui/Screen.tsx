import { type ReactNode, useEffect, useRef } from 'react';

// The first heading of a page does not take the focus; later ones do, so that screen readers announce the new screen.
let first = true;

/** Heading of the current screen. Takes the focus unless an input on the screen has it. */
export function Heading({ children: title }: { children: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Authgraph`;
    const input = document.activeElement?.matches('main input');
    if (!first && !input) heading.current?.focus();
    first = false;
  }, [title]);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {title}
    </h1>
  );
}

/** A card with a heading, for one task. */
export function Screen({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  return (
    <main className="card">
      <Heading>{title}</Heading>
      {lead && <p className="lead">{lead}</p>}
      {children}
    </main>
  );
}

/** The name of the app, at the top of every page. */
export function Brand() {
  return (
    <header className="brand">
      <img src="/icon.svg" alt="" width="32" height="32" />
      Authgraph
    </header>
  );
}

/** A message about what was done. */
export function Notice({ children }: { children: ReactNode }) {
  return (
    <p className="notice" role="status">
      {children}
    </p>
  );
}

/** Loading indicator. */
export function Waiting() {
  return (
    <p className="waiting" role="status">
      One moment…
    </p>
  );
}

/** A button that looks like a link and opens another screen. */
export function LinkButton({ onClick, children }: { onClick: () => void; children: ReactNode }) {
  return (
    <button type="button" className="link" onClick={onClick}>
      {children}
    </button>
  );
}
