-- The requests that all servers together were sent, for the rate limits. `scope` is that of the limit,
-- `counted` the user or the organization. Not logged: a request does not wait for the disk, and a
-- crash of the database begins the minute again.
CREATE UNLOGGED TABLE request_counts (
    minute   BIGINT NOT NULL,
    scope    TEXT   COLLATE "C" NOT NULL,
    counted  UUID   NOT NULL,
    requests BIGINT NOT NULL,
    PRIMARY KEY (minute, scope, counted)
);
