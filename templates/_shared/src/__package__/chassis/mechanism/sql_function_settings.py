"""Settings of functions on PostgreSQL: how the database is reached without a password."""

from __future__ import annotations

from .sql_settings import SqlSettings


class SqlFunctionSettings(SqlSettings):
    # of the proxy, which takes tokens of IAM in place of passwords; empty:
    # DATABASE_URL says all
    database_host: str = ""
    database_user: str = ""
    # for migrations: the secret of the owner of the tables (user name and password, as
    # JSON)
    database_owner: str = ""

    @property
    def database_place(self) -> str:
        """DATABASE_URL, or that of the proxy (its certificate is of a public authority)."""
        if not self.database_host:
            return self.database_url
        return (
            f"postgresql://{self.database_user}@{self.database_host}:5432/app"
            "?sslmode=verify-full&sslrootcert=system"
        )
