import { type ReactNode, useId } from 'react';

/** A section of the account page, with its state next to the title. */
export function Card({
  title,
  state,
  good,
  children,
}: {
  title: string;
  state?: string;
  good?: boolean;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <section className="card" aria-labelledby={id}>
      <div className="title">
        <h2 id={id}>{title}</h2>
        {state && <Badge good={good}>{state}</Badge>}
      </div>
      {children}
    </section>
  );
}

/** A status label. */
export function Badge({ good, children }: { good?: boolean | undefined; children: ReactNode }) {
  return <span className={good ? 'badge good' : 'badge'}>{children}</span>;
}
