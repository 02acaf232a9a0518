import { Alert, Button, type FieldErrors, TextField, useForm } from '@seaworthy-example/ui';
import { Link, Navigate } from 'react-router';
import { useEnter, useWayIn } from '../session/session.js';
import { EntryPage } from './entry-page.js';

export function LoginPage() {
  const wayIn = useWayIn();
  const login = useEnter('login');
  const form = useForm({ initial: { email: '', password: '' }, validate, submit: login.mutateAsync });
  if (wayIn !== undefined) return <Navigate to={wayIn} replace />;
  return (
    <EntryPage title="Sign in">
      <form className="entry-form" {...form.props}>
        <div className="stack-small">
          <h1>Sign in to Headway</h1>
          <p className="muted">Pick up where your teams are.</p>
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
        <p className="muted">
          New here? <Link to="/register">Create an account</Link>
        </p>
      </form>
    </EntryPage>
  );
}

function validate({ email, password }: { email: string; password: string }): FieldErrors {
  return {
    ...(email.includes('@') ? {} : { email: 'Enter your e-mail address.' }),
    ...(password === '' ? { password: 'Enter your password.' } : {}),
  };
}
