"""What can be asked and written within one transaction on accounts.

Responsible for: the SQL of accounts, sessions, passkeys, codes, tokens, links and audit.
Not responsible for: who may do it, what follows from it (`service.accounts`); the file (`store.account_store`).
Read next: `store.account_store`, `store.account_schema`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Table, delete, func, insert, select, update

from headframe.store import account_schema as tables
from headframe.store.account_rows import AccountRow, AuditRow, LinkRow, PasskeyRow, SignedInRow, TokenRow

_Row = TypeVar("_Row", AccountRow, SignedInRow, PasskeyRow, TokenRow, LinkRow, AuditRow)


class AccountBook:
    """One transaction. Nothing of it is seen by others before it ends well."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def accounts(self) -> list[AccountRow]:
        return self._all(tables.accounts, AccountRow)

    def account(self, account_id: int) -> AccountRow | None:
        return next(iter(self._all(tables.accounts, AccountRow, id=account_id)), None)

    def add_account(self, row: AccountRow) -> AccountRow:
        return self._add(tables.accounts, row)

    def change_account(self, account_id: int, **values: Any) -> None:
        self._connection.execute(update(tables.accounts).where(tables.accounts.c.id == account_id).values(**values))

    def remove_account(self, account_id: int) -> None:
        """With all that is its own; the audit stays."""
        self._connection.execute(delete(tables.accounts).where(tables.accounts.c.id == account_id))

    def sessions(self) -> list[SignedInRow]:
        return self._all(tables.signed_in, SignedInRow)

    def add_session(self, row: SignedInRow) -> SignedInRow:
        return self._add(tables.signed_in, row)

    def end_sessions(self, ids: Iterable[int]) -> None:
        self._connection.execute(delete(tables.signed_in).where(tables.signed_in.c.id.in_(list(ids))))

    def change_session(self, session_id: int, **values: Any) -> None:
        self._connection.execute(update(tables.signed_in).where(tables.signed_in.c.id == session_id).values(**values))

    def passkeys(self) -> list[PasskeyRow]:
        return self._all(tables.passkeys, PasskeyRow)

    def add_passkey(self, row: PasskeyRow) -> PasskeyRow:
        return self._add(tables.passkeys, row)

    def passkey_used(self, passkey_id: int, sign_count: int, now_ms: int) -> None:
        self._connection.execute(
            update(tables.passkeys)
            .where(tables.passkeys.c.id == passkey_id)
            .values(sign_count=sign_count, last_used_ms=now_ms)
        )

    def remove_passkeys(self, ids: Iterable[int]) -> None:
        self._connection.execute(delete(tables.passkeys).where(tables.passkeys.c.id.in_(list(ids))))

    def recovery_codes_left(self) -> dict[int, int]:
        """How many, by account."""
        codes = tables.recovery_codes
        found = self._connection.execute(select(codes.c.account_id, func.count()).group_by(codes.c.account_id))
        return {int(account_id): int(count) for account_id, count in found}

    def set_recovery_codes(self, account_id: int, hashes: Sequence[bytes]) -> None:
        """These and none of the earlier ones."""
        codes = tables.recovery_codes
        self._connection.execute(delete(codes).where(codes.c.account_id == account_id))
        if hashes:
            self._connection.execute(insert(codes), [{"account_id": account_id, "code_hash": each} for each in hashes])

    def take_recovery_code(self, account_id: int, code_hash: bytes) -> bool:
        """Whether it was one; it is none from now on."""
        codes = tables.recovery_codes
        gone = self._connection.execute(
            delete(codes).where(codes.c.account_id == account_id, codes.c.code_hash == code_hash)
        )
        return gone.rowcount > 0

    def tokens(self) -> list[TokenRow]:
        return self._all(tables.api_tokens, TokenRow)

    def add_token(self, row: TokenRow) -> TokenRow:
        return self._add(tables.api_tokens, row)

    def remove_token(self, token_id: int) -> None:
        self._connection.execute(delete(tables.api_tokens).where(tables.api_tokens.c.id == token_id))

    def set_link(self, row: LinkRow) -> None:
        """In place of the account's earlier one."""
        self._connection.execute(delete(tables.links).where(tables.links.c.account_id == row.account_id))
        self._connection.execute(insert(tables.links).values(msgspec.structs.asdict(row)))

    def take_link(self, secret_hash: bytes) -> LinkRow | None:
        """The link with this secret; it is none from now on."""
        found = next(iter(self._all(tables.links, LinkRow, secret_hash=secret_hash)), None)
        if found is not None:
            self.remove_link(found.account_id)
        return found

    def remove_link(self, account_id: int) -> None:
        self._connection.execute(delete(tables.links).where(tables.links.c.account_id == account_id))

    def seen(self, sessions: Mapping[int, int], tokens: Mapping[int, int], accounts: Mapping[int, int]) -> None:
        """When each was last used, by its id."""
        for table, column, times in (
            (tables.signed_in, "last_seen_ms", sessions),
            (tables.api_tokens, "last_used_ms", tokens),
            (tables.accounts, "last_seen_ms", accounts),
        ):
            for row_id, time_ms in times.items():
                self._connection.execute(update(table).where(table.c.id == row_id).values({column: time_ms}))

    def add_audit(self, row: AuditRow) -> None:
        self._add(tables.audit, row)

    def audit(self, before_id: int | None, limit: int) -> list[AuditRow]:
        """Newest first, from the one before `before_id` on."""
        query = select(tables.audit).order_by(tables.audit.c.id.desc()).limit(limit)
        if before_id is not None:
            query = query.where(tables.audit.c.id < before_id)
        return [AuditRow(**row) for row in self._connection.execute(query).mappings()]

    def prune_audit(self, before_ms: int) -> int:
        """Take out what is older; how many that were. For an operator's command only, never for a face."""
        self._connection.exec_driver_sql("DROP TRIGGER audit_is_never_deleted")
        gone = self._connection.execute(delete(tables.audit).where(tables.audit.c.time_ms < before_ms))
        self._connection.exec_driver_sql(tables.AUDIT_IS_NEVER_DELETED)
        return gone.rowcount

    def _all(self, table: Table, row: type[_Row], **where: Any) -> list[_Row]:
        query = select(table).order_by(*table.primary_key.columns)
        for name, value in where.items():
            query = query.where(table.c[name] == value)
        return [row(**dict(found)) for found in self._connection.execute(query).mappings()]

    def _add(self, table: Table, row: _Row) -> _Row:
        values = msgspec.structs.asdict(row)
        del values["id"]
        key = self._connection.execute(insert(table).values(values)).inserted_primary_key
        assert key is not None
        return msgspec.structs.replace(row, id=int(key[0]))
