-- Truth: what the log is made of. Nothing here can be computed from anything else.

CREATE TABLE entry (
    position  INTEGER PRIMARY KEY,  -- index of the leaf in the tree
    statement BLOB NOT NULL,        -- 32 bytes: SHA-256 of the JWS signing input
    signer    INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    entry     BLOB NOT NULL         -- the exact bytes of the leaf
);
CREATE UNIQUE INDEX entry_statement ON entry (statement);
CREATE UNIQUE INDEX entry_chain ON entry (signer, seq);

CREATE TABLE body (
    position INTEGER PRIMARY KEY,
    body     BLOB NOT NULL          -- packed, see store/packing.py
);

CREATE TABLE checkpoint (
    size INTEGER PRIMARY KEY,
    note TEXT NOT NULL              -- C2SP signed note
);

CREATE TABLE fork (                 -- a second statement at a used seq: evidence against its signer
    statement BLOB PRIMARY KEY,
    signer    INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    seen      TEXT NOT NULL,        -- when it was refused
    jws       BLOB NOT NULL
) WITHOUT ROWID;

-- Index: everything below is computed from entries and bodies, and `rebuild` computes it again.

CREATE TABLE signer (
    id   INTEGER PRIMARY KEY,
    kid  TEXT NOT NULL UNIQUE,
    seq  INTEGER NOT NULL,          -- the next one expected
    prev BLOB NOT NULL,             -- digest of the last statement, empty before the first
    iat  TEXT NOT NULL              -- claimed time of the last effective statement, empty before it
);

CREATE TABLE tile (
    id     INTEGER PRIMARY KEY,     -- tile level * 2^48 + tile index
    hashes BLOB NOT NULL            -- up to 256 hashes of 32 bytes (C2SP tlog-tiles)
);

CREATE TABLE registry (             -- positions of the registry statements
    position INTEGER PRIMARY KEY
);

CREATE TABLE refusal (              -- why an entry has outcome none
    position INTEGER PRIMARY KEY,
    rule     TEXT NOT NULL,
    item     TEXT,
    pattern  TEXT NOT NULL,
    detail   TEXT NOT NULL          -- the values of the pattern, a JSON object
);

CREATE TABLE gln (
    id  INTEGER PRIMARY KEY,
    gln TEXT NOT NULL UNIQUE
);

CREATE TABLE product (              -- what serials are counted under: "01/<gtin>", "00", "8003/<grai>", "8004"
    id     INTEGER PRIMARY KEY,
    prefix TEXT NOT NULL UNIQUE
);

CREATE TABLE lot (
    id     INTEGER PRIMARY KEY,
    gtin   TEXT NOT NULL,
    number TEXT NOT NULL,
    expiry TEXT NOT NULL,
    first  INTEGER NOT NULL,        -- position of the statement that first named it
    UNIQUE (gtin, number)
);

CREATE TABLE item (
    id        INTEGER PRIMARY KEY,
    product   INTEGER NOT NULL,
    serial    TEXT NOT NULL,
    life      INTEGER NOT NULL,
    born      INTEGER NOT NULL,
    condition INTEGER NOT NULL,
    lot       INTEGER,
    container INTEGER,
    custodian INTEGER,
    site      INTEGER,
    owner     INTEGER,
    receiver  INTEGER,
    dispatch  INTEGER,
    unmatched INTEGER NOT NULL,
    acted     INTEGER NOT NULL,
    units     INTEGER
);
CREATE UNIQUE INDEX item_code ON item (product, serial);
CREATE INDEX item_lot ON item (lot) WHERE lot IS NOT NULL;
CREATE INDEX item_held ON item (custodian) WHERE custodian IS NOT NULL;
CREATE INDEX item_coming ON item (receiver) WHERE receiver IS NOT NULL;

CREATE TABLE containment (          -- one row an interval, both clocks
    child     INTEGER NOT NULL,
    since     INTEGER NOT NULL,     -- log position that opened it
    container INTEGER NOT NULL,
    until     INTEGER,              -- log position that closed it
    PRIMARY KEY (child, since)
) WITHOUT ROWID;
CREATE INDEX containment_container ON containment (container);

CREATE TABLE content (              -- what a container holds at any depth, by lot
    container INTEGER NOT NULL,
    lot       INTEGER NOT NULL,     -- 0: items without a lot
    items     INTEGER NOT NULL,
    blocked   INTEGER NOT NULL,
    PRIMARY KEY (container, lot)
) WITHOUT ROWID;

CREATE TABLE act (                  -- the custody facts of an entry
    position     INTEGER PRIMARY KEY,
    act          TEXT NOT NULL,
    party        INTEGER NOT NULL,
    site         INTEGER,
    counterparty INTEGER,
    counter_site INTEGER,
    event_time   TEXT NOT NULL,
    parent       INTEGER,           -- item id of the container of a packing or unpacking
    ref          TEXT,              -- positions answered, separated by spaces
    marks        INTEGER NOT NULL,  -- 1 effect, 2 late, 4 claimed, 8 unmatched
    struck       INTEGER            -- position of the correction
);
CREATE INDEX act_party ON act (party);
CREATE INDEX act_counterparty ON act (counterparty) WHERE counterparty IS NOT NULL;

CREATE TABLE touch (                -- which statements name an item
    item     INTEGER NOT NULL,
    position INTEGER NOT NULL,
    place    INTEGER NOT NULL,      -- place in the signed list, -1 for parentID
    PRIMARY KEY (item, position, place)
) WITHOUT ROWID;
