// Creates and lists registries with openapi-fetch and the types that openapi-typescript makes.

import createClient from "openapi-fetch";
import type { components, paths } from "./contract.js";

declare const process: { env: Record<string, string | undefined> };

const setting = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
};

const org_slug = setting("REGISTRIES_ORG");
const client = createClient<paths>({
  baseUrl: setting("REGISTRIES_BASE_URL"),
  headers: { Authorization: `Bearer ${setting("REGISTRIES_TOKEN")}` },
});
const has = <T>(data: T | undefined, error: unknown): T => {
  if (data === undefined) throw new Error(JSON.stringify(error));
  return data;
};

// Neither what has a default nor anything else that is optional is asked for.
const body: components["schemas"]["CreateRegistry"] = {
  name: "Of TypeScript",
  ecosystem: "python",
  color: "#F0CCff",
  oidc_policy: '- iss: https://agent.buildkite.com\n  claims: {organization_slug: "a"}\n',
};
const registries = "/packages/organizations/{org_slug}/registries" as const;
const created = await client.POST(registries, { params: { path: { org_slug } }, body });
const registry = has(created.data, created.error);
const one = { params: { path: { org_slug, registry_slug: registry.slug } } };
const change = await client.POST(`${registries}/{registry_slug}`, {
  ...one,
  body: { color: null, description: "new" },
});
const updated = has(change.data, change.error);
const made = await client.POST(`${registries}/{registry_slug}/tokens`, {
  ...one,
  body: { description: "reads" },
});
const token = has(made.data, made.error);
const about = await client.GET("/access-token");
const access = has(about.data, about.error);
const all = await client.GET(registries, { params: { path: { org_slug } } });
const listed = has(all.data, all.error);
// Times are text for the compiler as well.
const times: string[] = [token.created_at, access.created_at];
console.log(
  JSON.stringify({
    names: listed.map((it) => it.name).sort(),
    color: [registry.color, updated.color],
    description: [registry.description, updated.description],
    policy: updated.oidc_policy,
    secret: Boolean(token.token),
    times: times.map((it) => (typeof it === "string" ? "str" : typeof it)),
  }),
);
