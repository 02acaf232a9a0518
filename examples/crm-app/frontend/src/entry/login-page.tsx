import { type Introduction, LoginPage as Login } from '@seaworthy-example/ui';
import { session } from '../session/session.js';

const introduction: Introduction = {
  product: 'Purser',
  claim: 'The books, kept to the cent.',
  points: [
    'Every invoice, and what is still due on it.',
    'Payments that are recorded once, even when the connection breaks.',
    'Who is late, by how much and for how long.',
  ],
};

export function LoginPage() {
  return (
    <Login session={session} introduction={introduction} lead="Accounts are made by your administrator." />
  );
}
