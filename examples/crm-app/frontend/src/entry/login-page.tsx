import {
  Alert,
  Button,
  type Credentials,
  EntryLayout,
  type FieldErrors,
  TextField,
  useForm,
} from '@seaworthy-example/ui';
import { Navigate } from 'react-router';
import { useEnter, useWayIn } from '../session/session.js';

const points = [
  'Every invoice, and what is still due on it.',
  'Payments that are recorded once, even when the connection breaks.',
  'Who is late, by how much and for how long.',
];

export function LoginPage() {
  const wayIn = useWayIn();
  const login = useEnter('login');
  const form = useForm({ initial: { email: '', password: '' }, validate, submit: login.mutateAsync });
  if (wayIn !== undefined) return <Navigate to={wayIn} replace />;
  return (
    <EntryLayout product="Purser" title="Sign in" claim="The books, kept to the cent." points={points}>
      <form className="entry-form" {...form.props}>
        <div className="stack-small">
          <h1>Sign in to Purser</h1>
          <p className="muted">Accounts are made by your administrator.</p>
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
