"""Creates and lists registries with the client that openapi-python-client makes."""

import json
import os

from registries_api_client import AuthenticatedClient
from registries_api_client.api.access_token import get_access_token
from registries_api_client.api.registries import (
    create_registry,
    list_registries,
    update_registry,
)
from registries_api_client.api.registry_tokens import create_registry_token
from registries_api_client.models import (
    CreateRegistry,
    RegistryTokenDescription,
    UpdateRegistry,
)

organization = os.environ["REGISTRIES_ORG"]
client = AuthenticatedClient(
    base_url=os.environ["REGISTRIES_BASE_URL"],
    token=os.environ["REGISTRIES_TOKEN"],
    raise_on_unexpected_status=True,
)
policy = '- iss: https://agent.buildkite.com\n  claims: {organization_slug: "a"}\n'
create = CreateRegistry(name="Of httpx", ecosystem="python", color="#F0CCff", oidc_policy=policy)
created = create_registry.sync(organization, client=client, body=create)
update = UpdateRegistry(color=None, description="new")
updated = update_registry.sync(organization, created.slug, client=client, body=update)
token = create_registry_token.sync(
    organization, created.slug, client=client, body=RegistryTokenDescription(description="reads")
)
access = get_access_token.sync(client=client)
listed = list_registries.sync(organization, client=client)
found = {
    "names": sorted(registry.name for registry in listed),
    "color": [created.color, updated.color],
    "description": [created.description, updated.description],
    "policy": updated.oidc_policy,
    "secret": bool(token.token),
    "times": [type(token.created_at).__name__, type(access.created_at).__name__],
}
print(json.dumps(found))
