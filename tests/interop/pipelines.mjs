// SPDX-License-Identifier: ISC
// Runs each file of SQL with npm's @duckdb/node-api; prints the last answer.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const [, , modules, ...files] = process.argv;
const require = createRequire(modules + "/");
const { DuckDBInstance } = require("@duckdb/node-api");
const connection = await (await DuckDBInstance.create(":memory:")).connect();
let rows = [];
for (const file of files) {
	const reader = await connection.runAndReadAll(
	    readFileSync(file, "utf8"));
	rows = reader.getRowsJson();
}
for (const row of rows)
	console.log(row.join(" "));
