-- An expiry date that was commissioned wrongly, struck and commissioned again: what the lot says from then on.

CREATE TABLE lot_correction (       -- index
    position INTEGER NOT NULL,      -- of the commissioning that gave it
    lot      INTEGER NOT NULL,
    expiry   TEXT NOT NULL,
    PRIMARY KEY (position, lot)
) WITHOUT ROWID;

-- The goods that one person has agreed to see destroyed are found among a party's many statements.

CREATE INDEX act_agreed ON act (party) WHERE act = 'destruction_agreed';
