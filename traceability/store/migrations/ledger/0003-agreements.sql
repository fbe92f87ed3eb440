-- The few acts that wait for a second signature are found among a party's many.

CREATE INDEX act_offered ON act (counterparty) WHERE act = 'ownership_offered';
CREATE INDEX act_moved ON act (party) WHERE act = 'moved';
