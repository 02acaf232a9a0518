// A real OpenID provider on a spare port, for one client; people log in with any name and password.
import { Provider } from 'oidc-provider';

const { PORT, REDIRECT_URI, CLIENT_SECRET } = process.env;
const provider = new Provider(`http://127.0.0.1:${PORT}`, {
  clients: [
    {
      client_id: 'app',
      client_secret: CLIENT_SECRET,
      redirect_uris: [REDIRECT_URI],
      grant_types: ['authorization_code'],
      response_types: ['code'],
    },
  ],
  pkce: { required: () => true },
  cookies: { keys: ['only-for-tests'] },
  claims: { openid: ['sub'], email: ['email'], profile: ['name'] },
  conformIdTokenClaims: false,
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@example.com`, name: id }),
  }),
});
provider.listen(Number(PORT), '127.0.0.1', () => console.log('listening'));
