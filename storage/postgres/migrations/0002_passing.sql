-- passes: the item need not wait for those in front of it once the first of
-- them yields. yields: it was given back after a failure. An item that has once
-- been let by is not blocked again.
ALTER TABLE mimamori_queue
    ADD COLUMN passes boolean NOT NULL DEFAULT false,
    ADD COLUMN yields boolean NOT NULL DEFAULT false;
