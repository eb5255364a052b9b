import { type ReactNode, useEffect, useRef } from 'react';

// The first heading of a page leaves the focus alone; later ones take it, so that whoever hears the page knows where it went.
let first = true;

/** The heading of what is shown now. It takes the focus, unless an input beside it has it. */
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

/** A card with a heading of its own: one thing to do at a time. */
export function Screen({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  return (
    <main className="card">
      <Heading>{title}</Heading>
      {lead && <p className="lead">{lead}</p>}
      {children}
    </main>
  );
}

/** The name of the application, over everything. */
export function Brand() {
  return (
    <header className="brand">
      <img src="/icon.svg" alt="" width="32" height="32" />
      Authgraph
    </header>
  );
}

/** Tells what was done. */
export function Notice({ children }: { children: ReactNode }) {
  return (
    <p className="notice" role="status">
      {children}
    </p>
  );
}

/** Shown while something is on its way. */
export function Waiting() {
  return (
    <p className="waiting" role="status">
      One moment…
    </p>
  );
}

/** A button that looks like a link: it leads to another screen. */
export function LinkButton({ onClick, children }: { onClick: () => void; children: ReactNode }) {
  return (
    <button type="button" className="link" onClick={onClick}>
      {children}
    </button>
  );
}
