import { type ComponentProps, type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { problemOf } from '../errors';
import type { SigninName } from '../gql/graphql';
import { labels, members } from './account';
import type { Problem } from './texts';

type FormProps = {
  /** Called with the values, including those of the pressed button. Errors that it throws are shown. */
  onSubmit: (values: Values) => Promise<void>;
  /** Label of the submit button. Without it, the children provide buttons. */
  submit?: string;
  /** Style of the submit button. */
  look?: 'primary' | 'secondary' | 'danger';
  /** Accessible name of the submit button, if the label is not enough. */
  label?: string;
  /** Submits the form automatically when it appears. */
  immediately?: boolean;
  children?: ReactNode;
};

/** Returns the value of an input by its name. */
export type Values = (name: string) => string;

/** A form that cannot be submitted twice at a time. Shows errors as text and marks the input in question. */
export function Form({ onSubmit, submit, look = 'primary', label, immediately, children }: FormProps) {
  const form = useRef<HTMLFormElement>(null);
  const alert = useRef<HTMLParagraphElement>(null);
  const begun = useRef(false);
  const [pending, setPending] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  useEffect(() => {
    if (!immediately || begun.current) return;
    begun.current = true;
    form.current?.requestSubmit();
  }, [immediately]);

  useEffect(() => {
    if (!problem) return;
    const inputs = form.current?.elements;
    const isName = Object.values<string | undefined>(members).includes(problem.field);
    const input = (problem.field && inputs?.namedItem(problem.field)) || (isName && inputs?.namedItem('account'));
    if (!(input instanceof HTMLInputElement)) {
      alert.current?.focus();
      return;
    }
    input.setAttribute('aria-invalid', 'true');
    input.addEventListener('input', () => input.removeAttribute('aria-invalid'), { once: true });
    input.focus();
  }, [problem]);

  async function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (pending) return;
    const { submitter } = event.nativeEvent as SubmitEvent;
    const data = new FormData(event.currentTarget, submitter);
    setPending(true);
    setProblem(undefined);
    try {
      await onSubmit((name) => String(data.get(name) ?? ''));
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setPending(false);
    }
  }

  return (
    <form ref={form} onSubmit={send} aria-busy={pending}>
      {problem && (
        <p className="alert" role="alert" ref={alert} tabIndex={-1} data-code={problem.code}>
          {problem.text}
        </p>
      )}
      {children}
      {submit && (
        <button className={look} aria-label={label} aria-disabled={pending}>
          {submit}
        </button>
      )}
    </form>
  );
}

type FieldProps = ComponentProps<'input'> & { label: string; name: string; hint?: ReactNode };

/** An input with a label and an optional hint. */
export function Field({ label, hint, ...input }: FieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} required aria-describedby={hint ? `${id}-hint` : undefined} {...input} />
      {hint && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

/** Input for the name of an account. */
export function AccountField({ names, ...input }: Partial<FieldProps> & { names: SigninName[] }) {
  const [only, ...others] = names;
  if (!only || others.length > 0)
    return (
      <Field
        label={names.map((name) => labels[name]).join(' or ')}
        name="account"
        autoComplete="username"
        autoCapitalize="none"
        {...input}
      />
    );
  return <NameField of={only} autoComplete="username" {...input} name="account" />;
}

/** Input for one kind of name. */
export function NameField({ of, ...input }: Partial<FieldProps> & { of: SigninName }) {
  const types = { EMAIL: 'email', PHONE_NUMBER: 'tel', USERNAME: 'text' };
  const hint = of === 'PHONE_NUMBER' ? 'With the country code, for example +14325551212.' : undefined;
  return <Field label={labels[of]} name={members[of]} type={types[of]} hint={hint} autoCapitalize="none" {...input} />;
}

/** Input for a password, which can be shown. */
export function PasswordField({
  fresh,
  label = 'Password',
  name = 'password',
}: {
  fresh?: boolean;
  label?: string;
  name?: string;
}) {
  const id = useId();
  const [shown, setShown] = useState(false);
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="password">
        <input
          id={id}
          name={name}
          type={shown ? 'text' : 'password'}
          required
          autoComplete={fresh ? 'new-password' : 'current-password'}
          minLength={fresh ? 8 : undefined}
          maxLength={256}
          aria-describedby={fresh ? `${id}-hint` : undefined}
        />
        <button type="button" aria-label={shown ? 'Hide password' : 'Show password'} onClick={() => setShown(!shown)}>
          {shown ? 'Hide' : 'Show'}
        </button>
      </div>
      {fresh && (
        <p className="hint" id={`${id}-hint`}>
          At least eight characters, with an upper-case letter, a lower-case letter, a digit and a symbol.
        </p>
      )}
    </div>
  );
}

/** Input for a code. */
export function CodeField({ name = 'code', maxLength = 16 }: { name?: string; maxLength?: number }) {
  return (
    <Field
      label="Code"
      name={name}
      className="code"
      inputMode="numeric"
      autoComplete="one-time-code"
      pattern="\S+"
      maxLength={maxLength}
      autoFocus
    />
  );
}
