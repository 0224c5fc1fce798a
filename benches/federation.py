"""The 22 queries of TPC-H at scale factor 1 over several sources, in three parts.

whole: all tables in Postgres, beside the same SQL in psql. split: orders and customer in Postgres, the rest in Parquet
files, with dynamic filters on and off, beside DuckDB. planning: what a plan costs, kept and made. All take turns in one
run; before anything is measured, everybody's answers are compared.
"""

import harness
import planning
import split
import whole

PARTS = {"whole": whole, "split": split, "planning": planning}


def main():
    parser = harness.parser(__doc__, runs=5)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="of these three (%(default)s)")
    parser.add_argument("--queries", nargs="+", metavar="qNN", help="of these queries only, such as q01 q22")
    arguments = parser.parse_args()

    postgres = harness.Postgres(arguments.cache)
    report = {}
    with postgres.running(), harness.temporary_folder() as folder:
        print(f"Postgres {postgres.version}, {arguments.runs} runs, medians\n")
        for part in arguments.parts:
            report[part] = PARTS[part].run(arguments, postgres, folder)
    harness.write_json(arguments, "federation", report)


if __name__ == "__main__":
    main()
