-- SPDX-License-Identifier: ISC
-- What kept media out, and how much of it.
SELECT decision, reasons[1] AS reason, count(*) AS items, sum(bytes) AS bytes
FROM 'run.parquet' GROUP BY ALL ORDER BY items DESC, decision;
