// Replaces GraphiQL's tabs, which nest buttons in other controls, make every one a tab
// stop, and need an animation library that is a tenth of the page.
import { Children, cloneElement, useEffect, useRef } from 'react';

const reveal = tab => tab?.scrollIntoView({ block: 'nearest', inline: 'nearest' });

/** A list of tabs: the arrow keys select one, Delete closes it. The selected tab is always visible. */
export function Tabs({ values, onReorder, className = '', children, ...props }) {
  const list = useRef(null);
  useEffect(() => {
    const observer = new ResizeObserver(() => reveal(list.current?.querySelector('[aria-selected="true"]')));
    observer.observe(list.current);
    return () => observer.disconnect();
  }, []);
  return <div {...props} ref={list} role="tablist" className={`graphiql-tabs ${className}`}>{children}</div>;
}

/** One tab, with a button that opens it and one that closes it. */
export function Tab({ value, isActive, className = '', children }) {
  return (
    <div role="presentation" className={`graphiql-tab ${isActive ? 'graphiql-tab-active' : ''} ${className}`}>
      {Children.map(children, child => child && cloneElement(child, { isActive }))}
    </div>
  );
}

function go(event) {
  const tabs = [...event.currentTarget.closest('[role="tablist"]').querySelectorAll('[role="tab"]')];
  const at = tabs.indexOf(event.currentTarget);
  const next = {
    ArrowLeft: tabs.at(at - 1),
    ArrowRight: tabs[at + 1] ?? tabs[0],
    Home: tabs[0],
    End: tabs.at(-1),
  }[event.key];
  if (next) {
    event.preventDefault();
    next.focus();
    next.click();
  } else if (event.key === 'Delete') {
    event.currentTarget.nextSibling?.click();
    tabs[Math.max(at - 1, 0)].focus();
  }
}

Tab.Button = ({ isActive, ...props }) => {
  const button = useRef(null);
  useEffect(() => {
    if (isActive) reveal(button.current);
  }, [isActive, props.title]);
  return (
    <button
      {...props}
      ref={button}
      type="button"
      role="tab"
      aria-selected={isActive}
      tabIndex={isActive ? 0 : -1}
      className="graphiql-un-styled graphiql-tab-button"
      onKeyDown={go}
    />
  );
};

Tab.Close = ({ isActive, ...props }) => (
  <button {...props} type="button" aria-hidden="true" tabIndex={-1} className="graphiql-un-styled graphiql-tab-close">
    <svg viewBox="0 0 14 14" stroke="currentColor" strokeWidth="3"><path d="m1 1 12 12M13 1 1 13" /></svg>
  </button>
);
