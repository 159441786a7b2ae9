// A certified OpenID Provider for the tests: node provider.mjs PORT VOICEBOARD_ADDRESS GROUPS_FILE
import { readFileSync } from "node:fs";
import { Provider } from "oidc-provider";

const [port, voiceboard, groupsFile] = process.argv.slice(2);
const people = {
  nora: { sub: "nora", email: "nora@acme.example", email_verified: true, name: "Nora Novak" },
  kim: { sub: "kim", email: "kim@acme.example", email_verified: true, name: "Kim" },
  mia: { sub: "mia", email: "mia@example.com", email_verified: true, name: "Mia" },
};
// Read each time, because a test changes it.
const groupsOf = (id) => JSON.parse(readFileSync(groupsFile))[id] ?? [];
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
  claims: { openid: ["sub"], email: ["email", "email_verified"], groups: ["groups"], profile: ["name"] },
  cookies: { keys: ["only for tests"] },
  features: { backchannelLogout: { enabled: true } },
  // Its own fetch refuses to call this machine.
  fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
  findAccount: (_, id) =>
    people[id] && { accountId: id, claims: async () => ({ ...people[id], groups: groupsOf(id) }) },
  pkce: { required: () => true },
});
provider.listen(port, "127.0.0.1");
