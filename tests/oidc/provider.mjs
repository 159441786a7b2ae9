// A certified OpenID Provider for the tests: node provider.mjs PORT VOICEBOARD_ADDRESS
import { Provider } from "oidc-provider";

const [port, voiceboard] = process.argv.slice(2);
const people = {
  nora: { sub: "nora", email: "nora@acme.example", email_verified: true, name: "Nora Novak" },
  mia: { sub: "mia", email: "mia@example.com", email_verified: true, name: "Mia" },
};
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: "voiceboard",
      client_secret: "a secret: with + and %",
      grant_types: ["authorization_code"],
      response_types: ["code"],
      redirect_uris: [`${voiceboard}/account/company/callback/`],
      backchannel_logout_uri: `${voiceboard}/account/company/logout/`,
      backchannel_logout_session_required: true,
    },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  cookies: { keys: ["only for tests"] },
  features: { backchannelLogout: { enabled: true } },
  // Its own fetch refuses to call this machine.
  fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
  findAccount: (_, id) => people[id] && { accountId: id, claims: async () => people[id] },
  pkce: { required: () => true },
});
provider.listen(port, "127.0.0.1");
