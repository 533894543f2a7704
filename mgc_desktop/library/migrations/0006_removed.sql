-- What was taken out of the library with a folder, as it was, so that it can be put back.

CREATE TABLE removals (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given away again: who has an old number must not undo another
    folder BLOB NOT NULL,
    added_at REAL NOT NULL, -- s since the epoch
    watched INTEGER NOT NULL,
    removed_at REAL NOT NULL
) STRICT;

-- The rows of these tables with the removal that they went with; their columns are those of this version.
CREATE TABLE removed_tracks AS SELECT 0 AS removal, * FROM tracks WHERE 0;
CREATE TABLE removed_verdicts AS SELECT 0 AS removal, * FROM verdicts WHERE 0;
CREATE TABLE removed_windows AS SELECT 0 AS removal, * FROM windows WHERE 0;
CREATE TABLE removed_corrections AS SELECT 0 AS removal, * FROM corrections WHERE 0;
CREATE TABLE removed_changes AS SELECT 0 AS removal, id, track_id FROM tag_changes WHERE 0;

CREATE INDEX removed_tracks_by_id ON removed_tracks (removal, id);
CREATE INDEX removed_verdicts_by_track ON removed_verdicts (removal, track_id);
CREATE INDEX removed_windows_by_track ON removed_windows (removal, track_id);
CREATE INDEX removed_corrections_by_track ON removed_corrections (removal, track_id);
CREATE INDEX removed_changes_by_track ON removed_changes (removal, track_id);
