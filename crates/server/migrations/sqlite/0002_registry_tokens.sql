-- Of the secret only its SHA-256 is kept. A registry token goes with its registry.
CREATE TABLE registry_tokens (
    id          TEXT    NOT NULL PRIMARY KEY,
    registry_id TEXT    NOT NULL REFERENCES registries (id) ON DELETE CASCADE,
    digest      BLOB    NOT NULL UNIQUE,
    description TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    created_by  TEXT    NOT NULL REFERENCES users (id)
) STRICT;

-- Lists are read in this order.
CREATE INDEX registry_tokens_in_order ON registry_tokens (registry_id, id);
