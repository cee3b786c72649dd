"""What an owner wrote into a composition root, carried into the roots that take its
place.

A root names what one part needs, and which root that is depends on the architecture.
Carried is what a person would carry without a thought: imports with the routers and
statements that use them, to the part that has what they name; and middleware of all
parts before to all after. All else is left where it is, and told.
"""

from __future__ import annotations

import ast
import builtins
import io
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass

FACTORY = "create_app"
API = "create_api"
ROUTERS = "routers"
_BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True, slots=True)
class Root:
    """A generated root, and the modules of its part; `yours`: as its owner has it, None
    where it is to be written. `closed`: nothing is to be put into it.
    """

    path: str
    modules: frozenset[str]
    text: str
    yours: str | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True)
class _Unit:
    """What an owner added: a router of the list (`before` is None), or a statement with
    the comments above it.

    `after`: names that the generated statements before it bind, the nearest last.
    `imports`: lines that it needs, by the name that each gives.
    """

    text: str
    needs: frozenset[str]
    imports: Mapping[str, ast.stmt]
    router: bool
    after: tuple[str, ...]

    @property
    def key(self) -> tuple[str, tuple[str, ...]]:
        return self.text, tuple(
            sorted(ast.unparse(one) for one in self.imports.values())
        )

    @property
    def is_middleware(self) -> bool:
        return not self.router and ".add_middleware(" in self.text


class Unfit(Exception):
    """What an owner did to a root is nothing that can be carried."""


def carry(
    package: str, old: Sequence[Root], new: Sequence[Root], modules: Iterable[str]
) -> tuple[dict[str, str], list[str]]:
    """The new roots that take something over, by path, not laid out yet; and the old
    ones whose edits are to be carried by hand.
    """
    known = set(modules)
    read: dict[str, list[_Unit]] = {}
    unfit = []
    for root in old:
        if root.yours is None or root.yours == root.text:
            read[root.path] = []
            continue
        try:
            read[root.path] = list(_list_units(root.text, root.yours))
        except (Unfit, SyntaxError, tokenize.TokenError):
            unfit.append(root.path)
    has = {path: {unit.key for unit in units} for path, units in read.items()}
    texts = {root.path: root.text for root in new}
    taken: dict[str, str] = {}
    done: set[tuple[str, object]] = set()
    for root in old:
        if root.path in unfit:
            continue
        homes = [
            (unit, _find_homes(package, unit, root, old, new, has, known))
            for unit in read[root.path]
        ]
        if any(not found for _, found in homes):
            unfit.append(root.path)
            continue
        # each statement comes right behind what it stood behind, so that the last has
        # to be put there first
        routers, others = (
            [one for one in homes if one[0].router is router]
            for router in (True, False)
        )
        for unit, found in (*routers, *reversed(others)):
            for home in found:
                if (home.path, unit.key) in done:
                    continue
                done.add((home.path, unit.key))
                taken[home.path] = _put(taken.get(home.path, texts[home.path]), unit)
    return taken, unfit


def _find_homes(
    package: str,
    unit: _Unit,
    root: Root,
    old: Sequence[Root],
    new: Sequence[Root],
    has: Mapping[str, set[tuple[str, tuple[str, ...]]]],
    known: set[str],
) -> list[Root]:
    """The new roots that a unit belongs to; none where that cannot be told, or it lacks
    there what it needs.
    """
    named = {
        module
        for line in unit.imports.values()
        for module in _list_modules(package, line)
        if module in known
    }
    if named:
        found = [one for one in new if named <= one.modules]
    else:
        found = [one for one in new if one.modules & root.modules]
        needs = unit.needs - unit.imports.keys()
        bound_apart = {
            name for name in needs if not all(_binds(one.text, name) for one in new)
        }
        if bound_apart:  # a name that only some part has, as a module's service
            found = [
                one
                for one in found
                if all(_binds(one.text, name) for name in bound_apart)
            ]
            if len(found) != 1:
                return []
        else:
            having = {
                module
                for one in old
                if unit.key in has.get(one.path, ())
                for module in one.modules
            }
            if not all(one.modules <= having for one in found) or (
                len(found) > 1 and not unit.is_middleware
            ):
                return []
    if any(
        one.closed or (unit.router and _find_routers(one.text) is None) for one in found
    ):
        return []
    return (
        found
        if all(
            _binds(one.text, name)
            for one in found
            for name in unit.needs - unit.imports.keys()
        )
        else []
    )


def _list_modules(package: str, line: ast.stmt) -> Iterator[str]:
    """The modules of the project that an import names."""
    paths = []
    if isinstance(line, ast.ImportFrom):
        paths = (
            [f"{line.module}.{one.name}" for one in line.names] if line.module else []
        )
    elif isinstance(line, ast.Import):
        paths = [one.name for one in line.names]
    for path in paths:
        steps = path.split(".")
        if steps[0] == package and len(steps) > 1:
            yield steps[1]


def _list_units(base: str, yours: str) -> Iterator[_Unit]:
    """What was added to a root; Unfit where something in it is otherwise than it was."""
    was, now = ast.parse(base), ast.parse(yours)
    lines = yours.splitlines(keepends=True)
    own = _own_imports(was, now)
    old, new = _factory(was), _factory(now)
    _same(
        [one for one in was.body if one is not old],
        [one for one in now.body if one is not new],
    )
    if ast.dump(ast.Module([_head(old)], [])) != ast.dump(ast.Module([_head(new)], [])):
        raise Unfit
    comments = _comments(yours) - _comments(base)
    units: list[_Unit] = []
    left = list(old.body)
    bound: list[str] = []
    end = new.body[0].lineno - 1
    for statement in new.body:
        text = "".join(lines[end : statement.end_lineno])
        end = statement.end_lineno or end
        if left and ast.dump(left[0]) == ast.dump(statement):
            bound += _binding(left.pop(0))
            continue
        if left and (routers := _added_routers(left[0], statement)) is not None:
            for router in routers:
                units.append(_unit(ast.unparse(router), router, own, (), router=True))
            bound += _binding(left.pop(0))
            continue
        units.append(
            _unit(text.strip("\n") + "\n", statement, own, tuple(bound), router=False)
        )
        comments -= _comments(_dedent(text))
    if left or comments:
        raise Unfit
    used = {name for unit in units for name in unit.imports}
    if used != own.keys():
        raise Unfit
    yield from units


def _unit(
    text: str,
    node: ast.AST,
    own: Mapping[str, ast.stmt],
    after: tuple[str, ...],
    *,
    router: bool,
) -> _Unit:
    names = {
        one.id
        for one in ast.walk(node)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)
    }
    names -= _BUILTINS
    stored = {
        one.id
        for one in ast.walk(node)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    }
    if stored or any(
        isinstance(
            one, ast.Return | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
        )
        for one in ast.walk(node)
    ):
        raise Unfit
    imports = {name: own[name] for name in sorted(names & own.keys())}
    return _Unit(text, frozenset(names), imports, router, after)


def _own_imports(was: ast.Module, now: ast.Module) -> dict[str, ast.stmt]:
    """The imports that were added, each by itself, by the name that it gives."""
    before = {ast.dump(one) for _, one in _imports(was)}
    added = [(name, one) for name, one in _imports(now) if ast.dump(one) not in before]
    if before - {ast.dump(one) for _, one in _imports(now)} or len(
        {name for name, _ in added}
    ) != len(added):
        raise Unfit
    return dict(added)


def _imports(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            for one in node.names:
                yield (
                    one.asname or one.name,
                    ast.ImportFrom(
                        node.module, [ast.alias(one.name, one.asname)], node.level
                    ),
                )
        elif isinstance(node, ast.Import):
            for one in node.names:
                yield (
                    one.asname or one.name.split(".")[0],
                    ast.Import([ast.alias(one.name, one.asname)]),
                )


def _factory(tree: ast.Module) -> ast.FunctionDef:
    found = [
        one
        for one in tree.body
        if isinstance(one, ast.FunctionDef) and one.name == FACTORY
    ]
    if len(found) != 1:
        raise Unfit
    return found[0]


def _head(function: ast.FunctionDef) -> ast.FunctionDef:
    head = copy(function)
    head.body = [ast.Pass()]
    return head


def _same(was: Sequence[ast.stmt], now: Sequence[ast.stmt]) -> None:
    """Unfit, unless these are the same statements but for imports."""
    sides = [
        [
            ast.dump(one)
            for one in side
            if not isinstance(one, ast.Import | ast.ImportFrom)
        ]
        for side in (was, now)
    ]
    if sides[0] != sides[1]:
        raise Unfit


def _added_routers(was: ast.stmt, now: ast.stmt) -> list[ast.expr] | None:
    """The routers that are in the list of the one and not of the other, where that is
    all that differs.
    """
    lists = [_routers(one) for one in (was, now)]
    if lists[0] is None or lists[1] is None:
        return None
    before = [ast.dump(one) for one in lists[0].elts]
    after = [ast.dump(one) for one in lists[1].elts]
    if [one for one in after if one in before] != before:
        return None
    added = [one for one in lists[1].elts if ast.dump(one) not in before]
    kept = lists[1].elts
    lists[1].elts = [one for one in kept if one not in added]
    same = ast.dump(was) == ast.dump(now)
    lists[1].elts = kept
    return added if same and added else None


def _routers(statement: ast.stmt) -> ast.List | None:
    """The list of routers that a statement gives to the API, or that it is made of
    first, where more may come to it.
    """
    if not isinstance(statement, ast.Assign):
        return None
    value = statement.value
    if isinstance(value, ast.List):
        return value if _binding(statement) == [ROUTERS] else None
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Name):
        return None
    if value.func.id != API or len(value.args) < 2:
        return None
    return value.args[1] if isinstance(value.args[1], ast.List) else None


def _find_routers(text: str) -> ast.List | None:
    """That of a root; None where it has none."""
    return next(
        (
            found
            for one in _factory(ast.parse(text)).body
            if (found := _routers(one)) is not None
        ),
        None,
    )


def _binding(statement: ast.stmt) -> list[str]:
    """The names that a statement of a root gives a value."""
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    return [one.id for one in targets if isinstance(one, ast.Name)]


def _comments(text: str) -> Counter[str]:
    return Counter(
        token.string
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT
    )


def _dedent(text: str) -> str:
    """Lines of a function, as tokens can be read of them."""
    return f"if True:\n{text.rstrip()}\n" if text.strip() else ""


def _binds(text: str, name: str) -> bool:
    """Whether a root has this name where the last of its statements stand."""
    tree = ast.parse(text)
    factory = _factory(tree)
    arguments = [
        one.arg
        for one in (
            *factory.args.posonlyargs,
            *factory.args.args,
            *factory.args.kwonlyargs,
        )
    ]
    return (
        name in arguments
        or any(name == given for given, _ in _imports(tree))
        or any(name in _binding(one) for one in (*tree.body, *factory.body))
    )


def _put(text: str, unit: _Unit) -> str:
    """The root with that in it; its imports stand above the first of the others, to be
    sorted.
    """
    tree = ast.parse(text)
    lines = text.splitlines(keepends=True)
    factory = _factory(tree)
    routers = _find_routers(text) if unit.router else None
    if routers is not None:
        last = routers.elts[-1]
        at, column = (last.end_lineno or 1) - 1, last.end_col_offset or 0
        line = lines[at].encode()
        lines[at] = (line[:column] + f", {unit.text}".encode() + line[column:]).decode()
    else:
        lines[(place := _find_place(factory, unit)) : place] = [unit.text]
    there = {ast.dump(one) for _, one in _imports(tree)}
    first = next(
        one
        for one in tree.body
        if isinstance(one, ast.ImportFrom) and one.module != "__future__"
    )
    lines[first.lineno - 1 : first.lineno - 1] = [
        f"{ast.unparse(one)}\n"
        for one in unit.imports.values()
        if ast.dump(one) not in there
    ]
    return "".join(lines)


def _find_place(factory: ast.FunctionDef, unit: _Unit) -> int:
    """The line behind the nearest statement that bound a name before it, and behind all
    that it needs.
    """
    place = factory.body[0].end_lineno or factory.lineno
    ends = {name: one.end_lineno or 0 for one in factory.body for name in _binding(one)}
    for name in reversed(unit.after):
        if name in ends:
            place = max(place, ends[name])
            break
    return max([place, *(ends[name] for name in unit.needs if name in ends)])
