import type { RegisterRequest } from '@seaworthy-example/kpi-api';
import { Alert, Button, EntryLayout, type FieldErrors, TextField, useForm } from '@seaworthy-example/ui';
import { Link, Navigate } from 'react-router';
import { useEnter, useWayIn } from '../session/session.js';
import { introduction } from './introduction.js';

export function RegisterPage() {
  const wayIn = useWayIn();
  const register = useEnter<RegisterRequest>('register');
  const form = useForm({
    initial: { name: '', email: '', password: '' },
    validate,
    submit: register.mutateAsync,
  });
  if (wayIn !== undefined) return <Navigate to={wayIn} replace />;
  return (
    <EntryLayout title="Create an account" {...introduction}>
      <form className="entry-form" {...form.props}>
        <h1>Create your account</h1>
        {form.problem !== undefined && <Alert>{form.problem}</Alert>}
        <div className="form">
          <TextField label="Name" autoComplete="name" {...form.text('name')} />
          <TextField label="E-mail" type="email" autoComplete="username" {...form.text('email')} />
          <TextField
            label="Password"
            type="password"
            autoComplete="new-password"
            hint="At least 10 characters."
            {...form.text('password')}
          />
        </div>
        <Button kind="primary" type="submit" busy={form.busy}>
          Create account
        </Button>
        <p className="muted">
          Already registered? <Link to="/login">Sign in</Link>
        </p>
      </form>
    </EntryLayout>
  );
}

function validate({ name, email, password }: RegisterRequest): FieldErrors {
  return {
    ...(name.trim() === '' ? { name: 'Enter your name, as your team knows it.' } : {}),
    ...(email.includes('@') ? {} : { email: 'Enter an e-mail address.' }),
    ...(password.length < 10 ? { password: 'Choose a password with at least 10 characters.' } : {}),
  };
}
