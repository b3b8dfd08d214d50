-- Of the secret only its SHA-256 is kept. A registry token goes with its registry.
CREATE TABLE registry_tokens (
    id          UUID   NOT NULL PRIMARY KEY,
    registry_id UUID   NOT NULL REFERENCES registries (id) ON DELETE CASCADE,
    digest      BYTEA  NOT NULL UNIQUE,
    description TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    created_by  UUID   NOT NULL REFERENCES users (id)
);

-- Lists are read in this order.
CREATE INDEX registry_tokens_in_order ON registry_tokens (registry_id, id);
