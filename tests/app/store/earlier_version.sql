BEGIN TRANSACTION;
CREATE TABLE baselines (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	participant_id INTEGER NOT NULL, 
	session_id INTEGER, 
	measured_at DATETIME NOT NULL, 
	angry REAL NOT NULL, 
	disgust REAL NOT NULL, 
	fear REAL NOT NULL, 
	happy REAL NOT NULL, 
	sad REAL NOT NULL, 
	surprise REAL NOT NULL, 
	neutral REAL NOT NULL, 
	samples INTEGER NOT NULL, 
	quality REAL NOT NULL, 
	model_sha256 VARCHAR(64) NOT NULL, 
	CONSTRAINT fk_baselines_participant_id FOREIGN KEY(participant_id) REFERENCES participants (id) ON DELETE CASCADE, 
	CONSTRAINT fk_baselines_session_id FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE
);
CREATE TABLE check_ins (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	participant_id INTEGER NOT NULL, 
	session_id INTEGER, 
	at DATETIME NOT NULL, 
	utc_offset_min SMALLINT NOT NULL, 
	phase VARCHAR(8) NOT NULL, 
	valence SMALLINT, 
	arousal SMALLINT, 
	note TEXT NOT NULL, 
	phq4_nervous SMALLINT, 
	phq4_worrying SMALLINT, 
	phq4_little_interest SMALLINT, 
	phq4_down SMALLINT, 
	CONSTRAINT fk_check_ins_participant_id FOREIGN KEY(participant_id) REFERENCES participants (id) ON DELETE CASCADE, 
	CONSTRAINT fk_check_ins_session_id FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE, 
	CONSTRAINT ck_check_ins_phase_known CHECK (phase IN ('before', 'after', 'none')), 
	CONSTRAINT ck_check_ins_valence_range CHECK (valence BETWEEN 1 AND 9), 
	CONSTRAINT ck_check_ins_arousal_range CHECK (arousal BETWEEN 1 AND 9), 
	CONSTRAINT ck_check_ins_phq4_nervous_range CHECK (phq4_nervous BETWEEN 0 AND 3), 
	CONSTRAINT ck_check_ins_phq4_worrying_range CHECK (phq4_worrying BETWEEN 0 AND 3), 
	CONSTRAINT ck_check_ins_phq4_little_interest_range CHECK (phq4_little_interest BETWEEN 0 AND 3), 
	CONSTRAINT ck_check_ins_phq4_down_range CHECK (phq4_down BETWEEN 0 AND 3)
);
CREATE TABLE fer_studio_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT fer_studio_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "fer_studio_version" VALUES('v001_first_tables');
CREATE TABLE identities (
	session_id INTEGER NOT NULL, 
	face INTEGER NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	merged_into INTEGER, 
	ignored BOOLEAN NOT NULL, 
	CONSTRAINT pk_identities PRIMARY KEY (session_id, face), 
	CONSTRAINT fk_identities_session_id FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE
);
INSERT INTO "identities" VALUES(1,1,'',NULL,0);
CREATE TABLE markers (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	session_id INTEGER NOT NULL, 
	time_ms INTEGER NOT NULL, 
	end_ms INTEGER, 
	kind VARCHAR(12) NOT NULL, 
	text TEXT NOT NULL, 
	CONSTRAINT fk_markers_session_id FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE, 
	CONSTRAINT ck_markers_kind_known CHECK (kind IN ('note', 'task_start', 'task_end', 'exclude')), 
	CONSTRAINT ck_markers_ends_later CHECK (end_ms > time_ms)
);
INSERT INTO "markers" VALUES(1,1,600,NULL,'note','here');
CREATE TABLE participants (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name VARCHAR(200) NOT NULL, 
	note TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT uq_participants_name UNIQUE (name)
);
INSERT INTO "participants" VALUES(1,'P01','left-handed','2026-11-28 23:36:56.270129');
CREATE TABLE samples (
	session_id INTEGER NOT NULL, 
	time_ms INTEGER NOT NULL, 
	face INTEGER NOT NULL, 
	angry REAL NOT NULL, 
	disgust REAL NOT NULL, 
	fear REAL NOT NULL, 
	happy REAL NOT NULL, 
	sad REAL NOT NULL, 
	surprise REAL NOT NULL, 
	neutral REAL NOT NULL, 
	angry_corrected REAL, 
	disgust_corrected REAL, 
	fear_corrected REAL, 
	happy_corrected REAL, 
	sad_corrected REAL, 
	surprise_corrected REAL, 
	neutral_corrected REAL, 
	valence REAL NOT NULL, 
	arousal REAL NOT NULL, 
	valence_corrected REAL, 
	arousal_corrected REAL, 
	label VARCHAR(16), 
	confidence REAL NOT NULL, 
	doubts SMALLINT NOT NULL, 
	left_px REAL NOT NULL, 
	top_px REAL NOT NULL, 
	right_px REAL NOT NULL, 
	bottom_px REAL NOT NULL, 
	light REAL NOT NULL, 
	sharpness REAL NOT NULL, 
	turn REAL, 
	CONSTRAINT pk_samples PRIMARY KEY (session_id, time_ms, face), 
	CONSTRAINT fk_samples_session_id FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "samples" VALUES(1,0,1,0.02,0.02,0.02,0.88,0.02,0.02,0.02,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0.5,0.2,NULL,NULL,'happy',0.88,0,200.0,120.0,320.0,240.0,120.0,0.5,NULL);
INSERT INTO "samples" VALUES(1,200,1,0.02,0.02,0.02,0.88,0.02,0.02,0.02,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0.5,0.2,NULL,NULL,'happy',0.88,0,200.0,120.0,320.0,240.0,120.0,0.5,NULL);
INSERT INTO "samples" VALUES(1,400,1,0.02,0.02,0.02,0.88,0.02,0.02,0.02,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0.5,0.2,NULL,NULL,'happy',0.88,0,200.0,120.0,320.0,240.0,120.0,0.5,NULL);
INSERT INTO "samples" VALUES(1,600,1,0.02,0.02,0.02,0.88,0.02,0.02,0.02,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0.5,0.2,NULL,NULL,'happy',0.88,0,200.0,120.0,320.0,240.0,120.0,0.5,NULL);
INSERT INTO "samples" VALUES(1,800,1,0.02,0.02,0.02,0.88,0.02,0.02,0.02,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0.5,0.2,NULL,NULL,'happy',0.88,0,200.0,120.0,320.0,240.0,120.0,0.5,NULL);
INSERT INTO "samples" VALUES(1,1000,1,0.02,0.02,0.02,0.02,0.88,0.02,0.02,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0.5,0.2,NULL,NULL,'sad',0.88,0,200.0,120.0,320.0,240.0,120.0,0.5,NULL);
INSERT INTO "samples" VALUES(1,1200,1,0.02,0.02,0.02,0.02,0.88,0.02,0.02,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0.5,0.2,NULL,NULL,'sad',0.88,0,200.0,120.0,320.0,240.0,120.0,0.5,NULL);
INSERT INTO "samples" VALUES(1,1400,1,0.02,0.02,0.02,0.02,0.88,0.02,0.02,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0.5,0.2,NULL,NULL,'sad',0.88,0,200.0,120.0,320.0,240.0,120.0,0.5,NULL);
INSERT INTO "samples" VALUES(1,1600,1,0.02,0.02,0.02,0.02,0.88,0.02,0.02,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0.5,0.2,NULL,NULL,'sad',0.88,0,200.0,120.0,320.0,240.0,120.0,0.5,NULL);
INSERT INTO "samples" VALUES(1,1800,1,0.02,0.02,0.02,0.02,0.88,0.02,0.02,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0.5,0.2,NULL,NULL,'sad',0.88,0,200.0,120.0,320.0,240.0,120.0,0.5,NULL);
CREATE TABLE sessions (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	uid VARCHAR(32) NOT NULL, 
	participant_id INTEGER NOT NULL, 
	source VARCHAR(8) NOT NULL, 
	title VARCHAR(200) NOT NULL, 
	note TEXT NOT NULL, 
	started_at DATETIME NOT NULL, 
	ended_at DATETIME, 
	utc_offset_min SMALLINT NOT NULL, 
	model_name VARCHAR(200) NOT NULL, 
	model_sha256 VARCHAR(64) NOT NULL, 
	rate_per_s REAL NOT NULL, 
	consent_at DATETIME, 
	consent_version VARCHAR(32) NOT NULL, 
	video_file VARCHAR(200), 
	video_consent_at DATETIME, 
	state VARCHAR(12) NOT NULL, 
	owner VARCHAR(200) NOT NULL, 
	alive_at DATETIME NOT NULL, 
	CONSTRAINT uq_sessions_uid UNIQUE (uid), 
	CONSTRAINT fk_sessions_participant_id FOREIGN KEY(participant_id) REFERENCES participants (id) ON DELETE CASCADE, 
	CONSTRAINT ck_sessions_source_known CHECK (source IN ('live', 'file')), 
	CONSTRAINT ck_sessions_state_known CHECK (state IN ('open', 'closed', 'recovered'))
);
INSERT INTO "sessions" VALUES(1,'b13b08e68ce342dfadb61e55fde5d615',1,'live','First look','','2026-05-01 12:00:00.000000','2026-05-01 12:01:00.000000',120,'compact_se','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',5.0,'2026-05-01 12:00:00.000000','1',NULL,NULL,'closed','vm/28396/a9945c168cbc','2026-11-28 23:36:56.279318');
CREATE TABLE settings (
	name VARCHAR(64) NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_settings PRIMARY KEY (name)
);
CREATE INDEX ix_sessions_participant_id_started_at ON sessions (participant_id, started_at);
CREATE INDEX ix_sessions_state ON sessions (state);
CREATE INDEX ix_markers_session_id ON markers (session_id);
CREATE INDEX ix_baselines_participant_id ON baselines (participant_id);
CREATE INDEX ix_baselines_session_id ON baselines (session_id);
CREATE INDEX ix_check_ins_participant_id ON check_ins (participant_id);
CREATE INDEX ix_check_ins_session_id ON check_ins (session_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('participants',1);
INSERT INTO "sqlite_sequence" VALUES('sessions',1);
INSERT INTO "sqlite_sequence" VALUES('markers',1);
COMMIT;
