-- What every kind of document has in common. Text is ordered bytewise ("C"),
-- as the contract of the package storage asks.

CREATE TABLE mimamori_meta (
    one  boolean PRIMARY KEY DEFAULT true CHECK (one),
    held boolean NOT NULL DEFAULT false,
    hold text    NOT NULL DEFAULT ''
);
INSERT INTO mimamori_meta DEFAULT VALUES;

-- One row per council; who writes for a council locks its row first.
CREATE TABLE mimamori_council (
    council text COLLATE "C" PRIMARY KEY
);

-- The kinds of documents there are tables for, and their indexes.
CREATE TABLE mimamori_kind (
    kind    text COLLATE "C" PRIMARY KEY,
    indexes text[] NOT NULL
);

-- Deduplication keys, pruned from the oldest on.
CREATE TABLE mimamori_once (
    council text COLLATE "C" NOT NULL,
    at      timestamptz      NOT NULL,
    key     text COLLATE "C" NOT NULL,
    PRIMARY KEY (council, at, key)
);

CREATE TABLE mimamori_sequence (
    council text COLLATE "C" NOT NULL,
    name    text COLLATE "C" NOT NULL,
    last    bigint           NOT NULL,
    PRIMARY KEY (council, name)
);

-- What waits for delivery. ready is when an item can be claimed: its due time
-- or the end of its lease. blocked: an earlier item of the same recipient and
-- lane stands in front. Both are kept by those who hold the council's row,
-- except that Claim moves ready, lease and attempts.
CREATE TABLE mimamori_queue (
    position  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    council   text COLLATE "C" NOT NULL,
    id        text COLLATE "C" NOT NULL,
    recipient text COLLATE "C" NOT NULL,
    lane      text COLLATE "C" NOT NULL,
    due       timestamptz      NOT NULL,
    ready     timestamptz      NOT NULL,
    enqueued  timestamptz      NOT NULL,
    attempts  integer          NOT NULL DEFAULT 0,
    parked    boolean          NOT NULL DEFAULT false,
    blocked   boolean          NOT NULL DEFAULT false,
    lease     text             NOT NULL DEFAULT '',
    body      bytea            NOT NULL,
    state     bytea            NOT NULL DEFAULT '',
    UNIQUE (council, id)
);
CREATE INDEX ON mimamori_queue (ready, position) WHERE NOT blocked;
CREATE INDEX ON mimamori_queue (council, recipient, lane, position) WHERE NOT parked;
CREATE INDEX ON mimamori_queue (council, recipient, position);
