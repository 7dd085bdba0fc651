"""Three durable steps in a workflow of DBOS, on a PostgreSQL that is there.

Reads lines `one N` and `many N` and answers each with `done` when N workflows have ended: one after the other, or all at
once. The first line that it writes is `ready` with the server's settings, or `absent` with the reason.
"""

import sys

import psycopg
from dbos import DBOS

SCHEMA = "signalsync_benches"
SETTINGS = ["server_version", "fsync", "synchronous_commit"]


@DBOS.step()
def step(number: int) -> int:
    return number + 1


@DBOS.workflow()
def process(number: int) -> int:
    return step(step(step(number)))


def one(count: int) -> None:
    for number in range(count):
        assert process(number) == number + 3


def many(count: int) -> None:
    handles = [DBOS.start_workflow(process, number) for number in range(count)]
    for number, handle in enumerate(handles):
        assert handle.get_result() == number + 3


def say(line: str) -> None:
    print(line, flush=True)


def drop(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


def main(database: str) -> None:
    try:
        with psycopg.connect(database, connect_timeout=5) as connection:
            shown = [connection.execute(f"SHOW {name}").fetchone()[0] for name in SETTINGS]
    except psycopg.OperationalError as error:
        return say(f"absent {' '.join(str(error).split())}")
    drop(database)
    DBOS(
        config={
            "name": "benches",
            "system_database_url": database,
            "dbos_system_schema": SCHEMA,
            "run_admin_server": False,
            "log_level": "ERROR",
        }
    )
    DBOS.launch()
    say("ready " + ", ".join(f"{name} {value}" for name, value in zip(SETTINGS, shown)))
    for line in sys.stdin:
        what, count = line.split()
        {"one": one, "many": many}[what](int(count))
        say("done")
    DBOS.destroy()
    drop(database)


if __name__ == "__main__":
    main(sys.argv[1])
