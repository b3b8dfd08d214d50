"""Creates and lists registries with the client that OpenAPI Generator makes for Python."""

import json
import os

from openapi_client import (
    AccessTokenApi,
    ApiClient,
    Configuration,
    CreateRegistry,
    RegistriesApi,
    RegistryTokenDescription,
    RegistryTokensApi,
    UpdateRegistry,
)

organization = os.environ["REGISTRIES_ORG"]
configuration = Configuration(
    host=os.environ["REGISTRIES_BASE_URL"], access_token=os.environ["REGISTRIES_TOKEN"]
)
with ApiClient(configuration) as client:
    registries = RegistriesApi(client)
    policy = '- iss: https://agent.buildkite.com\n  claims: {organization_slug: "a"}\n'
    create = CreateRegistry.from_dict(
        {"name": "Of Python", "ecosystem": "python", "color": "#F0CCff", "oidc_policy": policy}
    )
    created = registries.create_registry(organization, create)
    update = UpdateRegistry(color=None, description="new")
    updated = registries.update_registry(organization, created.slug, update)
    tokens = RegistryTokensApi(client)
    token = tokens.create_registry_token(
        organization, created.slug, RegistryTokenDescription(description="reads")
    )
    access = AccessTokenApi(client).get_access_token()
    listed = registries.list_registries(organization)
    found = {
        "names": sorted(registry.name for registry in listed),
        "color": [created.color, updated.color],
        "description": [created.description, updated.description],
        "policy": updated.oidc_policy,
        "secret": bool(token.token),
        "times": [type(token.created_at).__name__, type(access.created_at).__name__],
    }
    print(json.dumps(found))
