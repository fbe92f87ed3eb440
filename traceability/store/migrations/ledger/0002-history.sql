-- What items were, so that a trace can be asked for as the log knew it at an earlier position.

CREATE TABLE past (                 -- index: one row a change of an item, with the state that it ended
    item      INTEGER NOT NULL,
    until     INTEGER NOT NULL,     -- log position of the statement that changed it
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
    units     INTEGER,
    left_lot  INTEGER,              -- its lot, where the change took it out of that
    PRIMARY KEY (item, until)
) WITHOUT ROWID;
CREATE INDEX past_left ON past (left_lot) WHERE left_lot IS NOT NULL;

CREATE TABLE history (              -- from which log position on `past` is complete: 0 after `rebuild`
    first INTEGER NOT NULL
);
INSERT INTO history SELECT coalesce(max(position) + 1, 0) FROM entry;

CREATE TABLE lot_change (           -- index: the last statement that changed an item of a lot
    lot      INTEGER PRIMARY KEY,
    position INTEGER NOT NULL
);
CREATE INDEX item_loose ON item (product, serial) WHERE lot IS NULL;

-- Signed snapshots of every item's state (docs/formats.md, "Snapshot"): kept as they were signed.

CREATE TABLE snapshot (
    size   INTEGER PRIMARY KEY,     -- number of entries that it is over
    note   TEXT NOT NULL,           -- signed note
    groups BLOB NOT NULL            -- its groups, packed: from them the next takes what has not changed
);
