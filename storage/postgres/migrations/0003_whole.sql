-- A store that is being restored or copied into is not whole until that is
-- over. All that were there before are.

ALTER TABLE mimamori_meta ADD COLUMN whole boolean NOT NULL DEFAULT true;
