-- Truth: bodies that were erased by law. Their rows in `body` are gone; what custody rests on is kept here.

CREATE TABLE erased (
    position INTEGER PRIMARY KEY,
    salt     BLOB NOT NULL,         -- 32 bytes, of the commitment in the `erase` that names the statement
    kept     BLOB NOT NULL          -- deflated, see ledger/keeping.py
);
