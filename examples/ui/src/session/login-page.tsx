import type { ReactNode } from 'react';
import { Navigate } from 'react-router';
import { Button } from '../control/button.js';
import { TextField } from '../control/text-field.js';
import { Alert } from '../feedback/alert.js';
import { type FieldErrors, useForm } from '../form/use-form.js';
import { EntryLayout } from '../shell/entry-layout.js';
import type { Credentials, Session } from './create-session.js';

/** What an application says of itself before somebody signs in. */
export interface Introduction {
  readonly product: string;
  /** What the product is for, in one line. */
  readonly claim: string;
  readonly points: readonly string[];
}

export interface LoginPageProps {
  readonly session: Pick<Session<object>, 'useEnter' | 'useWayIn'>;
  readonly introduction: Introduction;
  readonly lead: string;
  /** Stands below the button: another way in. */
  readonly children?: ReactNode;
}

/** Signs somebody in and leads them to the page that they asked for. */
export function LoginPage({ session, introduction, lead, children }: LoginPageProps) {
  const wayIn = session.useWayIn();
  const login = session.useEnter('login');
  const form = useForm({ initial: { email: '', password: '' }, validate, submit: login.mutateAsync });
  if (wayIn !== undefined) return <Navigate to={wayIn} replace />;
  return (
    <EntryLayout title="Sign in" {...introduction}>
      <form className="entry-form" {...form.props}>
        <div className="stack-small">
          <h1>Sign in to {introduction.product}</h1>
          <p className="muted">{lead}</p>
        </div>
        {form.problem !== undefined && <Alert>{form.problem}</Alert>}
        <div className="form">
          <TextField label="E-mail" type="email" autoComplete="username" {...form.text('email')} />
          <TextField
            label="Password"
            type="password"
            autoComplete="current-password"
            {...form.text('password')}
          />
        </div>
        <Button kind="primary" type="submit" busy={form.busy}>
          Sign in
        </Button>
        {children}
      </form>
    </EntryLayout>
  );
}

function validate({ email, password }: Credentials): FieldErrors {
  return {
    ...(email.includes('@') ? {} : { email: 'Enter your e-mail address.' }),
    ...(password === '' ? { password: 'Enter your password.' } : {}),
  };
}
