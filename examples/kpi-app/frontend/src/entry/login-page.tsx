import { LoginPage as Login } from '@seaworthy-example/ui';
import { Link } from 'react-router';
import { session } from '../session/session.js';
import { introduction } from './introduction.js';

export function LoginPage() {
  return (
    <Login session={session} introduction={introduction} lead="Pick up where your teams are.">
      <p className="muted">
        New here? <Link to="/register">Create an account</Link>
      </p>
    </Login>
  );
}
