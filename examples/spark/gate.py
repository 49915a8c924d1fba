# SPDX-License-Identifier: ISC
"""A Spark job that lets only what a policy allows go on.

    spark-submit gate.py policy.yaml root names.txt allowed.parquet

names.txt has a name below root a line. Each partition runs one prov gate,
which answers each line in order: a process for thousands of files. Denials are
answers; a gate that ends with 75 (try again) or 2 (a policy that is none)
fails the task, as checkCode says, and Spark runs it again. Without env, pipe
gives its child no PATH and no PROV_HOME.
"""
import os
import shlex
import sys

from pyspark.sql import SparkSession, functions as f
from pyspark.sql.types import (ArrayType, BooleanType, LongType, StringType,
                               StructField, StructType)

# What this job looks at; every record has all keys of prov-gate(1).
RECORD = StructType([
    StructField("id", StringType(), False),
    StructField("decision", StringType(), False),
    StructField("effective", StringType(), False),
    StructField("reasons", ArrayType(StringType())),
    StructField("sha256", StringType()),
    StructField("bytes", LongType()),
    StructField("signer", StringType()),
    StructField("rights", StringType()),
    StructField("source_type", StringType()),
    StructField("license", StringType()),
    StructField("route", StringType()),
    StructField("log_index", LongType()),
    StructField("policy", StringType()),
    StructField("t", StringType()),
    StructField("cached", BooleanType()),
])


def main(policy, root, names, out):
    spark = SparkSession.builder.appName("prov gate").getOrCreate()
    gate = shlex.join(["prov", "gate", "--policy", policy, "--root", root,
                       "--ndjson", "--jobs", "1"])
    answers = spark.sparkContext.textFile(names, minPartitions=2).pipe(
        gate, env=dict(os.environ), checkCode=True)
    records = spark.read.schema(RECORD).json(answers).cache()
    records.groupBy("decision", f.col("reasons")[0].alias("reason")) \
        .count().orderBy("decision", "reason").show(truncate=False)
    records.where("effective = 'allow'").write.mode("overwrite").parquet(out)
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
