-- What the filters, the genre summary and the review ask for, answered by indexes.

-- The existing genre and the shown one as they are compared: lower case, without spaces, hyphens and punctuation.
-- What stands between several genres of a file, the semicolon, stays.
ALTER TABLE tracks ADD COLUMN plain_genre TEXT AS (
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
        lower(genre), ' ', ''), '-', ''), '_', ''), '.', ''), ',', ''), '''', ''), '&', ''), '/', ''), '+', ''), '!', '')
);
ALTER TABLE tracks ADD COLUMN plain_label TEXT AS (
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
        lower(shown_label), ' ', ''), '-', ''), '_', ''), '.', ''), ',', ''), '''', ''), '&', ''), '/', ''), '+', ''), '!', '')
);
-- Whether the file says another genre than the one that is shown. A file that says none does not differ.
ALTER TABLE tracks ADD COLUMN differs INTEGER AS (
    genre != '' AND shown_kind IS 'genre' AND plain_label != '' AND instr(plain_genre, plain_label) = 0
);

CREATE INDEX tracks_differing ON tracks (shown_confidence) WHERE differs = 1;
CREATE INDEX tracks_corrected ON tracks (corrected) WHERE corrected IS NOT NULL;
CREATE INDEX tracks_offline ON tracks (offline) WHERE offline = 1;
