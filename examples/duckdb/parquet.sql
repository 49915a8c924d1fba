-- SPDX-License-Identifier: ISC
-- The records of a run as Parquet, typed, in one statement:
--   prov gate --policy policy.yaml --output run.ndjson -r incoming
--   duckdb <parquet.sql
COPY (SELECT * FROM read_ndjson('run.ndjson')) TO 'run.parquet' (FORMAT parquet);
