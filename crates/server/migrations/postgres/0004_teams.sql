-- Where an organization has teams, a registry is created for some of them.
CREATE TABLE teams (
    id              UUID   NOT NULL PRIMARY KEY,
    organization_id UUID   NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name            TEXT   COLLATE "C" NOT NULL,
    created_at      BIGINT NOT NULL,
    UNIQUE (organization_id, name)
);
